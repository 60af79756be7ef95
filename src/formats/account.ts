/**
 * Accounts for every leaf of a body: strings, numbers and keys. What a reader has found is text or opaque; what a shape
 * excuses is inert; everything else goes to AIDR as well, one leaf a line, each value once.
 */
import type { Path } from '../body/json/edit.ts';
import { hasValue, type PathPlace, placeBelow } from '../body/json/path-map.ts';
import type { Piece } from './segment.ts';
import type { Shape } from './shape.ts';

/** What nobody has claimed. */
export interface Rest {
  /** Strings; a value that stands in several places has copies. */
  texts: Piece[];
  /** Strings where the API takes certain words or ids: whoever changes one breaks what it names. */
  fixed: Piece[];
  /** Keys that no API defines. They cannot be changed: the value under one would be lost. */
  keys: string[];
  numbers: string[];
}

/** Smaller numbers are counts, indices and settings, wherever they stand. */
const LEAST_NUMBER = 1e6;

/** The claims at and below a place; `undefined` where there are none. */
type Claims = PathPlace | undefined;

export class Accountant {
  readonly #places = { texts: new Map<string, Piece>(), fixed: new Map<string, Piece>() };
  readonly #keys = new Set<string>();
  readonly #numbers = new Set<number>();
  #rest: Rest = { texts: [], fixed: [], keys: [], numbers: [] };
  /**
   * @param shape of the formats that read the value
   * @returns what is left of it, without what an earlier value had left
   */
  account(value: unknown, shape: Shape | undefined, claims: Claims, path: Path): Rest {
    this.#rest = { texts: [], fixed: [], keys: [], numbers: [] };
    this.#visit(value, shape, claims, [...path]);
    return this.#rest;
  }

  /** @param path changed on the way and back again */
  #visit(value: unknown, shape: Shape | undefined, claims: Claims, path: (string | number)[]): void {
    if (typeof value === 'string') {
      if (value !== '' && !hasValue(claims) && shape?.isInert?.(value) !== true)
        this.#addText(value, path, shape?.isInert ? 'fixed' : 'texts');
    } else if (typeof value === 'number') {
      if (Math.abs(value) >= LEAST_NUMBER && shape?.isInert?.(value) !== true) this.#addNumber(value);
    } else if (typeof value === 'object' && value !== null && !hasValue(claims)) {
      if (Array.isArray(value)) this.#visitItems(value, shape, claims, path);
      else this.#visitMembers(value as Record<string, unknown>, shape, claims, path);
    }
  }

  #visitItems(items: unknown[], shape: Shape | undefined, claims: Claims, path: (string | number)[]): void {
    for (let index = 0; index < items.length; index++) {
      const item = items[index];
      if (typeof item === 'number' && Math.abs(item) < LEAST_NUMBER) continue;
      path.push(index);
      this.#visit(item, shape, placeBelow(claims, index), path);
      path.pop();
    }
  }

  #visitMembers(
    members: Record<string, unknown>,
    shape: Shape | undefined,
    claims: Claims,
    path: (string | number)[],
  ): void {
    const known = shape?.keys?.();
    for (const key in members) {
      const value = members[key];
      const below = known?.get(key);
      if (!below) this.#addKey(key);
      if (value === null || typeof value === 'boolean') continue;
      path.push(key);
      this.#visit(value, below ?? shape?.others, placeBelow(claims, key), path);
      path.pop();
    }
  }

  #addText(text: string, path: readonly (string | number)[], what: 'texts' | 'fixed'): void {
    // AIDR sees it there.
    if (this.#keys.has(text)) return;
    const first = this.#places[what].get(text);
    const place = { path: [...path] };
    if (first) {
      first.copies ??= [];
      first.copies.push(place);
      return;
    }
    const piece: Piece = { ...place, text };
    this.#places[what].set(text, piece);
    this.#rest[what].push(piece);
  }

  #addKey(key: string): void {
    if (key === '' || this.#keys.has(key)) return;
    this.#keys.add(key);
    this.#rest.keys.push(key);
  }

  #addNumber(value: number): void {
    if (this.#numbers.has(value)) return;
    this.#numbers.add(value);
    this.#rest.numbers.push(digitsOf(value));
  }
}

/** The integer part without an exponent: `4.1e15` is sixteen digits. */
function digitsOf(value: number): string {
  const whole = Math.trunc(value);
  return Math.abs(whole) < 1e21 ? String(whole) : BigInt(whole).toString();
}
