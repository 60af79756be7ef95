/** Finds the next of some characters in a text, from offsets that only grow: each is looked for once. */
export class NextOf {
  readonly #text: string;
  readonly #chars: readonly string[];
  readonly #next: number[];

  constructor(text: string, ...chars: string[]) {
    this.#text = text;
    this.#chars = chars;
    this.#next = chars.map(() => -1);
  }

  /** @returns the first one at an offset or behind it; the text's length where there is none */
  from(start: number): number {
    let first = this.#text.length;
    for (let index = 0; index < this.#chars.length; index++) {
      let next = this.#next[index] ?? -1;
      if (next < start) {
        next = this.#text.indexOf(this.#chars[index] ?? '', start);
        if (next === -1) next = this.#text.length;
        this.#next[index] = next;
      }
      if (next < first) first = next;
    }
    return first;
  }
}
