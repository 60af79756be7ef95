import { expect, it } from 'vitest';
import { isWholeJson } from './whole-json.ts';

it.each(['{}', '[]', ' {"a":[1,{"b":"}"}]}\n', '{"a":"\\"}"}', '["\\\\"]'])('is whole: %s', (text) => {
  expect(isWholeJson(text)).toBe(true);
});

it.each(['', 'a', '"a"', '7', '{', '{"a":"}', '{"a":"\\"}', '[1', '{}{', '{}{}', '{"a":{}', ']'])(
  'is not: %s',
  (text) => {
    expect(isWholeJson(text)).toBe(false);
  },
);

it('takes time in proportion to the text', () => {
  const began = process.cpuUsage().user;
  for (const text of ['['.repeat(1_000_000), `{"${'a'.repeat(1_000_000)}`, `[${'"a",'.repeat(300_000)}`])
    expect(isWholeJson(text)).toBe(false);
  expect((process.cpuUsage().user - began) / 1_000).toBeLessThan(500);
});
