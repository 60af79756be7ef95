/**
 * Replaces values inside a JSON text and leaves every other byte as it was: whitespace, key order, number literals,
 * and the escapes of whatever a new string shares with the old one.
 */

import { type Change, changesBetween } from '../text-changes.ts';
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

/** Where a value stands: object keys and array indices from the root. */
export type Path = readonly (string | number)[];

/**
 * What changes in the string at `path` (in order, without overlaps), a new text for it, or JSON in the place of whatever
 * stands there; or an item of a list goes.
 */
export type Edit =
  | { path: Path; changes: readonly Change[] }
  | { path: Path; text: string }
  | { path: Path; json: string }
  | { path: Path; removed: true };

/**
 * @param json a valid JSON text
 * @param edits an edit of a value inside another edited value has no effect
 * @throws Error when a path leads to nothing, or a text to no string: that is a bug of the caller
 */
export function editJson(json: string, edits: readonly Edit[]): string {
  if (edits.length === 0) return json;
  const pieces: string[] = [];
  let copied = 0;
  for (const { start, end, edit } of locate(json, edits)) {
    if (start < copied) continue;
    const before = json.slice(copied, start);
    if ('removed' in edit) {
      // One comma goes with it: that before it, or behind the first one of a list.
      const isFirst = isFirstLeft(pieces, before);
      const left = isFirst ? before : before.trimEnd().slice(0, -1);
      if (left !== '') pieces.push(left);
      copied = isFirst ? afterComma(json, end) : end;
    } else {
      pieces.push(before, replacement(json.slice(start, end), edit));
      copied = end;
    }
  }
  pieces.push(json.slice(copied));
  return pieces.join('');
}

/** Whether nothing of the list is left before an item. */
function isFirstLeft(pieces: readonly string[], before: string): boolean {
  const trimmed = before.trimEnd();
  if (trimmed !== '') return trimmed.endsWith('[');
  return (
    pieces
      .findLast((piece) => piece.trim() !== '')
      ?.trimEnd()
      .endsWith('[') ?? false
  );
}

/** @returns where the next item begins, or the list ends */
function afterComma(json: string, end: number): number {
  let at = end;
  while (json.charCodeAt(at) <= SPACE) at++;
  if (json.charCodeAt(at) !== COMMA) return at;
  at++;
  while (json.charCodeAt(at) <= SPACE) at++;
  return at;
}

/** @param edit removes nothing */
function replacement(raw: string, edit: Exclude<Edit, { removed: true }>): string {
  if ('json' in edit) return edit.json;
  if (!raw.startsWith('"')) throw new Error('an edit leads to no string');
  const inner = raw.slice(1, -1);
  if ('changes' in edit) return `"${spliceInString(inner, edit.changes)}"`;
  // Without escapes there is one way to spell what is kept.
  if (!inner.includes('\\')) return JSON.stringify(edit.text);
  return `"${spliceInString(inner, changesBetween(JSON.parse(raw), edit.text))}"`;
}

interface Located {
  start: number;
  end: number;
  edit: Edit;
}

/** The wanted paths as a tree, so that one walk finds them all. */
interface Wanted {
  edit?: Edit;
  children?: Map<string | number, Wanted>;
}

/** @returns the tree under a step of its own, and how many values it wants */
function wantedTree(edits: readonly Edit[]): { wanted: Wanted; count: number } {
  const root: Wanted = {};
  let count = 0;
  for (const edit of edits) {
    let node = root;
    for (const step of edit.path) {
      node.children ??= new Map();
      const child = node.children.get(step) ?? {};
      node.children.set(step, child);
      node = child;
    }
    if (!node.edit) count++;
    node.edit = edit;
  }
  return { wanted: { children: new Map([['', root]]) }, count };
}

interface Container {
  /** Offset of its opening bracket. */
  start: number;
  /** What is wanted inside; undefined skips the whole container. */
  wanted: Wanted | undefined;
  /** The key or index of the value that comes next. */
  step: string | number;
}

