/** Values with the places where they stand: for bodies whose lists and spellings are loose. */
import type { Path } from '../body/json/edit.ts';
import { isObject, type JsonObject } from './segment.ts';

export interface Placed {
  value: unknown;
  place: Path;
}

/** The items of a list, or a single value where a list is declared; nothing for `null` and missing values. */
export function itemsOf(value: unknown, place: Path): Placed[] {
  if (Array.isArray(value)) return value.map((item, index) => ({ value: item, place: [...place, index] }));
  return value === undefined || value === null ? [] : [{ value, place }];
}

/** What stands under one key in each of them. */
export function valuesOf(items: readonly Placed[], key: string): Placed[] {
  return items.flatMap(({ value, place }) =>
    isObject(value) && key in value ? [{ value: value[key], place: [...place, key] }] : [],
  );
}

export interface Field extends Placed {
  name: string;
}

export function fieldsOf(object: JsonObject, place: Path): Field[] {
  return Object.entries(object).map(([key, value]) => ({ name: key, value, place: [...place, key] }));
}
