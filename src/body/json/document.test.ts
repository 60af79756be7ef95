import fc from 'fast-check';
import { findNodeAtLocation, parseTree } from 'jsonc-parser';
import { describe, expect, it } from 'vitest';
import { MAX_DEPTH, MAX_KEY_LENGTH, MAX_KEYS, MAX_VALUES } from './check.ts';
import { parseJson } from './document.ts';
import type { Edit, Path } from './edit.ts';

const bytes = (text: string) => Buffer.from(text, 'utf8');

function apply(json: string, edits: Edit[]): string {
  const parsed = parseJson(bytes(json));
  if (!parsed.ok) throw new Error(parsed.problem);
  return Buffer.from(parsed.document.apply(edits)).toString('utf8');
}

function listOf(count: number, item: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => item(index)).join();
}

function rows(count: number): string {
  return `[${listOf(count, (row) => `{${listOf(10, (column) => `"c${column}":"${row}"`)}}`)}]`;
}

function nested(depth: number, items: string): string {
  return '['.repeat(depth) + items + ']'.repeat(depth);
}

describe('a JSON body', () => {
  it.each([
    ['a number', '1'],
    ['a string', '"x"'],
    ['null', 'null'],
    ['whitespace around', ' \r\n\t{ } '],
    ['the same key in different objects', '{"a":{"k":1},"b":{"k":2},"k":3,"c":[{"k":1},{"k":1}]}'],
    ['a string that looks like an object with one key twice', '{"a":"{\\"k\\":1,\\"k\\":2}"}'],
    ['a value equal to a key', '{"a":"a","b":"a"}'],
    ['__proto__', '{"__proto__":{"x":1},"constructor":2}'],
    ['a lone surrogate escape', '"\\ud800"'],
    ['the deepest nesting allowed', '['.repeat(MAX_DEPTH) + ']'.repeat(MAX_DEPTH)],
    ['as many values as are allowed', `[${listOf(MAX_VALUES - 1, () => '0')}]`],
    ['as many keys as are allowed', `{${listOf(MAX_KEYS, (index) => `"k${index}":0`)}}`],
    ['the longest key allowed', `{"${'k'.repeat(MAX_KEY_LENGTH - 1)}":0}`],
    ['ten thousand rows of ten members', rows(10_000)],
  ])('is read: %s', (_name, json) => {
    const parsed = parseJson(bytes(json));
    expect(parsed).toMatchObject({ ok: true });
    expect(parsed.ok && JSON.stringify(parsed.document.value)).toBe(JSON.stringify(JSON.parse(json)));
  });

  it.each([
    ['nothing', '', 'invalid_json'],
    ['no JSON', 'hello', 'invalid_json'],
    ['a byte-order mark', '\ufeff{}', 'invalid_json'],
    ['trailing data', '{} {}', 'invalid_json'],
    ['a comment', '{/* */}', 'invalid_json'],
    ['an unterminated string', '{"a":"b', 'invalid_json'],
    ['a trailing comma', '[1,]', 'invalid_json'],
    ['a closing bracket too many', '{}}', 'invalid_json'],
    ['one key twice', '{"a":1,"b":2,"a":3}', 'duplicate_key'],
    ['one key twice, once escaped', '{"a":1,"\\u0061":2}', 'duplicate_key'],
    ['one key twice around nested values', '{"a":{"a":[{"a":1}]},"a":2}', 'duplicate_key'],
    ['one key twice after an array', '{"a":1,"l":["x","y"],"a":2}', 'duplicate_key'],
    ['__proto__ twice', '{"__proto__":1,"__proto__":2}', 'duplicate_key'],
    ['nesting beyond the limit', '['.repeat(MAX_DEPTH + 1), 'too_complex'],
    ['nesting of a million objects', '{"a":'.repeat(1_000_000), 'too_complex'],
    ['more values than anybody sends', `[${listOf(MAX_VALUES + 1, () => '0')}]`, 'too_complex'],
    ['more lists than anybody sends', `[${listOf(MAX_VALUES, () => '[]')}]`, 'too_complex'],
    ['more keys than any object has', `{${listOf(MAX_KEYS + 1, (index) => `"k${index}":0`)}}`, 'too_complex'],
    ['a key that is longer than any name', `{"${'k'.repeat(MAX_KEY_LENGTH)}":0}`, 'too_complex'],
    [
      'many values that stand deep',
      nested(
        200,
        listOf(20_000, () => '0'),
      ),
      'too_complex',
    ],
    ['HTML that looks as if it had one key twice', '<script>{"x":1,"x":2}</script>', 'invalid_json'],
  ])('is refused: %s', (_name, json, problem) => {
    expect(parseJson(bytes(json))).toEqual({ ok: false, problem });
  });

  it('is refused when it is not valid UTF-8', () => {
    const latin1 = Buffer.from('{"a":"caf\xe9"}', 'latin1');
    expect(parseJson(latin1)).toEqual({ ok: false, problem: 'invalid_utf8' });
  });
});

