/**
 * Google's JSON accepts every field in two spellings, `systemInstruction` and `system_instruction`, even side by side
 * in one body.
 *
 * @see https://protobuf.dev/programming-guides/json/
 */
import type { Path } from '../body/json/edit.ts';
import type { Field } from './placed.ts';
import { isObject } from './segment.ts';
import { type Fields, object, type Shape } from './shape.ts';

/** The fields of an object by their camelCase names, in the order of the body; none for another value. */
export function protoFields(value: unknown, path: Path): Field[] {
  if (!isObject(value)) return [];
  return Object.entries(value).map(([key, item]) => ({
    name: camelCase(key),
    value: item,
    path: [...path, key],
  }));
}

/** A field may be there in both spellings: each is read. */
export function named(fields: Field[], name: string): Field[] {
  return fields.filter((field) => field.name === name);
}

/** @param names in camelCase */
export function bothSpellings(names: string[]): Set<string> {
  return new Set([...names, ...names.map(snakeCase)]);
}

/**
 * The shape of an object whose keys stand in either spelling.
 *
 * @param fields by their names in camelCase; a function where a shape holds itself
 */
export function message(fields: Fields | (() => Fields)): Shape {
  return object(() =>
    Object.fromEntries(
      Object.entries(typeof fields === 'function' ? fields() : fields).flatMap(([name, shape]) => [
        [name, shape],
        [snakeCase(name), shape],
      ]),
    ),
  );
}

function camelCase(key: string): string {
  if (!key.includes('_')) return key;
  return key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
