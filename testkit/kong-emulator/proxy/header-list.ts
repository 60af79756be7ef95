/** HTTP headers in order, with repetitions, as bytes: Node's one character a byte. */

export class HeaderList {
  #entries: [name: string, value: string][] = [];

  constructor(entries: Iterable<readonly [string, string]> = []) {
    for (const [name, value] of entries) this.#entries.push([name, value]);
  }

  /** From Node's `rawHeaders`. */
  static fromRaw(raw: readonly string[]): HeaderList {
    const list = new HeaderList();
    for (let index = 0; index + 1 < raw.length; index += 2) list.add(raw[index] ?? '', raw[index + 1] ?? '');
    return list;
  }

  /** The first value. A name with underscores finds one with dashes, as in Lua. */
  get(name: string): string | undefined {
    return this.all(name)[0];
  }

  /** Every value of a header, in order. */
  all(name: string): string[] {
    const lower = name.toLowerCase();
    const exact = this.#entries.filter(([known]) => known.toLowerCase() === lower);
    const found =
      exact.length > 0 ? exact : this.#entries.filter(([known]) => dashed(known) === dashed(name));
    return found.map(([, value]) => value);
  }

  has(name: string): boolean {
    return this.all(name).length > 0;
  }

  add(name: string, value: string): void {
    this.#entries.push([name, value]);
  }

  /** Replaces a header; the new values stand where the first old one stood. */
  set(name: string, value: string | readonly string[]): void {
    const values = typeof value === 'string' ? [value] : value;
    const position = this.#entries.findIndex(([known]) => known.toLowerCase() === name.toLowerCase());
    this.delete(name);
    const at = position === -1 ? this.#entries.length : position;
    this.#entries.splice(at, 0, ...values.map((one): [string, string] => [name, one]));
  }

  delete(name: string): void {
    const lower = name.toLowerCase();
    this.#entries = this.#entries.filter(([known]) => known.toLowerCase() !== lower);
  }

  clone(): HeaderList {
    return new HeaderList(this.#entries);
  }

  entries(): readonly (readonly [name: string, value: string])[] {
    return this.#entries;
  }

  /** As Node's `rawHeaders`. */
  toRaw(): string[] {
    return this.#entries.flat();
  }

  /** Lower-case names to the values, of at most `max` header lines: what lies beyond is invisible in Lua. */
  grouped(max: number): Map<string, string[]> {
    const grouped = new Map<string, string[]>();
    for (const [name, value] of this.#entries.slice(0, max)) {
      const key = name.toLowerCase();
      grouped.set(key, [...(grouped.get(key) ?? []), value]);
    }
    return grouped;
  }
}

function dashed(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}

/** The items of a comma-separated header, trimmed and in lower case. */
export function csv(value: string | undefined): string[] {
  return (value ?? '')
    .split(',')
    .map((item) => item.trim().toLowerCase())
    .filter((item) => item !== '');
}
