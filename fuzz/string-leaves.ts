/** The strings of a JSON value, and where they stand. */
import type { Path } from '../src/body/json/edit.ts';

export interface Leaf {
  path: Path;
  text: string;
}

export function leavesOf(value: unknown, path: Path = []): Leaf[] {
  if (typeof value === 'string') return [{ path, text: value }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    leavesOf(item, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}
