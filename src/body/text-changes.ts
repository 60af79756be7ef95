/** What a redaction changed in a text, so that everything it left alone can keep its bytes and its place. */
import { diffArrays } from 'diff';

/** `old.slice(start, end)` became `text`. Offsets are UTF-16 code units and never cut a surrogate pair. */
export interface Change {
  start: number;
  end: number;
  text: string;
}

/** Beyond so many differing words, the texts have little in common and one change says it as well. */
const MAX_DIFFERENCES = 1_000;

/** @returns changes in order, without overlaps; none for equal texts */
export function changesBetween(old: string, changed: string): Change[] {
  if (old === changed) return [];
  const start = commonPrefix(old, changed);
  const suffix = commonSuffix(old, changed, Math.min(old.length, changed.length) - start);
  const whole = { start, end: old.length - suffix, text: changed.slice(start, changed.length - suffix) };
  const before = wordsOf(old.slice(whole.start, whole.end));
  const after = wordsOf(whole.text);
  if (before.length <= 1 || after.length <= 1) return [whole];
  const differences = diffArrays(before, after, { maxEditLength: MAX_DIFFERENCES });
  return differences ? toChanges(differences, start) : [whole];
}

/** Words and what stands between them: a redaction rarely cuts a word, and a pair of surrogates is never cut. */
function wordsOf(text: string): string[] {
  return text.match(/[\p{L}\p{N}_]+|[^\p{L}\p{N}_]/gu) ?? [];
}

interface Difference {
  value: string[];
  added?: boolean;
  removed?: boolean;
}

function toChanges(differences: Difference[], offset: number): Change[] {
  const changes: Change[] = [];
  let at = offset;
  let open: Change | undefined;
  for (const { value, added, removed } of differences) {
    const text = value.join('');
    if (!added && !removed) {
      open = undefined;
      at += text.length;
      continue;
    }
    if (!open) {
      open = { start: at, end: at, text: '' };
      changes.push(open);
    }
    if (added) open.text += text;
    else open.end = at += text.length;
  }
  return changes;
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

/**
 * Spreads a changed text over the pieces that it was read from: pieces that no change touches stay as they were, and
 * what a change puts in goes where it begins.
 *
 * @returns as many texts as there are pieces; joined they are `changed`
 */
export function spreadOver(pieces: readonly string[], changed: string): string[] {
  if (pieces.length === 1) return [changed];
  const changes = changesBetween(pieces.join(''), changed);
  let start = 0;
  return pieces.map((piece, index) => {
    const end = start + piece.length;
    const isLast = index === pieces.length - 1;
    const result = changePiece(piece, start, changes, isLast);
    start = end;
    return result;
  });
}

function changePiece(piece: string, start: number, changes: readonly Change[], isLast: boolean): string {
  const end = start + piece.length;
  let result = '';
  let at = start;
  for (const change of changes) {
    const beginsHere = change.start >= start && (change.start < end || (isLast && change.start === end));
    const reachesHere = change.start < end && change.end > start;
    if (!beginsHere && !reachesHere) continue;
    result += piece.slice(at - start, Math.max(change.start, start) - start);
    if (beginsHere) result += change.text;
    at = Math.min(change.end, end);
  }
  return result + piece.slice(at - start);
}
