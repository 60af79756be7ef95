import { describe, expect, it } from 'vitest';
import { changesBetween, withChanges } from '../body/text-changes.ts';
import { onePerPlace, placedChanges } from './placed-changes.ts';
import type { Piece } from './segment.ts';

describe('pieces that change', () => {
  const pieces: Piece[] = [
    { path: [0], text: 'a' },
    { path: [1], text: 'b', isCumulative: true, copies: [{ path: [2], isCumulative: true }] },
    { path: [3], text: 'c', copies: [{ path: [4] }] },
  ];
  const placed = (next: string[]) => {
    const changes = pieces.map(({ text }, index) => changesBetween(text, next[index] ?? ''));
    return [...placedChanges(pieces, changes)];
  };
  const changed = (next: string[]) =>
    placed(next).map(({ location, old, changes }) => `${location.path} ${withChanges(old, changes)}`);

  it('are written where they stand, and wherever all up to them stands', () => {
    expect(changed(['A', 'b', 'c'])).toEqual(['0 A', '1 Ab', '2 Ab']);
    expect(changed(['a', '', 'c'])).toEqual(['1 a', '2 a']);
    expect(changed(['a', 'b', 'C'])).toEqual(['3 C', '4 C']);
    expect(changed(['a', 'b', 'c'])).toEqual([]);
  });

  it('say what stood there', () => {
    expect(placed(['A', 'B', 'C']).map(({ old }) => old)).toEqual(['a', 'ab', 'ab', 'c', 'c']);
  });
});

describe('a place that two readings change', () => {
  const merged = (old: string, one: string, other: string) =>
    onePerPlace(
      [one, other].map((text) => ({ location: { path: [0] }, old, changes: changesBetween(old, text) })),
    ).map(({ changes }) => withChanges(old, changes));

  it.each([
    ['both in the same way', 'it is 123 here', 'it is * here', 'it is * here', 'it is * here'],
    ['each in its own place', '123 is it, 456 not', '* is it, 456 not', '123 is it, # not', '* is it, # not'],
    ['one more than the other', 'it is 12345 here', 'it is *45 here', 'it is # here', 'it is # here'],
  ])('hides what either hides: %s', (_name, old, one, other, expected) => {
    expect(merged(old, one, other)).toEqual([expected]);
  });

  it('is none where the places are others', () => {
    const texts = [0, 1].map((step) => ({
      location: { path: [step] },
      old: 'a',
      changes: changesBetween('a', 'b'),
    }));
    expect(onePerPlace(texts)).toEqual(texts);
  });
});
