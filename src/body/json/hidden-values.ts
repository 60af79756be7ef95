/**
 * What a reader that takes the last of two equal keys, as JavaScript does, does not see: the values of the others, where they
 * differ from it.
 */
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  SPACE,
} from './characters.ts';
import { endOfString } from './check.ts';

/** Where the members of an open object stand; lists have none. */
interface Container {
  values?: Map<string, Slice>;
  key: string;
  /** Where the value that is being read begins. */
  start: number;
}

interface Slice {
  start: number;
  end: number;
}

/** @param json a valid JSON text @returns strings, keys and numbers in the hidden values, one a line */
export function hiddenValues(json: string): string {
  const hidden: Slice[] = [];
  const stack: Container[] = [];
  let container: Container = { key: '', start: 0 };
  let expectKey = false;
  const endValue = (end: number) => {
    const { values, key, start } = container;
    if (!values || start < 0) return;
    const before = values.get(key);
    const value = { start, end: trimmedEnd(json, start, end) };
    if (before && textOf(json, before) !== textOf(json, value)) hidden.push(before);
    values.set(key, value);
    container.start = -1;
  };
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) {
      const end = endOfString(json, at);
      if (expectKey) container.key = JSON.parse(json.slice(at, end + 1));
      else if (container.start < 0) container.start = at;
      expectKey = false;
      at = end;
    } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      if (container.start < 0) container.start = at;
      stack.push(container);
      container = { key: '', start: -1, ...(code === OPEN_BRACE ? { values: new Map() } : {}) };
      expectKey = code === OPEN_BRACE;
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      endValue(at);
      container = stack.pop() ?? container;
      expectKey = false;
    } else if (code === COMMA) {
      endValue(at);
      expectKey = container.values !== undefined;
    } else if (code > SPACE && code !== COLON && container.start < 0) container.start = at;
  }
  return leavesOf(json, outermost(hidden)).join('\n');
}

function trimmedEnd(json: string, start: number, end: number): number {
  let last = end;
  while (last > start && json.charCodeAt(last - 1) <= SPACE) last--;
  return last;
}

function textOf(json: string, { start, end }: Slice): string {
  return json.slice(start, end);
}

/** A hidden value can hold others. */
function outermost(slices: Slice[]): Slice[] {
  const kept: Slice[] = [];
  for (const slice of slices.sort((a, b) => a.start - b.start || b.end - a.end))
    if (slice.start >= (kept.at(-1)?.end ?? 0)) kept.push(slice);
  return kept;
}

/** Lexically: what is hidden may hide something itself. */
function leavesOf(json: string, slices: readonly Slice[]): string[] {
  const leaves = new Set<string>();
  for (const { start, end } of slices) {
    for (let at = start; at < end; at++) {
      const code = json.charCodeAt(at);
      if (code === QUOTE) {
        const close = endOfString(json, at);
        leaves.add(JSON.parse(json.slice(at, close + 1)));
        at = close;
      } else if (isDigit(code)) {
        const from = at;
        while (at < end && /[\d.eE+-]/.test(json[at] ?? '')) at++;
        leaves.add(json.slice(from, at));
      }
    }
  }
  leaves.delete('');
  return [...leaves];
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
