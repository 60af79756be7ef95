/**
 * Accounts for every leaf of a body: strings, numbers and keys. What a reader has found is text or opaque; what a shape
 * excuses is inert; everything else goes to AIDR as well, one leaf a line, each value once.
 */
import type { Path } from '../body/json/edit.ts';
import { integerPart, LEAST_DIGITS, LEAST_NUMBER } from '../body/json/integer-part.ts';
import { numberSource } from '../body/json/number-source.ts';
import { hasValue, nodeBelow, type PathNode } from '../body/json/path-map.ts';
import type { Piece, TextLocation } from './segment.ts';
import { type Shape, whyInert } from './shape.ts';
import type { Trace, TraceReason } from './trace.ts';

/** What nobody has claimed. */
export interface Rest {
  /** Strings, and the digits of numbers; a value that stands in several places has copies. */
  texts: Piece[];
  /** Strings where the API takes certain words or ids: whoever changes one breaks what it names. */
  fixed: Piece[];
  /** Keys that no API defines. They cannot be changed: the value under one would be lost. */
  keys: string[];
  /** Lists and objects that were accounted for, and how many items they have beyond the first. */
  size: number;
}

/** The claims at and below a place; `undefined` where there are none. */
type Claims = PathNode | undefined;

export class Accountant {
  readonly #places = { texts: new Map<string, Piece>(), fixed: new Map<string, Piece>() };
  readonly #keys = new Set<string>();
  #rest: Rest = { texts: [], fixed: [], keys: [], size: 0 };
  /** What is being accounted for, and how deep it stands. */
  #root: { value: unknown; depth: number } = { value: undefined, depth: 0 };
  readonly #trace: Trace | undefined;

  /** @param trace gets what says nothing */
  constructor(trace?: Trace) {
    this.#trace = trace;
  }

  /**
   * @param shape of the formats that read the value
   * @returns what is left of it, without what an earlier value had left
   */
  account(value: unknown, shape: Shape | undefined, claims: Claims, path: Path): Rest {
    this.#rest = { texts: [], fixed: [], keys: [], size: 0 };
    this.#root = { value, depth: path.length };
    this.#visit(value, shape, claims, [...path]);
    return this.#rest;
  }

  /** @param path changed on the way and back again */
  #visit(value: unknown, shape: Shape | undefined, claims: Claims, path: (string | number)[]): void {
    if (typeof value === 'string') {
      if (value !== '' && !hasValue(claims) && shape?.isInert?.(value) !== true)
        this.#addText(value, { path: [...path] }, shape?.isInert ? 'fixed' : 'texts');
      else if (this.#trace && !hasValue(claims)) this.#note(value, shape, path);
    } else if (typeof value === 'number') {
      if (Math.abs(value) >= LEAST_NUMBER && shape?.isInert?.(value) !== true)
        this.#addText(this.#digitsAt(path, value), { path: [...path], isNumber: true }, 'texts');
      else if (this.#trace) this.#note(value, shape, path);
    } else if (typeof value === 'object' && value !== null) {
      if (hasValue(claims)) this.#rest.size += sizeOf(value);
      else if (Array.isArray(value)) this.#visitItems(value, shape, claims, path);
      else this.#visitMembers(value as Record<string, unknown>, shape, claims, path);
    } else if (this.#trace && value !== undefined) this.#note(value, shape, path);
  }

  #note(value: unknown, shape: Shape | undefined, path: Path): void {
    const told = { path: [...path], why: reasonFor(value, shape) };
    this.#trace?.inert.push(isLeaf(value) ? { ...told, value } : told);
  }

  #visitItems(items: unknown[], shape: Shape | undefined, claims: Claims, path: (string | number)[]): void {
    this.#rest.size += Math.max(items.length, 1);
    if (isSpelledOut(items, shape)) {
      this.#addText(items.join(' '), { path: [...path], inner: ['(numbers)'] }, 'fixed');
      return;
    }
    for (let index = 0; index < items.length; index++) {
      const item = items[index];
      if (typeof item === 'number' && Math.abs(item) < LEAST_NUMBER && !this.#trace) continue;
      path.push(index);
      this.#visit(item, shape, nodeBelow(claims, index), path);
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
    let count = 0;
    for (const key in members) {
      count++;
      const value = members[key];
      const below = known?.get(key);
      if (!below) this.#addKey(key);
      if ((value === null || typeof value === 'boolean') && !this.#trace) continue;
      path.push(key);
      this.#visit(value, below ?? shape?.others, nodeBelow(claims, key), path);
      path.pop();
    }
    this.#rest.size += Math.max(count, 1);
  }

  /** The integer part without an exponent, as it was written: `4.1e15` is sixteen digits. */
  #digitsAt(path: Path, value: number): string {
    if (Number.isSafeInteger(value)) return String(value);
    const written = numberSource(this.#root.value, path.slice(this.#root.depth));
    return written === undefined ? wholeDigits(Math.trunc(value)) : (integerPart(written) ?? written);
  }

  #addText(text: string, place: TextLocation, what: 'texts' | 'fixed'): void {
    // AIDR sees it there.
    if (this.#keys.has(text)) {
      this.#trace?.inert.push({ path: place.path, why: 'told', value: text });
      return;
    }
    const first = this.#places[what].get(text);
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
}

function reasonFor(value: unknown, shape: Shape | undefined): TraceReason {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'boolean') return 'boolean';
  if (value === '') return 'empty';
  const isWord = typeof value === 'string' || typeof value === 'number';
  return (isWord ? whyInert(shape, value) : undefined) ?? 'short_number';
}

function isLeaf(value: unknown): value is string | number | boolean | null {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

/** A value in several numbers, as `[4111, 1111, 1111, 1111]`: so many digits altogether, and no fractions. */
function isSpelledOut(items: unknown[], shape: Shape | undefined): boolean {
  let digits = 0;
  for (const item of items) {
    if (typeof item !== 'number' || !Number.isSafeInteger(item)) return false;
    digits += String(item).length;
  }
  return (
    digits >= LEAST_DIGITS &&
    items.length > 1 &&
    !items.every((item) => shape?.isInert?.(Number(item)) === true)
  );
}

/** Of what goes to AIDR whole. */
function sizeOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (Array.isArray(value))
    return value.reduce<number>((size, item) => size + sizeOf(item), Math.max(value.length, 1));
  let [count, size] = [0, 0];
  for (const key in value) {
    count++;
    size += sizeOf((value as Record<string, unknown>)[key]);
  }
  return size + Math.max(count, 1);
}

function wholeDigits(whole: number): string {
  return Math.abs(whole) < 1e21 || !Number.isFinite(whole) ? String(whole) : BigInt(whole).toString();
}
