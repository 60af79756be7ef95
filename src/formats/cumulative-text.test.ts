import { expect, it } from 'vitest';
import { incrementsOf, readingOf } from './cumulative-text.ts';
import type { Piece } from './segment.ts';

const chunks = (...texts: string[]): Piece[] => texts.map((text, event) => ({ path: [event, 't'], text }));
const long = 'a text of more than thirty characters';

it.each<[string, string[]]>([
  ['one chunk', ['a']],
  ['chunks that go on', ['a', 'b', 'c']],
  ['chunks that go on behind some that repeat', ['a', 'ab', 'abc', 'd']],
  ['chunks that get shorter', ['ab', 'a', 'ab']],
  ['no text', ['', '']],
  ['many that are the same', Array(50).fill('ha')],
  ['many that are the same, and more', [...Array(9).fill('a'), 'ab', 'abc', 'abcd', 'abcde']],
])('are deltas: %s', (_name, texts) => {
  expect(readingOf(chunks(...texts))).toEqual({ pieces: chunks(...texts) });
});

it.each<[string, string[]]>([
  ['four that grow', ['a', 'ab', 'abc', 'abcd']],
  ['four that grow, and many that are the same', ['a', 'ab', 'abc', 'abcd', ...Array(50).fill('abcd')]],
  ['some that grow by much', ['', 'a', long, `${long}!`]],
])('repeat all so far: %s', (_name, texts) => {
  const { pieces, also } = readingOf(chunks(...texts));
  expect(also).toBeUndefined();
  expect(pieces.map(({ text }) => text).join('')).toBe(texts.at(-1));
  expect(pieces.map(({ isCumulative }) => isCumulative ?? false)).toEqual(
    pieces.map((_, index) => index > 0),
  );
});

it.each<[string, string[]]>([
  ['two that are the same', ['ha', 'ha']],
  ['two that grow', ['1', '10']],
  ['some that are the same', Array(8).fill('ha')],
])('can be either: %s', (_name, texts) => {
  const { pieces, also } = readingOf(chunks(...texts));
  expect(pieces.map(({ text }) => text)).toEqual(texts);
  expect(also?.map(({ text }) => text).join('')).toBe(texts.at(-1));
});

it('are deltas where two of them are of one event', () => {
  const pieces: Piece[] = ['a', 'ab', 'abc', 'abcd'].map((text) => ({ path: [0, text], text }));
  expect(readingOf(pieces)).toEqual({ pieces });
});

it('that add nothing are copies of the one before', () => {
  expect(incrementsOf(chunks('a', 'a', 'ab', 'ab'))).toEqual([
    { path: [0, 't'], text: 'a', copies: [{ path: [1, 't'], isCumulative: true }] },
    { path: [2, 't'], text: 'b', isCumulative: true, copies: [{ path: [3, 't'], isCumulative: true }] },
  ]);
});
