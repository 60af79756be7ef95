/**
 * Merges what AIDR made of two slices of one text that overlap. Before a cut in the shared part the first slice decides,
 * after it the second one.
 *
 * The end of a slice can cut a value in two. AIDR then leaves that half unchanged, or takes it for something else together
 * with its neighbours. So the cut is where both slices made the same of the text for a while. And neither slice may have
 * changes on the side where the other one decides, except of a value that the other one saw only a part of.
 *
 * For example, with numbers that AIDR replaces by `<SSN>`:
 *
 *     whole         Her number is 078-05-1120, and in the office you reach her at 219-09-9999.
 *     first slice   Her number is 078-05-1120, and in the office you reach her at 219-0
 *     second slice                    05-1120, and in the office you reach her at 219-09-9999.
 *     shared                          05-1120, and in the office you reach her at 219-0
 *
 * The first slice hides 078-05-1120 and leaves `219-0`, of which it saw only the beginning. The second one leaves
 * `05-1120` and hides 219-09-9999. In `, and in the office you reach her at ` they agree, for more than LEAST_AGREED
 * characters, so the cut is there. The first slice's change is before it and the second one's after it: both numbers are
 * hidden.
 *
 * If the second slice also hid `the office`, which the first one left, and the first one hid `reach her`, which the second
 * one left, then no cut would keep both changes. The slices contradict each other, and the result is undefined.
 */
import { standsTwice } from '../../body/find-text.ts';
import type { Change } from '../../body/text-changes.ts';

/** A slice of a text, or several that were merged. */
export interface Slice {
  start: number;
  end: number;
  /** In the whole text's offsets, in order, without overlaps. */
  changes: readonly Change[];
}

/** Both slices must agree on this many UTF-16 code units in a row, or on all that they share. */
const LEAST_AGREED = 16;
/**
 * Of those, this many in a row must be unchanged in both. Where values follow each other closely, slices that begin at
 * different places can take different values for whole, and still hide the same characters up to the last value.
 */
const LEAST_LEFT = 8;
/** This many places are tried, the longest first. If none of them will do, the slices have hardly anything in common. */
const MAX_TRIES = 32;

interface Range {
  start: number;
  end: number;
}

/**
 * @param first begins and ends before the second one
 * @returns undefined if they contradict each other, or if it cannot be told which of them is right
 */
export function mergeOverlappingSlices(whole: string, first: Slice, second: Slice): Slice | undefined {
  const shared = { start: second.start, end: first.end };
  // The text between them has no verdict.
  if (shared.start >= shared.end) return spanning(first, second, first.changes, second.changes);
  const cut = cutBetween(whole, near(first, shared), near(second, shared), shared);
  if (cut === undefined) return undefined;
  const before = first.changes.filter(({ start }) => start < cut);
  const behind = second.changes.filter(({ start }) => start >= cut);
  return spanning(first, second, before, behind);
}

/** @returns where the second slice begins to decide */
function cutBetween(whole: string, first: Slice, second: Slice, shared: Range): number | undefined {
  const onlyFirst = without(first.changes, second.changes, shared);
  const onlySecond = without(second.changes, first.changes, shared);
  const cutByFirst = cutBy(shared.end, second);
  const cutBySecond = cutBy(shared.start, first);
  const isSplice = (gap: Range) =>
    onlyFirst.every((change) => change.start < gap.end || isWithin(change, cutByFirst)) &&
    onlySecond.every((change) => change.end > gap.start || isWithin(change, cutBySecond)) &&
    !mayBeSame(whole, gap, onlyFirst, onlySecond) &&
    isInPlace(whole, gap, shared, first) &&
    isInPlace(whole, gap, shared, second);
  for (const gap of gapsIn(shared, [...onlyFirst, ...onlySecond], LEAST_AGREED).slice(0, MAX_TRIES)) {
    const [left] = gapsIn(gap, first.changes, LEAST_LEFT);
    // After the first unchanged character, so that what the first slice inserted before it is kept.
    if (left && isSplice(gap)) return left.start + 1;
  }
  return undefined;
}

/**
 * A slice with only those changes that can matter for the shared range: those within its length of it, and the next one
 * on each side. A text can have many slices, each with many changes.
 */
