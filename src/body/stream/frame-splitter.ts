/**
 * Cuts the bytes of a stream into frames, whatever chunks they arrive in.
 *
 * A frame has its exact bytes, with whatever stands between it and the one before: all frames and the rest, one after
 * the other, are the stream. Where a frame ends does not depend on the chunks.
 */

/** As large as AWS lets a frame be; the largest events elsewhere carry an image. */
const MAX_FRAME = 16_777_216;

/** `corrupt`: nothing says where this frame ends. */
export type FrameProblem = 'corrupt' | 'too_complex';

/** Finds where frames end, and remembers from chunk to chunk what it needs for that. */
export interface FrameEnds {
  /**
   * Goes on at `start`, right behind what it saw last.
   *
   * @returns the offset behind the current frame, which the next call begins with; undefined when this chunk is not
   * the end of it
   */
  next(chunk: Uint8Array, start: number): number | FrameProblem | undefined;
  /** Whether what was seen is a whole frame if nothing follows it. */
  isWhole(): boolean;
}

export class FrameSplitter {
  /** Why no further frame is found. */
  problem: FrameProblem | undefined;
  readonly #ends: FrameEnds;
  readonly #limit: number;
  #pending = new Uint8Array(0);
  #length = 0;

  /** @param limit bytes of a frame */
  constructor(ends: FrameEnds, limit = MAX_FRAME) {
    this.#ends = ends;
    this.#limit = limit;
  }

  /** The frames that end in this chunk; all of them have to be asked for before the next chunk. */
  *split(chunk: Uint8Array): Generator<Uint8Array> {
    if (this.problem) return;
    let start = 0;
    for (;;) {
      const end = this.#ends.next(chunk, start);
      if (typeof end === 'string') {
        this.problem = end;
        return;
      }
      if (this.#length + (end ?? chunk.length) - start > this.#limit) {
        this.problem = 'too_complex';
        return;
      }
      if (end === undefined) break;
      yield this.#take(chunk.subarray(start, end));
      start = end;
    }
    this.#keep(chunk.subarray(start));
  }

  /** What is left at the end of the stream; behind a problem, nothing that is of use. */
  end(): { bytes: Uint8Array; isWhole: boolean } {
    if (this.problem) return { bytes: new Uint8Array(0), isWhole: false };
    return { bytes: this.#pending.subarray(0, this.#length), isWhole: this.#ends.isWhole() };
  }

  #take(last: Uint8Array): Uint8Array {
    if (this.#length === 0) return last;
    this.#keep(last);
    const frame = this.#pending.subarray(0, this.#length);
    this.#pending = new Uint8Array(0);
    this.#length = 0;
    return frame;
  }

  /** Room grows by doubling: a frame can arrive byte by byte. */
  #keep(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    if (length > this.#pending.length) {
      const room = new Uint8Array(Math.max(length, 2 * this.#pending.length));
      room.set(this.#pending.subarray(0, this.#length));
      this.#pending = room;
    }
    this.#pending.set(bytes, this.#length);
    this.#length = length;
  }
}
