import { expect, it } from 'vitest';
import { parseJson } from './document.ts';
import { editJson } from './edit.ts';
import { hiddenValues } from './hidden-values.ts';

it.each<[string, string, string]>([
  ['nothing without a key twice', '{"a":"b","c":[{"a":"b"},{"a":"d"}]}', ''],
  ['nothing of equal values, blanks around them or not', '{"a":"b","a" : "b" }', ''],
  ['the earlier of two values', '{"a":"b","a":"c"}', 'b'],
  ['all but the last', '{"a":"b","a":"c","a":"d"}', 'b\nc'],
  ['one that is escaped in its key', '{"\\u0061":"b","a":"c"}', 'b'],
  ['strings, keys and numbers in it', '{"a":{"k":["b",{"l":12345}]},"a":1}', 'k\nb\nl\n12345'],
  ['what is hidden in what is hidden', '{"a":{"b":"c","b":"d"},"a":1}', 'b\nc\nd'],
  ['what is hidden in what is not', '{"a":1,"a":{"b":"c","b":"d"}}', '1\nc'],
  ['one in a list', '[[{"a":"b","a":null}]]', 'b'],
  ['what its escapes say', '{"a":"b\\nc","a":"d"}', 'b\nc'],
])('of values that have one key, these are hidden: %s', (_name, json, hidden) => {
  expect(hiddenValues(json)).toBe(hidden);
});

it('an answer may have one key twice, a prompt may not', () => {
  const bytes = Buffer.from('{"a":"b","a":"c"}');
  expect(parseJson(bytes)).toEqual({ ok: false, problem: 'duplicate_key' });
  const parsed = parseJson(bytes, undefined, 'told');
  expect(parsed.ok && [parsed.document.value, parsed.document.beside]).toEqual([{ a: 'c' }, 'b']);
});

it.each<[string, string, string]>([
  ['equal values are edited together', '{"a":"x","b":1,"a":"x"}', '{"a":"X","b":1,"a":"X"}'],
  ['of others the last, which was read', '{"a":"y","a":"x"}', '{"a":"y","a":"X"}'],
])('%s', (_name, json, edited) => {
  expect(editJson(json, [{ path: ['a'], text: 'X' }])).toBe(edited);
});
