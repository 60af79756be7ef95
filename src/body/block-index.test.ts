import { describe, expect, it } from 'vitest';
import { BlockIndex } from './block-index.ts';

const BLOCK = 32;
/** Letters that do not repeat themselves within it. */
const letters = (length: number, seed: number) =>
  Array.from({ length }, (_, at) => String.fromCharCode(97 + ((Math.imul(at + 1, seed) >>> 16) % 26))).join(
    '',
  );
const INDEXED = letters(10 * BLOCK, 2_654_435_761);
const block = (number: number) => INDEXED.slice(number * BLOCK, (number + 1) * BLOCK);

describe('the blocks of a text', () => {
  const index = (text: string) => new BlockIndex(text, 0, text.length);

  it.each(Array.from({ length: 10 }, (_, number) => number))('are found anywhere: number %i', (number) => {
    for (const before of ['', '?', '?'.repeat(100)]) {
      const text = `${before}${block(number)}!`;
      expect(index(INDEXED).firstIn(text, 0, text.length, 0)).toEqual({
        at: before.length,
        indexed: number * BLOCK,
      });
    }
  });

  it.each<[string, string, number, number]>([
    ['where one unit is missing', block(3).slice(0, -1), 0, 31],
    ['where one unit differs', `${block(3).slice(0, -1)}?`, 0, BLOCK],
    ['where it begins before the searched part', block(3), 1, BLOCK],
    ['where it ends behind the searched part', `${block(3)}!`, 0, 31],
    ['in nothing', '', 0, 0],
  ])('are not found %s', (_name, text, start, end) => {
    expect(index(INDEXED).firstIn(text, start, end, 0)).toBeUndefined();
  });

  it('are found once each where they are equal, in order, and never before where the search is to begin', () => {
    const same = index(block(0).repeat(3));
    const search = (from: number) => same.firstIn(block(0), 0, BLOCK, from)?.indexed;
    expect([0, 0, 1, BLOCK + 1, 3 * BLOCK, 3 * BLOCK].map(search)).toEqual([
      ...[0, 0, BLOCK, 2 * BLOCK],
      ...[undefined, undefined],
    ]);
  });

  it('are those of the indexed part alone', () => {
    const part = new BlockIndex(INDEXED, BLOCK, 3 * BLOCK + 5);
    const found = [0, 1, 2, 3].map((number) => part.firstIn(block(number), 0, BLOCK, 0)?.indexed);
    expect(found).toEqual([undefined, BLOCK, 2 * BLOCK, undefined]);
    expect(new BlockIndex('', 0, 0).firstIn(INDEXED, 0, INDEXED.length, 0)).toBeUndefined();
  });
});
