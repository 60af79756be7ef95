/** Keeps a label that somebody else chooses the values of from making as many time series as it likes. */

/** Distinct values of one label; AIDR has about a dozen detectors. */
const MAX_VALUES = 32;
/** Characters of a value. */
const MAX_LENGTH = 64;

const OTHER = 'other';

export class BoundedLabel {
  readonly #values = new Set<string>();

  /** @returns the value, or `other` when there is no room for it */
  of(value: string): string {
    if (this.#values.has(value)) return value;
    if (this.#values.size >= MAX_VALUES || value.length > MAX_LENGTH) return OTHER;
    this.#values.add(value);
    return value;
  }
}
