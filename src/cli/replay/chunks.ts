/** Pieces of an input whose whole never has to be in memory. */

/** Gathers one item; what grows too large is dropped and counted. */
export class ItemBytes {
  readonly #limit: number;
  #parts: Buffer[] = [];
  #length = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(part: Buffer): void {
    this.#length += part.length;
    if (this.#length > this.#limit) this.#parts = [];
    else this.#parts.push(part);
  }

  /** @returns undefined for what was too large */
  take(): Buffer | undefined {
    const bytes = this.#length > this.#limit ? undefined : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#length = 0;
    return bytes;
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }
}

const LINE_FEED = 0x0a;

/** @returns each line without its end; undefined for one that is too large */
export async function* linesOf(
  input: AsyncIterable<Buffer>,
  limit: number,
): AsyncGenerator<Buffer | undefined> {
  const line = new ItemBytes(limit);
  for await (const chunk of input) {
    let from = 0;
    for (let at = chunk.indexOf(LINE_FEED); at !== -1; at = chunk.indexOf(LINE_FEED, from)) {
      line.add(chunk.subarray(from, at));
      yield line.take();
      from = at + 1;
    }
    // A chunk may be a view of a buffer that is used again.
    line.add(Buffer.from(chunk.subarray(from)));
  }
  if (!line.isEmpty) yield line.take();
}
