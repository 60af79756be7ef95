import { expect, test } from 'vitest';
import { parseFrames } from './framing.ts';
import { NDJSON } from './ndjson.ts';

function rewritten(text: string, replacement?: string): { value: unknown; text: string } {
  const parsed = parseFrames(Buffer.from(text, 'utf8'), NDJSON);
  if (!parsed.ok) throw new Error(parsed.problem);
  const { value, apply } = parsed.document;
  const edits = replacement === undefined ? [] : [{ path: [1, 't'], text: replacement }];
  return { value, text: Buffer.from(apply(edits)).toString('utf8') };
}

test.each([
  ['LF', '{"t":"a"}\n{"t":"b"}\n'],
  ['CRLF', '{"t":"a"}\r\n{"t":"b"}\r\n'],
  ['blank lines', '\n{"t":"a"}\n\n\r\n{"t":"b"}\n \n'],
  ['no line end at the end', '{"t":"a"}\n{"t":"b"}'],
  ['spaces', ' {"t" : "a"}\n\t{"t" :"b"} \n'],
])('records are read and rewritten in place with %s', (_, text) => {
  expect(rewritten(text)).toEqual({ value: [{ t: 'a' }, { t: 'b' }], text });
  expect(rewritten(text, 'new\nline').text).toBe(text.replace('"b"', '"new\\nline"'));
});

test('a record that is rewritten stays on its line', () => {
  const parsed = parseFrames(Buffer.from('{"t":1}\n'), NDJSON);
  const bytes = parsed.ok ? parsed.document.apply([{ path: [0, 't'], json: '[\n1\n]' }]) : [];
  expect(Buffer.from(bytes).toString()).toBe('{"t":[ 1 ]}\n');
});

test('a last record that breaks off has no value and keeps its bytes', () => {
  const text = '{"t":"a"}\n{"t":"b"}\n{"t":"se';
  expect(rewritten(text).value).toEqual([{ t: 'a' }, { t: 'b' }, undefined]);
  expect(rewritten(text, 'B').text).toBe(text.replace('"b"', '"B"'));
});

test.each([
  ['invalid_json', '{"t":\n{"t":1}\n'],
  ['invalid_json', '{"t":1}\n{"t":\n'],
  ['too_complex', '1\n'.repeat(300_000)],
])('%s wherever a record is so', (problem, text) => {
  expect(parseFrames(Buffer.from(text), NDJSON)).toEqual({ ok: false, problem });
});

test('what one value hides of another with the same key is told beside', () => {
  const parsed = parseFrames(Buffer.from('{"t":1}\n{"t":"a","t":2}\n'), NDJSON);
  expect(parsed.ok && parsed.document.events).toMatchObject([
    { value: { t: 1 } },
    { value: { t: 2 }, beside: 'a' },
  ]);
});

test('bytes that are no UTF-8 are refused', () => {
  expect(parseFrames(Buffer.from('{"t":"\xff"}\n', 'latin1'), NDJSON)).toEqual({
    ok: false,
    problem: 'invalid_utf8',
  });
});

test('a last record that is whole but no JSON is refused: a lenient reader would read it', () => {
  const lenient = '{"a":1}\n{"text":"x","n":NaN}';
  expect(parseFrames(Buffer.from(lenient), NDJSON)).toEqual({ ok: false, problem: 'invalid_json' });
});