function near({ start, end, changes }: Slice, shared: Range): Slice {
  const length = shared.end - shared.start;
  const first = changes.findIndex((change) => change.end >= shared.start - length);
  const last = changes.findLastIndex((change) => change.start <= shared.end + length);
  return {
    start,
    end,
    changes: first === -1 ? changes.slice(-1) : changes.slice(Math.max(first - 1, 0), last + 2),
  };
}

function spanning(
  { start }: Slice,
  { end }: Slice,
  before: readonly Change[],
  behind: readonly Change[],
): Slice {
  return { start, end, changes: [...before, ...behind] };
}

/** @param within where any of the others can be the same */
function without(changes: readonly Change[], others: readonly Change[], within: Range): Change[] {
  const comparable = others.filter(({ start, end }) => start >= within.start && end <= within.end);
  const byStart = new Map(comparable.map((change) => [change.start, change]));
  return changes.filter(({ start, end, text }) => {
    const other = byStart.get(start);
    return other?.end !== end || other.text !== text;
  });
}

/** @returns the gaps between others in a range, the longest first, without those that are too short */
function gapsIn({ start, end }: Range, taken: readonly Range[], least: number): Range[] {
  const inside = taken
    .filter((one) => one.end >= start && one.start <= end)
    .sort((a, b) => a.start - b.start);
  const gaps: Range[] = [];
  let at = start;
  for (const next of [...inside, { start: end, end }]) {
    gaps.push({ start: at, end: next.start });
    at = Math.max(at, next.end);
  }
  const length = (gap: Range) => gap.end - gap.start;
  return gaps
    .filter((gap) => length(gap) >= Math.min(least, end - start))
    .sort((a, b) => length(b) - length(a));
}

/** @returns the change across this place: the other slice ends or begins here, and saw only a part of it */
function cutBy(at: number, { changes }: Slice): Change | undefined {
  return changes.find(({ start, end }) => start < at && end > at);
}

function isWithin({ start, end }: Change, other: Change | undefined): boolean {
  return other !== undefined && start >= other.start && end <= other.end;
}

/**
 * If a text repeats itself, the same change can be found before the cut in one slice and after it in the other. Then it
 * would be made twice.
 */
function mayBeSame(
  whole: string,
  splice: Range,
  onlyFirst: readonly Change[],
  onlySecond: readonly Change[],
): boolean {
  const before = onlyFirst.findLast(({ end }) => end <= splice.start);
  const after = onlySecond.find(({ start }) => start >= splice.end);
  if (!before || !after) return false;
  const [on, back] = [splice.end - before.end, after.start - splice.start];
  return canMoveOn(whole, before, on) && canMoveBack(whole, after, back);
}

/** Whether the result is the same with the change moved this far to the right. */
function canMoveOn(whole: string, { start, end, text }: Change, distance: number): boolean {
  for (let by = 0; by < distance; by++) {
    const now = by < text.length ? text[by] : whole[end + by - text.length];
    if (whole[start + by] !== now) return false;
  }
  return true;
}

function canMoveBack(whole: string, { start, end, text }: Change, distance: number): boolean {
  for (let by = 1; by <= distance; by++) {
    const now = by <= text.length ? text.at(-by) : whole[start - (by - text.length)];
    if (whole[end - by] !== now) return false;
  }
  return true;
}

/**
 * Whether the place of the cut in the changed slice is certain. In a text that repeats itself it was guessed from what comes
 * before and after it.
 */
function isInPlace(whole: string, splice: Range, shared: Range, slice: Slice): boolean {
  const length = shared.end - shared.start;
  const around = {
    start: Math.max(slice.start, shared.start - length),
    end: Math.min(slice.end, shared.end + length),
  };
  const near = slice.changes.filter(({ start, end }) => end >= around.start && start <= around.end);
  if (near.every(({ start, end, text }) => text.length === end - start)) return true;
  const text = changedIn(whole, around, slice.changes);
  // Without its ends, which touch text that the two slices may have changed differently.
  const sought = changedIn(whole, { start: splice.start + 1, end: splice.end - 1 }, slice.changes);
  return !standsTwice(text, sought);
}

/** @returns what the changes make of this range, and of the changes that reach into it */
function changedIn(whole: string, { start, end }: Range, changes: readonly Change[]): string {
  let result = '';
  let at = start;
  for (const change of changes) {
    if (change.end < start || change.start > end) continue;
    result += whole.slice(at, Math.max(at, change.start)) + change.text;
    at = change.end;
  }
  return result + whole.slice(at, Math.max(at, end));
}
