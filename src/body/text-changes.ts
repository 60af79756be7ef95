/** What a redaction changed in a text, so that everything it left alone can keep its bytes and its place. */
/** `old.slice(start, end)` became `text`. Offsets are UTF-16 code units and never cut a surrogate pair. */
export interface Change {
  start: number;
  end: number;
  text: string;
}

/** So many equal characters after a difference mean that the texts go on together. */
const ANCHOR = 6;
/** How far apart the two texts may go on, searched character by character; beyond that, in growing strides. */
const WINDOW = 192;

/** @returns changes in order, without overlaps; none for equal texts */
export function changesBetween(old: string, changed: string): Change[] {
  if (old === changed) return [];
  const prefix = commonPrefix(old, changed);
  const suffix = commonSuffix(old, changed, Math.min(old.length, changed.length) - prefix);
  const [oldEnd, newEnd] = [old.length - suffix, changed.length - suffix];
  const changes: Change[] = [];
  let [start, from] = [prefix, prefix];
  // What is left at the end is often just one changed word: the common suffix is no part of it.
  while (start + ANCHOR <= oldEnd && from + ANCHOR <= newEnd) {
    const next = nextAnchor({ text: old, start, end: oldEnd }, { text: changed, start: from, end: newEnd });
    if (!next) break;
    changes.push({ start, end: next.old, text: changed.slice(from, next.changed) });
    const same = commonRun(old, next.old, oldEnd, changed, next.changed, newEnd);
    [start, from] = [next.old + same, next.changed + same];
  }
  if (start < oldEnd || from < newEnd)
    changes.push({ start, end: oldEnd, text: changed.slice(from, newEnd) });
  return changes;
}

interface Anchor {
  old: number;
  changed: number;
}

interface Part {
  text: string;
  start: number;
  end: number;
}

/** Where both texts go on together after they differ, nearest first: redactions are short. */
function nextAnchor(old: Part, changed: Part): Anchor | undefined {
  const oldWindow = Math.min(WINDOW, old.end - old.start);
  const newWindow = Math.min(WINDOW, changed.end - changed.start);
  for (let distance = 1; distance <= oldWindow + newWindow; distance++) {
    for (let ahead = Math.max(0, distance - newWindow); ahead <= Math.min(distance, oldWindow); ahead++) {
      const [oldAt, newAt] = [old.start + ahead, changed.start + distance - ahead];
      // Almost all end here.
      if (old.text.charCodeAt(oldAt) !== changed.text.charCodeAt(newAt)) continue;
      if (isAnchor(old, oldAt, changed, newAt)) return { old: oldAt, changed: newAt };
    }
  }
  return farAnchor(old, changed);
}

function isAnchor(old: Part, oldAt: number, changed: Part, newAt: number): boolean {
  if (oldAt + ANCHOR > old.end || newAt + ANCHOR > changed.end) return false;
  if (isLowSurrogate(old.text.charCodeAt(oldAt))) return false;
  return old.text.startsWith(changed.text.slice(newAt, newAt + ANCHOR), oldAt);
}

/** Samples of the old text at growing distances, looked for in the new one. */
function farAnchor(old: Part, changed: Part): Anchor | undefined {
  for (let at = old.start + WINDOW; at + ANCHOR <= old.end; at = old.start + 2 * (at - old.start)) {
    if (isLowSurrogate(old.text.charCodeAt(at))) continue;
    const found = changed.text.indexOf(old.text.slice(at, at + ANCHOR), changed.start);
    if (found !== -1 && found + ANCHOR <= changed.end) return { old: at, changed: found };
  }
  return undefined;
}

function commonRun(a: string, from: number, aEnd: number, b: string, bFrom: number, bEnd: number): number {
  const limit = Math.min(aEnd - from, bEnd - bFrom);
  let length = 0;
  while (length < limit && a.charCodeAt(from + length) === b.charCodeAt(bFrom + length)) length++;
  return isHighSurrogate(a.charCodeAt(from + length - 1)) ? length - 1 : length;
}

function commonPrefix(a: string, b: string): number {
  return commonRun(a, 0, a.length, b, 0, b.length);
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
 * @param divider what joins the pieces, here and in `changed`; a change that reaches over it takes it away
 * @returns as many texts as there are pieces; joined they are `changed`
 */
export function spreadOver(pieces: readonly string[], changed: string, divider = ''): string[] {
  if (pieces.length === 1) return [changed];
  if (divider === '') return spreadChanges(pieces, changesBetween(pieces.join(''), changed));
  const last = pieces.length - 1;
  const divided = pieces.map((piece, index) => (index < last ? piece + divider : piece));
  return spreadChanges(divided, changesBetween(divided.join(''), changed)).map((piece, index) =>
    index < last && piece.endsWith(divider) ? piece.slice(0, -divider.length) : piece,
  );
}

/**
 * As `spreadOver`. What a piece becomes depends on the changes that touch it alone.
 *
 * @param changes of the joined pieces, in order, without overlaps
 */
export function spreadChanges(pieces: readonly string[], changes: readonly Change[]): string[] {
  let start = 0;
  let first = 0;
  return pieces.map((piece, index) => {
    const end = start + piece.length;
    const isLast = index === pieces.length - 1;
    while (first < changes.length && isOver(changes[first], start)) first++;
    const result = changePiece(piece, start, changes, first, isLast);
    start = end;
    return result;
  });
}

/** Whether a change has nothing to do with a piece that begins at `start`, nor with any after it. */
function isOver(change: Change | undefined, start: number): boolean {
  return change !== undefined && change.end <= start && change.start < start;
}

function changePiece(
  piece: string,
  start: number,
  changes: readonly Change[],
  first: number,
  isLast: boolean,
): string {
  const end = start + piece.length;
  let result = '';
  let at = start;
  for (let next = first; next < changes.length; next++) {
    const change = changes[next];
    if (!change || change.start > end) break;
    const beginsHere = change.start >= start && (change.start < end || (isLast && change.start === end));
    const reachesHere = change.start < end && change.end > start;
    if (!beginsHere && !reachesHere) continue;
    result += piece.slice(at - start, Math.max(change.start, start) - start);
    if (beginsHere) result += change.text;
    at = Math.min(change.end, end);
  }
  return result + piece.slice(at - start);
}
