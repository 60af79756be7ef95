/**
 * JSON values in one form, however they are written: in another order of keys, with other blanks or escapes. Two values have
 * the same form only if every reader reads them alike.
 */
import { parseJsonText } from './document.ts';
import type { Path } from './edit.ts';

/** What stands at a path in the place of a string. Undefined: nobody knows. */
type TextAt = (text: string, path: Path) => string | undefined;

/** @param value as JSON.parse returns it */
export function canonicalJson(value: unknown): string {
  return canonicalJsonWith(value, (text) => text) ?? '';
}

/** @returns undefined when `textAt` does not know what one of the strings is */
export function canonicalJsonWith(value: unknown, textAt: TextAt): string | undefined {
  const parts: string[] = [];
  return write(value, [], textAt, parts) ? parts.join('') : undefined;
}

/**
 * @param text of one list or object
 * @returns undefined where readers may disagree about it, and for a number that JavaScript would write in another way: what is
 * in its other digits would be in no form
 */
export function canonicalJsonText(text: string): string | undefined {
  const parsed = parseJsonText(text);
  if (!parsed.ok) return undefined;
  const { value } = parsed.document;
  return typeof value === 'object' && value !== null && hasPlainNumbers(text)
    ? canonicalJson(value)
    : undefined;
}

/** @param path changed on the way and back again */
function write(value: unknown, path: (string | number)[], textAt: TextAt, parts: string[]): boolean {
  if (typeof value === 'string') {
    const text = value === '' ? value : textAt(value, path);
    if (text === undefined) return false;
    parts.push(JSON.stringify(text));
    return true;
  }
  if (typeof value !== 'object' || value === null) {
    parts.push(String(value));
    return true;
  }
  const isList = Array.isArray(value);
  const members = value as Record<string | number, unknown>;
  const keys = isList ? value.keys() : Object.keys(value).sort();
  let separator = isList ? '[' : '{';
  for (const key of keys) {
    parts.push(separator, isList ? '' : `${JSON.stringify(key)}:`);
    separator = ',';
    path.push(key);
    if (!write(members[key], path, textAt, parts)) return false;
    path.pop();
  }
  const isEmpty = separator !== ',';
  parts.push(isEmpty ? separator : '', isList ? ']' : '}');
  return true;
}

/** @see https://github.com/tc39/proposal-json-parse-with-source */
type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown;
type ParseWithSource = (text: string, reviver: Reviver) => unknown;

function hasPlainNumbers(text: string): boolean {
  let arePlain = true;
  (JSON.parse as ParseWithSource)(text, (_key, value, { source }) => {
    if (typeof value === 'number' && source !== String(value)) arePlain = false;
    return undefined;
  });
  return arePlain;
}
