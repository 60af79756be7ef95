/** What a redaction changed in a text, so that everything it left alone can keep its bytes and its place. */
import { BlockIndex } from './block-index.ts';

/** `old.slice(start, end)` became `text`. Offsets are UTF-16 code units and never cut a surrogate pair. */
export interface Change {
  start: number;
  end: number;
  text: string;
}

/** So many equal characters after a difference mean that the texts go on together. */
const ANCHOR = 6;
/** How far apart the two texts may go on, looked at in each place: more than redactions are long. Beyond, by blocks. */
const WINDOW = 192;

/** @returns changes in order, without overlaps; none for equal texts */
export function changesBetween(old: string, changed: string): Change[] {
  if (old === changed) return [];
  const prefix = commonPrefix(old, changed);
  const suffix = commonSuffix(old, changed, Math.min(old.length, changed.length) - prefix);
  const [oldEnd, newEnd] = [old.length - suffix, changed.length - suffix];
  const changes: Change[] = [];
  let blocks: BlockIndex | undefined;
  let [start, from] = [prefix, prefix];
  // What is left at the end is often just one changed word: the common suffix is no part of it.
  while (start + ANCHOR <= oldEnd && from + ANCHOR <= newEnd) {
    const [ofOld, ofChanged] = [
      { text: old, start, end: oldEnd },
      { text: changed, start: from, end: newEnd },
    ];
    let next = nearAnchor(ofOld, ofChanged);
    if (!next) {
      blocks ??= new BlockIndex(changed, from, newEnd);
      next = farAnchor(ofOld, ofChanged, blocks);
    }
    if (!next) break;
    changes.push({ start, end: next.old, text: changed.slice(from, next.changed) });
    const same = commonRun(old, next.old, oldEnd, changed, next.changed, newEnd);
    [start, from] = [next.old + same, next.changed + same];
  }
  if (start < oldEnd || from < newEnd)
    changes.push({ start, end: oldEnd, text: changed.slice(from, newEnd) });
  return changes;
}