describe('an edit', () => {
  const body =
    '{ "a" : "caf\\u00e9 123 \\/x", "n":1.0e-05 ,"l":[ "", {"k":"123"} ],\n"z":"😀 123 \\ud83d\\ude00"}';

  it.each<[string, Edit[], string]>([
    ['nothing', [], body],
    [
      'a string, keeping the escapes of what stays',
      [{ path: ['a'], text: 'café <N> /x' }],
      body.replace('123 \\/x', '<N> \\/x'),
    ],
    [
      'a string in an array',
      [{ path: ['l', 1, 'k'], text: '"\\' }],
      body.replace('{"k":"123"}', '{"k":"\\"\\\\"}'),
    ],
    ['an empty string', [{ path: ['l', 0], text: 'new' }], body.replace('[ ""', '[ "new"')],
    ['to nothing', [{ path: ['a'], text: '' }], body.replace('"caf\\u00e9 123 \\/x"', '""')],
    [
      'several strings in any order',
      [
        { path: ['z'], text: '😀 * 😀' },
        { path: ['a'], text: 'café * /x' },
      ],
      body.replace('123 \\/x', '* \\/x').replace('😀 123', '😀 *'),
    ],
    [
      'one half of a surrogate pair that both texts share',
      [{ path: ['z'], text: '😁 123 😀' }],
      body.replace('"😀', '"😁'),
    ],
  ])('replaces %s and no other byte', (_name, edits, expected) => {
    expect(apply(body, edits)).toBe(expected);
  });

  it.each<[string, Path, string]>([
    ['a number', ['n'], body.replace('1.0e-05', 'null')],
    ['a string', ['a'], body.replace('"caf\\u00e9 123 \\/x"', 'null')],
    ['a list', ['l'], body.replace('[ "", {"k":"123"} ]', 'null')],
    ['an object', ['l', 1], body.replace('{"k":"123"}', 'null')],
    ['everything', [], 'null'],
  ])('puts JSON in the place of %s', (_name, path, expected) => {
    expect(apply(body, [{ path, json: 'null' }])).toBe(expected);
  });

  it('inside a replaced value has no effect', () => {
    const edits = [
      { path: ['l', 1, 'k'], text: 'x' },
      { path: ['l'], json: '[]' },
      { path: ['z'], text: '' },
    ];
    expect(apply('{"l":["",{"k":"v"}],"z":"w"}', edits)).toBe('{"l":[],"z":""}');
  });

  it('of a root string replaces it', () => {
    expect(apply(' "old" ', [{ path: [], text: 'new' }])).toBe(' "new" ');
  });

  it.each<[string, Path]>([
    ['a missing key', ['b']],
    ['a number', ['n']],
    ['an object', ['l', 1]],
    ['a key instead of a value', ['l', 1, 'k', 'k']],
  ])('that leads to %s is a bug and throws', (_name, path) => {
    expect(() => apply(body, [{ path, text: 'x' }])).toThrow(/leads? to no/);
  });

  it('gives the edited value and leaves all bytes outside the edited strings, for any document', () => {
    fc.assert(
      fc.property(jsonText(), fc.infiniteStream(fc.string({ unit: 'binary' })), (json, texts) => {
        const places = stringPlaces(JSON.parse(json));
        const edits = places
          .filter((_, index) => index % 2 === 0)
          .map((path) => ({ path, text: texts.next().value.toWellFormed() }));
        const edited = apply(json, edits);
        expect(JSON.parse(edited)).toEqual(withTexts(JSON.parse(json), edits));
        expect(outsideOf(edited, edits)).toEqual(outsideOf(json, edits));
      }),
      { numRuns: 300 },
    );
  });
});

/** Texts as a hand would write them: any whitespace, any escaping. */
function jsonText(): fc.Arbitrary<string> {
  const text = fc.string({ unit: 'binary' }).map((value) => value.toWellFormed());
  return fc
    .tuple(fc.jsonValue({ stringUnit: 'binary' }), text, fc.integer({ min: 0, max: 3 }), fc.boolean())
    .map(([value, extra, indent, escaped]) => {
      const json = JSON.stringify({ value, extra, list: [extra, { extra }] }, null, indent);
      return escaped
        ? json.replace(/[^\x20-\x7e\n]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
        : json;
    })
    .filter((json) => json.isWellFormed());
}

function stringPlaces(value: unknown, path: Path = []): Path[] {
  if (typeof value === 'string') return [path];
  if (Array.isArray(value)) return value.flatMap((item, index) => stringPlaces(item, [...path, index]));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => stringPlaces(item, [...path, key]));
}

function withTexts(value: unknown, edits: Edit[], path: Path = []): unknown {
  const edit = edits.find((candidate) => JSON.stringify(candidate.path) === JSON.stringify(path));
  if (edit && 'text' in edit) return edit.text;
  if (Array.isArray(value)) return value.map((item, index) => withTexts(item, edits, [...path, index]));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withTexts(item, edits, [...path, key])]),
  );
}

/** The pieces of a JSON text around the edited strings, as an independent parser locates them. */
function outsideOf(json: string, edits: Edit[]): string[] {
  const root = parseTree(json);
  if (!root) throw new Error('not JSON');
  const nodes = edits
    .map(({ path }) => findNodeAtLocation(root, [...path]))
    .filter((node) => node !== undefined);
  const pieces: string[] = [];
  let from = 0;
  for (const { offset, length } of nodes.sort((a, b) => a.offset - b.offset)) {
    pieces.push(json.slice(from, offset));
    from = offset + length;
  }
  return [...pieces, json.slice(from)];
}
