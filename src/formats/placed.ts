/** Values with the places where they stand: for bodies whose lists and spellings are loose. */
import type { Path } from '../body/json/edit.ts';
import { isObject, type JsonObject } from './segment.ts';

export interface Placed {
  value: unknown;
  path: Path;
}

/** The items of a list, or a single value where a list is declared; nothing for `null` and missing values. */
export function itemsOf(value: unknown, path: Path): Placed[] {
  if (Array.isArray(value)) return value.map((item, index) => ({ value: item, path: [...path, index] }));
  return value === undefined || value === null ? [] : [{ value, path }];
}

/** What stands under one key in each of them. */
export function valuesOf(items: readonly Placed[], key: string): Placed[] {
  return items.flatMap(({ value, path }) =>
    isObject(value) && key in value ? [{ value: value[key], path: [...path, key] }] : [],
  );
}

export interface Field extends Placed {
  name: string;
}

export function fieldsOf(object: JsonObject, path: Path): Field[] {
  return Object.entries(object).map(([key, value]) => ({ name: key, value, path: [...path, key] }));
}

/** @returns undefined where the path leads to nothing */
export function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const step of path) at = (at as Record<string | number, unknown> | null | undefined)?.[step];
  return at;
}
