/**
 * Replaces strings inside a JSON text and leaves every other byte as it was: whitespace, key order, number literals,
 * and the escapes of whatever the new string shares with the old one.
 */
import { endOfString } from './check.ts';

/** Where a value stands: object keys and array indices from the root. */
export type Path = readonly (string | number)[];

/** A new value for the string at `path`. */
export interface Edit {
  path: Path;
  text: string;
}

interface StringToken {
  /** Offset of the opening quote. */
  start: number;
  /** Offset behind the closing quote. */
  end: number;
}

/**
 * @param json a valid JSON text
 * @throws Error when an edit's path leads to no string: that is a bug of the caller
 */
export function editJson(json: string, edits: readonly Edit[]): string {
  if (edits.length === 0) return json;
  const located = locateStrings(json, edits);
  const pieces: string[] = [];
  let copied = 0;
  for (const { token, text } of located.sort((a, b) => a.token.start - b.token.start)) {
    const raw = json.slice(token.start + 1, token.end - 1);
    const { start, end, replacement } = spliceInString(raw, text);
    pieces.push(json.slice(copied, token.start + 1 + start), replacement);
    copied = token.start + 1 + end;
  }
  pieces.push(json.slice(copied));
  return pieces.join('');
}

/** The wanted paths as a tree, so that one walk finds them all. */
interface Wanted {
  text?: string;
  children: Map<string | number, Wanted>;
}

function wantedTree(edits: readonly Edit[]): Wanted {
  const root: Wanted = { children: new Map() };
  for (const { path, text } of edits) {
    let node = root;
    for (const step of path) {
      const child = node.children.get(step) ?? { children: new Map() };
      node.children.set(step, child);
      node = child;
    }
    node.text = text;
  }
  return root;
}

interface Container {
  /** What is wanted inside; undefined skips the whole container. */
  wanted: Wanted | undefined;
  /** The key or index of the value that comes next. */
  step: string | number;
}

function locateStrings(json: string, edits: readonly Edit[]): { token: StringToken; text: string }[] {
  const found: { token: StringToken; text: string }[] = [];
  const root = wantedTree(edits);
  const stack: Container[] = [];
  let container: Container = { wanted: { children: new Map([['', root]]) }, step: '' };
  let expectKey = false;
  for (let i = 0; i < json.length; i++) {
    switch (json[i]) {
      case '"': {
        const end = endOfString(json, i) + 1;
        if (expectKey) {
          container.step = container.wanted ? JSON.parse(json.slice(i, end)) : '';
          expectKey = false;
        } else {
          const text = container.wanted?.children.get(container.step)?.text;
          if (text !== undefined) found.push({ token: { start: i, end }, text });
        }
        i = end - 1;
        break;
      }
      case '{':
      case '[':
        stack.push(container);
        expectKey = json[i] === '{';
        container = { wanted: container.wanted?.children.get(container.step), step: expectKey ? '' : 0 };
        break;
      case '}':
      case ']':
        container = stack.pop() ?? container;
        expectKey = false;
        break;
      case ',':
        if (typeof container.step === 'number') container.step++;
        else expectKey = true;
        break;
    }
  }
  const distinct = countTexts(root);
  if (found.length !== distinct) throw new Error(`${distinct - found.length} edit(s) lead to no string`);
  return found;
}

function countTexts(node: Wanted): number {
  let count = node.text === undefined ? 0 : 1;
  for (const child of node.children.values()) count += countTexts(child);
  return count;
}

/** @returns which characters of the raw string (without its quotes) to replace, and with what */
function spliceInString(raw: string, text: string): { start: number; end: number; replacement: string } {
  const old: string = JSON.parse(`"${raw}"`);
  const prefix = commonPrefix(old, text);
  const suffix = commonSuffix(old, text, Math.min(old.length, text.length) - prefix);
  const start = rawOffset(raw, prefix);
  const end = rawOffset(raw, old.length - suffix);
  return { start, end, replacement: JSON.stringify(text.slice(prefix, text.length - suffix)).slice(1, -1) };
}

function commonPrefix(a: string, b: string): number {
  const limit = Math.min(a.length, b.length);
  let length = 0;
  while (length < limit && a.charCodeAt(length) === b.charCodeAt(length)) length++;
  return isHighSurrogate(a.charCodeAt(length - 1)) ? length - 1 : length;
}

function commonSuffix(a: string, b: string, limit: number): number {
  let length = 0;
  while (length < limit && a.charCodeAt(a.length - 1 - length) === b.charCodeAt(b.length - 1 - length))
    length++;
  return length > 0 && isLowSurrogate(a.charCodeAt(a.length - length)) ? length - 1 : length;
}

/** Half a surrogate pair must not be kept while the other half is replaced: it has no UTF-8 of its own. */
function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}

/** @returns the offset in the raw string at which the decoded string's code unit `index` is written */
function rawOffset(raw: string, index: number): number {
  let offset = 0;
  for (let i = 0; i < index; i++) {
    if (raw[offset] !== '\\') offset += 1;
    else offset += raw[offset + 1] === 'u' ? 6 : 2;
  }
  return offset;
}
