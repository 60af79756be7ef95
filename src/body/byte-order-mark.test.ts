import { expect, it } from 'vitest';
import { parseBehindMark } from './byte-order-mark.ts';
import { parseJson } from './json/document.ts';

const parse = (text: string) => parseBehindMark(Buffer.from(text), parseJson);

it.each([
  ['with a byte-order mark', '\ufeff{"a":"b"}'],
  ['without', '{"a":"b"}'],
])('a body %s is read and edited, and every other byte stays', (_name, text) => {
  const parsed = parse(text);
  expect(parsed.ok && parsed.document.value).toEqual({ a: 'b' });
  const edited = parsed.ok && parsed.document.apply([{ path: ['a'], text: 'c' }]);
  expect(Buffer.from(edited || []).toString()).toBe(text.replace('b', 'c'));
});

it.each(['\ufeff', '\ufeff\ufeff{}', '\ufeffBad gateway', '{}\ufeff'])('%j is no JSON', (text) => {
  expect(parse(text)).toEqual({ ok: false, problem: 'invalid_json' });
});
