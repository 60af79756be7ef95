import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpuMilliseconds } from '../../../testkit/cpu-time.ts';
import { ValueFinder } from './value-finder.ts';

/** `value@offset`, as found. */
const found = (text: string, values: string[]) =>
  [...new ValueFinder(values).in(text)].map(({ value, at }) => `${value}@${at}`);

describe('values in a text', () => {
  it.each<[string, string, string[], string[]]>([
    ['everywhere', 'a1 b1 a1', ['a1', 'b1'], ['a1@0', 'b1@3', 'a1@6']],
    ['adjacent', 'a1b1a1', ['b1', 'a1'], ['a1@0', 'b1@2', 'a1@4']],
    ['the longest of those that begin together', '12345 123', ['123', '12345', '1234'], ['12345@0', '123@6']],
    ['the first of those that overlap', '1234567', ['345678', '4567', '1234'], ['1234@0']],
    ['inside another one that is not there', '1239', ['123456', '239'], ['239@1']],
    ['without overlaps of its own', 'aaaaa', ['aa'], ['aa@0', 'aa@2']],
    ['at both ends', 'ab', ['a', 'b'], ['a@0', 'b@1']],
    ['beyond the basic plane', '😀x😀', ['😀'], ['😀@0', '😀@3']],
    ['no value', 'abc', [], []],
    ['no text', '', ['a'], []],
    ['the empty value', 'abc', [''], []],
  ])('are found: %s', (_name, text, values, expected) => {
    expect(found(text, values)).toEqual(expected);
  });

  it('are found as a pattern of alternatives finds them', () => {
    const short = fc.string({ unit: fc.constantFrom('a', 'b', '1'), minLength: 1, maxLength: 4 });
    const long = fc.string({ unit: fc.constantFrom('a', 'b', '1'), maxLength: 60 });
    fc.assert(
      fc.property(fc.array(short, { minLength: 1, maxLength: 6 }), long, (values, text) => {
        const pattern = new RegExp(values.toSorted((a, b) => b.length - a.length).join('|'), 'g');
        const expected = [...text.matchAll(pattern)].map((match) => `${match[0]}@${match.index}`);
        expect(found(text, values)).toEqual(expected);
      }),
    );
  });

  it.each([
    ['that holds none', '0123456789abcdef'],
    ['that is full of them', '5550-1000 '],
    ['that is full of beginnings', '5550'],
  ])('are looked for in one pass: thousands of values, 8 MB %s', (_name, unit) => {
    const finder = new ValueFinder(Array.from({ length: 4_096 }, (_, index) => `5550-${1_000 + index}`));
    const text = unit.repeat(8_388_608 / unit.length);
    const holds = unit.includes('1000');
    const took = cpuMilliseconds(() => expect([...finder.in(text)].length > 0).toBe(holds));
    expect(took).toBeLessThan(3_000);
  });

  it.each([
    ['begins and ends only once', 'a', `${'a'.repeat(20_000)}!`],
    ['begins and ends only once, in a longer rhythm', 'ab', `${'ab'.repeat(10_000)}!`],
    ['goes on, after a beginning of its own', 'a', `!${'a'.repeat(20_000)}`],
  ])('are looked for in one pass: a long value that everywhere %s', (_name, unit, value) => {
    const finder = new ValueFinder(['aaaa', value]);
    const text = unit.repeat(1_000_000 / unit.length);
    const took = cpuMilliseconds(() => {
      expect(finder.isIn(value + text)).toBe(true);
      expect([...finder.in(text + value)].at(-1)?.value).toBe(value);
    });
    expect(took).toBeLessThan(3_000);
  });
});
