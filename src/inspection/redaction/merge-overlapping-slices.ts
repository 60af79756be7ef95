/**
 * Joins what AIDR made of two slices of one text that overlap: before a splice the first one decides, behind it the
 * second one.
 *
 * The end of a slice can cut a value, which then is left, or taken for something else together with what stands beside
 * it. So the splice is where both slices made the same of the text for a while, and on neither side of it may the one
 * that does not decide have changed what the other one leaves.
 */
import { standsTwice } from '../../body/find-text.ts';
import type { Change } from '../../body/text-changes.ts';

/** A slice of a text, or what several became that were joined. */
export interface Slice {
  start: number;
  end: number;
  /** In the whole text's offsets, in order, without overlaps. */
  changes: readonly Change[];
}

/** So many UTF-16 code units of which both slices made the same, or all that they share. */
const LEAST_AGREED = 16;
/**
 * So many of these, side by side, that both left as they were. Values of one form can follow each other so closely that
 * slices that begin elsewhere take other ones for whole, and hide the same characters until the last value.
 */
const LEAST_LEFT = 8;
/** So many places are tried, the longest first: where none of them is a splice, the slices have hardly anything in common. */
const MAX_TRIES = 32;

interface Range {
  start: number;
  end: number;
}

/**
 * @param first begins and ends before the second one
 * @returns undefined when they contradict each other, or when nothing tells which of them is right
 */
export function mergeOverlappingSlices(whole: string, first: Slice, second: Slice): Slice | undefined {
  const shared = { start: second.start, end: first.end };
  // What stands between them has no verdict.
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
  const isSeam = (gap: Range) =>
    onlyFirst.every((change) => change.start < gap.end || isWithin(change, cutByFirst)) &&
    onlySecond.every((change) => change.end > gap.start || isWithin(change, cutBySecond)) &&
    !mayBeSame(whole, gap, onlyFirst, onlySecond) &&
    isInPlace(whole, gap, shared, first) &&
    isInPlace(whole, gap, shared, second);
  for (const gap of gapsIn(shared, [...onlyFirst, ...onlySecond], LEAST_AGREED).slice(0, MAX_TRIES)) {
    const [left] = gapsIn(gap, first.changes, LEAST_LEFT);
    // What the first one inserted at the beginning of what is left stays in.
    if (left && isSeam(gap)) return left.start + 1;
  }
  return undefined;
}

/**
 * A slice with no other changes than those that can matter for what it shares with another one: as far from it as it is
 * long, and the nearest on each side beyond. A text has many slices, and each may have changed much.
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

/** @returns what is left of a range between others, the longest first, without what is too short */
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

/** @returns what the other slice, which ends or begins here, saw only a part of */
function cutBy(at: number, { changes }: Slice): Change | undefined {
  return changes.find(({ start, end }) => start < at && end > at);
}

function isWithin({ start, end }: Change, other: Change | undefined): boolean {
  return other !== undefined && start >= other.start && end <= other.end;
}

/**
 * Where a text repeats itself, a change can be found before the splice in the one slice and behind it in the other, and
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

/** Whether the text becomes the same when the change stands so much further on. */
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
 * Whether what a slice made of the splice can be nothing else there: in a text that repeats itself, its place was guessed
 * from what comes before and after it.
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
  // What stands beside the splice is not what both slices made of it.
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
