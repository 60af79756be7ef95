/**
 * Keys of objects are names, which say nothing. But where an object's shape is free, such as what a tool returns or is
 * asked to do, whoever writes it can write anything there, and a model reads keys as it reads values. So every key that
 * is no name is a text, wherever it stands. None can be changed: the value under it would be lost.
 */
import type { Path } from '../body/json/edit.ts';
import type { Collector } from './collector.ts';

/** Identifiers as long as a tool's name may be, and small numbers, as the ids of tokens and of items are. */
const NAME = /^(?:[A-Za-z_$@][\w$.-]{0,63}|\d{1,8})?$/;

/** Log probabilities have tokens for keys, in some APIs: the text that they spell is read where it stands whole. */
const SPELLED_OUT = new Set(['logprobs', 'top_logprobs', 'prompt_logprobs']);

export function isName(key: string): boolean {
  return NAME.test(key);
}

/** @param place of the value in the body */
export function readKeys(value: unknown, place: Path, out: Collector): void {
  walk(value, [...place], out);
}

/** @param path changed on the way and back again */
function walk(value: unknown, path: (string | number)[], out: Collector): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) step(value[index], index, path, out);
    return;
  }
  out.keys(value, path);
  for (const key in value) {
    if (!SPELLED_OUT.has(key)) step((value as Record<string, unknown>)[key], key, path, out);
  }
}

function step(item: unknown, name: string | number, path: (string | number)[], out: Collector): void {
  if (typeof item !== 'object' || item === null) return;
  path.push(name);
  walk(item, path, out);
  path.pop();
}
