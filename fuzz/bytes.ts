/** What happens to bytes on their way: cut into chunks, damaged, broken off. */
import { type Arbitrary, array, constantFrom, integer, nat, record } from 'fast-check';

export interface Flip {
  /** Counted round and round. */
  at: number;
  byte: number;
}

/** Bytes that mean something to some format, and any others. */
export const anyFlips: Arbitrary<Flip[]> = array(
  record({
    at: nat(1_000_000),
    byte: constantFrom(...Buffer.from('\n\r\0"\\{}[],:; d=\u00ff', 'latin1'), 0x80, 0xc1, 0xdf),
  }),
  { maxLength: 3 },
);

export const anyCuts: Arbitrary<number[]> = array(integer({ min: 1, max: 90 }), {
  minLength: 1,
  maxLength: 6,
});

export function flipped(bytes: Uint8Array, flips: readonly Flip[]): Buffer {
  const damaged = Buffer.from(bytes);
  for (const { at, byte } of flips) if (damaged.length > 0) damaged[at % damaged.length] = byte;
  return damaged;
}

/** @param sizes of the chunks, round and round */
export function* chunksOf(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  for (let start = 0, turn = 0; start < bytes.length; turn++) {
    const end = start + (sizes[turn % sizes.length] ?? 1);
    yield bytes.subarray(start, end);
    start = end;
  }
}
