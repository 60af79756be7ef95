/**
 * Finds where two texts have a stretch in common, in time proportional to both, whatever they are: AIDR's answers and
 * callers' prompts decide what stands in them.
 *
 * One text is cut into blocks, and the other one is searched for them with a rolling hash (Rabin and Karp). A block that
 * finds no free slot near its own is left out, so that texts with many equal hashes cost no more than others.
 */

/** UTF-16 code units. A common stretch twice as long always has a whole block in it. */
const BLOCK = 32;
const MULTIPLIER = 0x01000193;
/** What a code unit counts when it leaves a block. */
const LEAVING = power(MULTIPLIER, BLOCK);
/** Spreads hashes over the slots; 2^32 divided by the golden ratio, made odd. */
const SPREAD = 0x9e3779b1;
/** A block is kept in one of so many slots. */
const PROBES = 4;
const NO_BLOCK = -1;

/** Offsets in the searched text and in the text of the index, from which on so many units are equal. */
export interface CommonBlock {
  at: number;
  indexed: number;
}

export class BlockIndex {
  readonly #text: string;
  readonly #start: number;
  /** Of equal blocks the first that was not passed yet, plus 1; 0 is free. */
  readonly #slots: Int32Array;
  readonly #shift: number;
  /** For each block the next equal one. */
  readonly #next: Int32Array;

  /** Indexes `text.slice(start, end)`. */
  constructor(text: string, start: number, end: number) {
    this.#text = text;
    this.#start = start;
    const blocks = Math.floor((end - start) / BLOCK);
    const bits = 33 - Math.clz32(2 * blocks + 1);
    this.#slots = new Int32Array(2 ** bits);
    this.#shift = 32 - bits;
    this.#next = new Int32Array(blocks);
    for (let block = blocks - 1; block >= 0; block--) this.#add(block);
  }

  /**
   * @param from where a block in the text of the index may begin; never less than in a call before
   * @returns the first block of the index in `text.slice(start, end)`
   */
  firstIn(text: string, start: number, end: number, from: number): CommonBlock | undefined {
    if (start + BLOCK > end) return undefined;
    let hash = hashOf(text, start);
    for (let at = start; ; at++) {
      const indexed = this.#find(hash, text, at, from);
      if (indexed !== undefined) return { at, indexed };
      if (at + BLOCK >= end) return undefined;
      const leaving = Math.imul(LEAVING, text.charCodeAt(at));
      hash = (Math.imul(hash, MULTIPLIER) + text.charCodeAt(at + BLOCK) - leaving) | 0;
    }
  }

  #add(block: number): void {
    const at = this.#offsetOf(block);
    const slot = this.#slotFor(hashOf(this.#text, at), this.#text, at);
    if (slot === undefined) return;
    this.#next[block] = (this.#slots[slot] ?? 0) - 1;
    this.#slots[slot] = block + 1;
  }

  #find(hash: number, text: string, at: number, from: number): number | undefined {
    const slot = this.#slotFor(hash, text, at);
    let block = slot === undefined ? NO_BLOCK : (this.#slots[slot] ?? 0) - 1;
    if (slot === undefined || block === NO_BLOCK) return undefined;
    while (this.#offsetOf(block) < from) {
      block = this.#next[block] ?? NO_BLOCK;
      // The last one stays: other blocks may stand behind its slot.
      if (block === NO_BLOCK) return undefined;
      this.#slots[slot] = block + 1;
    }
    return this.#offsetOf(block);
  }

  /** @returns the slot of a block that is equal, or else a free one; undefined when neither is near */
  #slotFor(hash: number, text: string, at: number): number | undefined {
    const first = Math.imul(hash, SPREAD) >>> this.#shift;
    for (let probe = 0; probe < PROBES; probe++) {
      const slot = (first + probe) & (this.#slots.length - 1);
      const block = (this.#slots[slot] ?? 0) - 1;
      if (block === NO_BLOCK || isSameBlock(this.#text, this.#offsetOf(block), text, at)) return slot;
    }
    return undefined;
  }

  #offsetOf(block: number): number {
    return this.#start + block * BLOCK;
  }
}

function hashOf(text: string, start: number): number {
  let hash = 0;
  for (let at = start; at < start + BLOCK; at++)
    hash = (Math.imul(hash, MULTIPLIER) + text.charCodeAt(at)) | 0;
  return hash;
}

function isSameBlock(one: string, start: number, other: string, otherStart: number): boolean {
  for (let at = 0; at < BLOCK; at++) {
    if (one.charCodeAt(start + at) !== other.charCodeAt(otherStart + at)) return false;
  }
  return true;
}

function power(base: number, exponent: number): number {
  let result = 1;
  for (let times = 0; times < exponent; times++) result = Math.imul(result, base);
  return result;
}
