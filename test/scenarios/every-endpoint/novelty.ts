/** Which places were there before: the objects of an API have most of what they hold in common. */
import { isObject } from '../../../src/formats/segment.ts';
import { WORDS } from './wire.ts';

export class Novelty {
  readonly #known: Set<string>;

  /** @param before what it knows already */
  constructor(before?: Novelty) {
    this.#known = new Set(before ? before.#known : []);
  }

  /** Whether the value has words in a place that no value before had; notes them. */
  isNew(value: unknown): boolean {
    const before = this.#known.size;
    this.#note(value, '', '');
    return this.#known.size > before;
  }

  /** @param key under which the value stands @param above the key that leads to the object around it */
  #note(value: unknown, above: string, key: string): void {
    if (value === WORDS) this.#known.add(`${above}/${key}`);
    else if (Array.isArray(value)) for (const item of value) this.#note(item, above, key);
    else if (isObject(value)) for (const [name, item] of Object.entries(value)) this.#note(item, key, name);
  }
}
