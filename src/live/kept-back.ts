/** What was to be sent to a client while nothing may be. */

/** Bytes that are kept before whoever writes is told to wait. */
const MAX_BYTES = 16_384;

export class KeptBack {
  /** Resolves when it is over: to whether what was kept was sent. */
  readonly released: Promise<boolean>;
  readonly #release: (isSent: boolean) => void;
  #acts: (() => void)[] = [];
  #bytes = 0;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.released = promise;
    this.#release = resolve;
  }

  get isFull(): boolean {
    return this.#bytes >= MAX_BYTES;
  }

  /** @param act sends the parts */
  keep(act: () => void, parts: readonly Uint8Array[] = []): void {
    this.#acts.push(act);
    for (const { length } of parts) this.#bytes += length;
  }

  /** Nothing that was kept before is sent. */
  keepOnly(act: () => void): void {
    this.#acts = [act];
    this.#bytes = 0;
  }

  send(): void {
    for (const act of this.#acts) act();
    this.#release(true);
  }

  drop(): void {
    this.#acts = [];
    this.#release(false);
  }
}
