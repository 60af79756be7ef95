/**
 * How many bytes of bodies the process holds at once.
 *
 * Bodies cost memory and time on the one event loop that all routes share: a flood of large ones must be refused
 * before it delays the others.
 */
export class ByteBudget {
  readonly limit: number;
  #held = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  get held(): number {
    return this.#held;
  }

  /** @returns false when the bytes do not fit: the caller then must not keep them */
  tryHold(bytes: number): boolean {
    if (this.#held + bytes > this.limit) return false;
    this.#held += bytes;
    return true;
  }

  release(bytes: number): void {
    this.#held -= bytes;
  }
}
