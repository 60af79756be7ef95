import { describe, expect, it } from 'vitest';
import { isLight, isSmall } from './weight.ts';

const light = (text: string) => isLight(Buffer.from(text));

describe('a body is light', () => {
  it.each([
    ['with as many values as may be', '1,'.repeat(400), true],
    ['not with one more', '1,'.repeat(401), false],
    ['not with many objects', '{}'.repeat(401), false],
    ['not with many lists', '[]'.repeat(401), false],
    ['not with many lines', 'a\n'.repeat(401), false],
    ['not with many escapes that may divide values in a string of JSON', '1\\u002c'.repeat(401), false],
    ['with a long text', `"${'x'.repeat(81_900)}"`, true],
    ['not with a longer one', `"${'x'.repeat(81_920)}"`, false],
    ['with a text of many commas', 'so it goes on, and on, über alles, Quite. '.repeat(1_000), true],
    ['not with words that JSON has', '[null, true, false, null, '.repeat(200), false],
    ['not with values that follow blanks', '"a", "b", 1, '.repeat(200), false],
    ['not with commas and more than one blank', '"a",  x'.repeat(401), false],
  ])('%s', (_name, text, expected) => {
    expect(light(text)).toBe(expected);
  });

  it.each([
    ['with a small pattern', 10, true],
    ['not with one that takes long on so much', 400, false],
  ])('%s', (_name, instructions, expected) => {
    expect(isLight(Buffer.alloc(10_000, 'x'), instructions)).toBe(expected);
  });
});

it('a body is small by its bytes', () => {
  expect([2_048, 2_049].map((length) => isSmall(Buffer.alloc(length)))).toEqual([true, false]);
});
