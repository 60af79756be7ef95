/** Finds the next place of something in a text, from offsets that only grow: each stretch is searched once. */
export class NextOf {
  readonly #text: string;
  readonly #sign: string;
  #next = -1;

  constructor(text: string, sign: string) {
    this.#text = text;
    this.#sign = sign;
  }

  /** @returns the first one at an offset or behind it; the text's length where there is none */
  from(start: number): number {
    if (this.#next >= start) return this.#next;
    const next = this.#text.indexOf(this.#sign, start);
    this.#next = next === -1 ? this.#text.length : next;
    return this.#next;
  }
}
