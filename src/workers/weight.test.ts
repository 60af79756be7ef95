import { describe, expect, it } from 'vitest';
import { weightOf } from './weight.ts';

const light = (text: string) => weightOf(Buffer.from(text)) !== 'heavy';

describe('a body is light', () => {
  it.each([
    ['with as many values as may be', '1,'.repeat(400), true],
    ['not with one more', '1,'.repeat(401), false],
    ['not with many objects', '{}'.repeat(401), false],
    ['not with many lists', '[]'.repeat(401), false],
    ['not with many lines', 'a\n'.repeat(401), false],
    ['not with many lines that end in CR', 'data: 1\r\r'.repeat(201), false],
    ['with lines that end in CRLF', 'a\r\n'.repeat(400), true],
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
    expect(weightOf(Buffer.alloc(10_000, 'x'), instructions) !== 'heavy').toBe(expected);
  });
});

it.each([
  ['a short text', 'x'.repeat(8_192), 0, 'small'],
  ['a longer text', 'x'.repeat(8_193), 0, 'light'],
  ['a few values', '1,'.repeat(100), 0, 'small'],
  ['more values', '1,'.repeat(101), 0, 'light'],
  ['a short text in which a pattern is looked for that takes long', 'x'.repeat(8_192), 20, 'light'],
])('a body is small, light or heavy by what reading it costs: %s', (_name, text, instructions, expected) => {
  expect(weightOf(Buffer.from(text), instructions)).toBe(expected);
});