/** @returns where the edited values stand, by offset, a container before what is in it */
function locate(json: string, edits: readonly Edit[]): Located[] {
  const { wanted: root, count } = wantedTree(edits);
  const found: Located[] = [];
  const stack: Container[] = [];
  let container: Container = { start: 0, wanted: root, step: '' };
  let expectKey = false;
  const add = (edit: Edit | undefined, start: number, end: number) => {
    if (edit) found.push({ start, end, edit });
  };
  // To the end: an object may have a key twice, and another reader may take the other value.
  for (let i = 0; i < json.length; i++) {
    const code = json.charCodeAt(i);
    if (code <= SPACE || code === COLON) continue;
    const wanted = container.wanted?.children?.get(container.step);
    if (code === QUOTE) {
      const end = endOfString(json, i) + 1;
      if (expectKey) container.step = container.wanted ? keyAt(json, i, end) : '';
      else add(wanted?.edit, i, end);
      expectKey = false;
      i = end - 1;
    } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      stack.push(container);
      expectKey = code === OPEN_BRACE;
      container = { start: i, wanted, step: expectKey ? '' : 0 };
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      add(container.wanted?.edit, container.start, i + 1);
      container = stack.pop() ?? container;
      expectKey = false;
    } else if (code === COMMA) {
      if (typeof container.step === 'number') container.step++;
      else expectKey = true;
    } else {
      const end = endOfLiteral(json, i);
      add(wanted?.edit, i, end);
      i = end - 1;
    }
  }
  const places = Map.groupBy(found, ({ edit }) => edit);
  const missing = count - places.size;
  if (missing > 0) throw new Error(`${missing} edit(s) lead to nothing`);
  const wanted = found.length > places.size ? found.filter((one) => isAsLast(json, one, places)) : found;
  return wanted.sort((a, b) => a.start - b.start || b.end - a.end);
}

/** JSON.parse takes the last of several, so that one was read; the same text elsewhere is the same to every reader. */
function isAsLast(
  json: string,
  { start, end, edit }: Located,
  places: ReadonlyMap<Edit, Located[]>,
): boolean {
  const last = places.get(edit)?.at(-1);
  return last !== undefined && json.slice(start, end) === json.slice(last.start, last.end);
}

function keyAt(json: string, start: number, end: number): string {
  const key = json.slice(start + 1, end - 1);
  return key.includes('\\') ? JSON.parse(json.slice(start, end)) : key;
}

function endOfLiteral(json: string, start: number): number {
  let end = start;
  while (end < json.length && !',]} \t\r\n'.includes(json[end] ?? '')) end++;
  return end;
}

/**
 * @param raw a string as it is written, without its quotes
 * @param changes of the text that it stands for
 * @returns the same with the changes made, and the old spelling of whatever they leave
 */
function spliceInString(raw: string, changes: readonly Change[]): string {
  const cursor = new RawCursor(raw);
  let result = '';
  let copied = 0;
  for (const change of changes) {
    result += raw.slice(copied, cursor.seek(change.start)) + JSON.stringify(change.text).slice(1, -1);
    copied = cursor.seek(change.end);
  }
  return result + raw.slice(copied);
}

/** Walks a raw string once: from offsets in the decoded text to offsets in the raw one. */
class RawCursor {
  readonly #raw: string;
  /** The first escape at the offset or behind it; the end where there is none. */
  #nextEscape: number;
  #index = 0;
  #offset = 0;

  constructor(raw: string) {
    this.#raw = raw;
    this.#nextEscape = this.#escapeFrom(0);
  }

  /** @param index code unit of the decoded text, not before that of an earlier call */
  seek(index: number): number {
    while (this.#index < index) {
      const plain = Math.min(index - this.#index, this.#nextEscape - this.#offset);
      this.#index += plain;
      this.#offset += plain;
      if (this.#index === index) break;
      this.#index += 1;
      this.#offset += this.#raw[this.#offset + 1] === 'u' ? 6 : 2;
      this.#nextEscape = this.#escapeFrom(this.#offset);
    }
    return this.#offset;
  }

  #escapeFrom(offset: number): number {
    const at = this.#raw.indexOf('\\', offset);
    return at === -1 ? Number.POSITIVE_INFINITY : at;
  }
}
