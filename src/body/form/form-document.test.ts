import { describe, expect, it } from 'vitest';
import { readFileBytes } from '../../formats/file-content.ts';
import { isForm, parseForm } from './form-document.ts';

const TYPE = 'multipart/form-data; boundary=b1';
const NAME = 'Content-Disposition: form-data; name="a"';
const part = (head: string, content: string) => `--b1\r\n${head}\r\n\r\n${content}\r\n`;
const END = '--b1--';

function parse(body: string | Uint8Array, type = TYPE) {
  return parseForm(Buffer.from(body as string), type, readFileBytes);
}

function documentOf(body: string | Uint8Array) {
  const parsed = parse(body);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.document;
}

const file = (name: string, more = '') => `Content-Disposition: form-data; name="f"; ${name}${more}`;

describe('a form', () => {
  it.each<[string, string, unknown]>([
    ['of a field', part(NAME, 'words'), { a: 'words' }],
    ['of an empty field', part(NAME, ''), { a: '' }],
    ['of a field that is there twice', part(NAME, 'one') + part(NAME, 'two'), { a: ['one', 'two'] }],
    ['of a list', part('Content-Disposition: form-data; name="a[]"', 'one'), { a: 'one' }],
    ['of a switch', part(NAME, 'true'), { a: true }],
    [
      'with names that are objects elsewhere',
      part(NAME.replace('"a"', '"__proto__"'), 'x'),
      { ['__proto__']: 'x' },
    ],
    ['with line breaks in a field', part(NAME, '\r\none\r\n\r\ntwo\n'), { a: '\r\none\r\n\r\ntwo\n' }],
    [
      'of a file of text',
      part(file('filename="x.ts"', '\r\nContent-Type: video/mp2t'), 'let a;'),
      {
        f: { filename: 'x.ts', mime_type: 'video/mp2t', content: 'let a;' },
      },
    ],
    [
      'of a file whose name says something',
      part(file('filename="Ö $%22.txt"'), 'x'),
      { f: { filename: 'Ö $%22.txt', content: 'x' } },
    ],
    [
      'of a file with a name that is written twice',
      part(file("filename=a.txt; filename*=utf-8''a.txt"), 'x'),
      { f: { filename: 'a.txt', content: 'x' } },
    ],
    [
      'of a sound',
      part(file('filename="x.mp3"', '\r\nContent-Type: audio/mpeg'), '\x00\x01'),
      { f: { filename: 'x.mp3' } },
    ],
  ])('%s is read as what it means', (_what, body, value) => {
    const parsed = documentOf(body + END);
    expect(parsed.value).toEqual(value);
    expect(Buffer.from(parsed.apply([])).toString()).toBe(body + END);
  });

  it.each(['\r\n', '\r\n\r\n'])('that ends with %j is read, as some clients write it', (behind) => {
    const body = part(NAME, 'x') + END.trimEnd() + behind;
    const { value, apply } = documentOf(body);
    expect(value).toEqual({ a: 'x' });
    expect(Buffer.from(apply([])).toString()).toBe(body);
  });

  it.each([
    ['something before its first part', `x\r\n${part(NAME, 'x')}${END}`],
    ['a line break before its first part', `\r\n${part(NAME, 'x')}${END}`],
    ['something behind its last part', `${part(NAME, 'x')}${END}\r\nmore`],
    ['more line breaks behind it than any client writes', `${part(NAME, 'x')}${END.trimEnd()}\r\n\r\n\r\n`],
    ['line feeds alone behind it', `${part(NAME, 'x')}${END.trimEnd()}\n\n`],
    ['no end', part(NAME, 'x')],
    ['no part', END],
    ['an end that is cut off', `${part(NAME, 'x')}--b1-`],
    ['line feeds alone', `${part(NAME, 'x')}${END}`.replaceAll('\r\n', '\n')],
    [
      'a line feed alone before a delimiter',
      `${part(NAME, 'x\n--b1\r\nContent-Disposition: form-data; name="b"\r\n\r\ny')}${END}`,
    ],
    ['a delimiter within a text', part(NAME, 'x --b1 y') + END],
    ['a delimiter that goes on', part(NAME, 'x\r\n--b12\r\n') + END],
    ['blanks behind a delimiter', `--b1 \r\n${NAME}\r\n\r\nx\r\n${END}`],
    ['a part without a head', `--b1\r\n\r\nx\r\n${END}`],
    ['a part without a name', part('Content-Type: text/plain', 'x') + END],
    ['a part with two names', part(`${NAME}; name="b"`, 'x') + END],
    ['a header twice', part(`${NAME}\r\n${NAME.replace('"a"', '"b"')}`, 'x') + END],
    ['a header in two lines', part(`${NAME}\r\n ; filename="x"`, 'x') + END],
    ['a header that nobody knows', part(`${NAME}\r\nX-Name: b`, 'x') + END],
    ['a coded part', part(`${NAME}\r\nContent-Transfer-Encoding: base64`, 'eA==') + END],
    ['a part in another charset', part(`${NAME}\r\nContent-Type: text/plain; charset=utf-16`, 'x') + END],
    ['a part that says how all are written', part(NAME.replace('"a"', '"_charset_"'), 'x') + END],
    ['a form in a part', part(`${NAME}\r\nContent-Type: multipart/mixed; boundary=b2`, 'x') + END],
    ['a length of a part that is wrong', part(`${NAME}\r\nContent-Length: 2`, 'x') + END],
    ['a backslash in a name', part(file('filename="a\\"; name=\\"b"'), 'x') + END],
    ['two names of a file that differ', part(file("filename=a.txt; filename*=utf-8''b.txt"), 'x') + END],
    ['a bare line feed in a head', part(`${NAME}\nContent-Type: text/plain`, 'x') + END],
    ['more parts than any API has', part(NAME, 'x').repeat(1_001) + END],
  ])('with %s is none', (_what, body) => {
    expect(parse(body)).toEqual({ ok: false, problem: 'invalid_form' });
  });

  it.each([
    'multipart/form-data',
    'multipart/form-data; boundary=',
    'multipart/form-data; boundary=b1; boundary=b2',
    'multipart/form-data; boundary="b1"x',
    'multipart/form-data; boundary=b1, multipart/form-data; boundary=b2',
    "multipart/form-data; boundary*=utf-8''b1",
    'multipart/mixed; boundary=b1',
    'multipart/related; boundary=b1',
  ])('with the type %s is none', (type) => {
    expect(isForm(type)).toBe(true);
    expect(parse(part(NAME, 'x') + END, type)).toMatchObject({ ok: false });
  });

  it('that is no UTF-8 in a name is none', () => {
    const body = Buffer.from(part(NAME.replace('"a"', '"\xff"'), 'x') + END, 'latin1');
    expect(parse(body)).toMatchObject({ ok: false });
  });

  it('counts what is no text, and what may be one in another encoding', () => {
    const latin1 = Buffer.from(`J\u00fcrgen said a few words to her.`, 'latin1');
    const head = Buffer.from(`--b1\r\n${file('filename="x"')}\r\n\r\n`);
    const body = Buffer.concat([head, latin1, Buffer.from(`\r\n${part(file('filename="y"'), '\0')}${END}`)]);
    expect(documentOf(body)).toMatchObject({ opaque: 1, unreadable: 1 });
  });

  it('is written with its delimiter nowhere but where it was', () => {
    const { apply } = documentOf(part(NAME, 'x') + END);
    expect(() => apply([{ path: ['a'], text: 'x --b1-- y' }])).toThrow('delimiter');
  });

  it('is changed in the parts that are to be changed alone', () => {
    const body = (one: string, two: string, name: string, type: string) =>
      `${part(NAME, one)}${part(`${NAME}\r\nContent-Length: ${two.length}`, two)}${part(file(name, `\r\nContent-Type: ${type}`), 'x')}${END}`;
    const { apply } = documentOf(body('one', 'two', 'filename=n.txt', 'text/x-secret'));
    const changed = apply([
      { path: ['a', 1], text: 'longer' },
      { path: ['f', 'filename'], text: 'a "b".txt' },
      { path: ['f', 'mime_type'], changes: [{ start: 5, end: 13, text: 'y' }] },
    ]);
    expect(Buffer.from(changed).toString()).toBe(body('one', 'longer', 'filename="a %22b%22.txt"', 'text/y'));
  });
});