/** The same changes in a text in which they stand so much further on. */
export function moved(changes: readonly Change[], by: number): Change[] {
  return changes.map(({ start, end, text }) => ({ start: start + by, end: end + by, text }));
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
function nearAnchor(old: Part, changed: Part): Anchor | undefined {
  const oldWindow = readWindow(old, OLD_UNITS);
  const newWindow = readWindow(changed, NEW_UNITS);
  for (let distance = 1; distance <= oldWindow + newWindow; distance++) {
    const last = Math.min(distance, oldWindow);
    for (let ahead = Math.max(0, distance - newWindow); ahead <= last; ahead++) {
      // Almost all end here.
      if (OLD_UNITS[ahead] !== NEW_UNITS[distance - ahead]) continue;
      const [oldAt, newAt] = [old.start + ahead, changed.start + distance - ahead];
      if (isAnchor(old, oldAt, changed, newAt)) return { old: oldAt, changed: newAt };
    }
  }
  return undefined;
}

/** Code units are compared in arrays: in strings it takes several times as long. */
const OLD_UNITS = new Uint16Array(WINDOW + 1);
const NEW_UNITS = new Uint16Array(WINDOW + 1);

/** @returns how far the window reaches */
function readWindow({ text, start, end }: Part, units: Uint16Array): number {
  const length = Math.min(WINDOW, end - start);
  for (let at = 0; at <= length; at++) units[at] = text.charCodeAt(start + at);
  return length;
}

function isAnchor(old: Part, oldAt: number, changed: Part, newAt: number): boolean {
  if (oldAt + ANCHOR > old.end || newAt + ANCHOR > changed.end) return false;
  for (let at = 1; at < ANCHOR; at++) {
    if (old.text.charCodeAt(oldAt + at) !== changed.text.charCodeAt(newAt + at)) return false;
  }
  return !isLowSurrogate(old.text.charCodeAt(oldAt));
}

/** The first place of the old text where a block of the new one stands: each is looked at once, however many differences. */
function farAnchor(old: Part, changed: Part, blocks: BlockIndex): Anchor | undefined {
  const found = blocks.firstIn(old.text, old.start, old.end, changed.start);
  return found && beginning({ old: found.at, changed: found.indexed }, old, changed);
}

/** Blocks stand in every so many-th place only: what is equal begins before. */
function beginning(anchor: Anchor, old: Part, changed: Part): Anchor {
  let { old: oldAt, changed: newAt } = anchor;
  while (
    oldAt > old.start &&
    newAt > changed.start &&
    old.text.charCodeAt(oldAt - 1) === changed.text.charCodeAt(newAt - 1)
  ) {
    oldAt--;
    newAt--;
  }
  const half = isLowSurrogate(old.text.charCodeAt(oldAt)) ? 1 : 0;
  return { old: oldAt + half, changed: newAt + half };
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
 * What changes in pieces that are joined by a separator. Where no separator was taken away, what stands between two of them is what
 * became of that piece: the shortest way from one text to the other may well go another way.
 */
export function changesInPieces(pieces: readonly string[], changed: string, separator: string): Change[] {
  const lines = separator === '' ? undefined : linesOver(pieces, changed, separator);
  if (!lines) return changesBetween(pieces.join(separator), changed);
  let start = 0;
  return pieces.flatMap((piece, index) => {
    const from = start;
    start += piece.length + separator.length;
    return moved(changesBetween(piece, lines[index] ?? ''), from);
  });
}

/**
 * What a change of joined pieces is in each of them: what it puts in stands where it begins, and the pieces that it reaches
 * into lose what it takes. A separator that it takes away goes with the piece before it.
 *
 * @param changes of the joined pieces, in order, without overlaps
 * @returns for each piece, with offsets in that piece
 */
export function changesByPiece(
  pieces: readonly string[],
  changes: readonly Change[],
  separator: string,
): Change[][] {
  let start = 0;
  let first = 0;
  return pieces.map((piece, index) => {
    const end = start + piece.length;
    const isLast = index === pieces.length - 1;
    const next = isLast ? end : end + separator.length;
    while (first < changes.length && isBefore(changes[first], start)) first++;
    const own: Change[] = [];
    for (let at = first; at < changes.length; at++) {
      const change = changes[at];
      if (!change || change.start > next) break;
      const beginsHere = change.start >= start && (change.start < next || (isLast && change.start === next));
      const reachesHere = change.start < next && change.end > start;
      if (!beginsHere && !reachesHere) continue;
      const text = beginsHere ? withoutSeparator(change, end, separator) : '';
      const [from, to] = [clamp(change.start, start, end), clamp(change.end, start, end)];
      if (from < to || text !== '') own.push({ start: from, end: to, text });
    }
    start = next;
    return own;
  });
}

/** What stands in a separator's place at the end is one again. */
function withoutSeparator({ end, text }: Change, pieceEnd: number, separator: string): string {
  const takesIt = separator !== '' && end >= pieceEnd + separator.length;
  return takesIt && text.endsWith(separator) ? text.slice(0, -separator.length) : text;
}

function clamp(at: number, start: number, end: number): number {
  return Math.min(Math.max(at, start), end) - start;
}

/** @param changes of the text, in order, without overlaps */
export function withChanges(text: string, changes: readonly Change[]): string {
  if (changes.length === 0) return text;
  let result = '';
  let at = 0;
  for (const change of changes) {
    result += text.slice(at, change.start) + change.text;
    at = change.end;
  }
  return result + text.slice(at);
}

/** @returns undefined where a separator was taken away */
function linesOver(pieces: readonly string[], changed: string, separator: string): string[] | undefined {
  const lines = changed.split(separator);
  const counts = pieces.map((piece) => piece.split(separator).length);
  if (counts.reduce((sum, count) => sum + count, 0) !== lines.length) return undefined;
  let start = 0;
  return counts.map((count) => {
    start += count;
    return lines.slice(start - count, start).join(separator);
  });
}

/** Whether a change has nothing to do with a piece that begins at `start`, nor with any after it. */
function isBefore(change: Change | undefined, start: number): boolean {
  return change !== undefined && change.end <= start && change.start < start;
}
