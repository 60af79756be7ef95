/** From AIDR's texts to what changed in each segment: what was cut for AIDR is put together again. */
import { type Change, changesInPieces, moved, withChanges } from '../../body/text-changes.ts';
import { piecesOfSlice, shownPieces } from '../../formats/embedded-text.ts';
import type { Segment } from '../../formats/segment.ts';
import type { Part } from '../calls/plan-calls.ts';
import { mergeOverlappingSlices, type Slice } from './merge-overlapping-slices.ts';
import { isChanged, type ReturnedPart } from './redaction.ts';

/** @returns what changed in every segment that AIDR changed, in order; undefined when its slices do not fit together */
export function changesBySegment(returned: readonly ReturnedPart[]): Map<Segment, Change[]> | undefined {
  const changed = new Map<Segment, Change[]>();
  for (const [segment, parts] of bySegment(returned)) {
    const changes = changesOf(parts, shownPieces(segment));
    if (!changes) return undefined;
    changed.set(segment, inSegment(segment, parts[0]?.part.whole ?? segment.text, changes));
  }
  return changed;
}

/** What AIDR was shown had values in clear, so what it changed stands elsewhere in the segment. */
function inSegment(segment: Segment, whole: string, changes: Change[]): Change[] {
  if (whole === segment.text) return changes;
  return changesInPieces(shownPieces(segment), withChanges(whole, changes), segment.separator ?? '');
}

/** Those of which a part changed. */
function bySegment(returned: readonly ReturnedPart[]): [Segment, ReturnedPart[]][] {
  const segments = Map.groupBy(returned, ({ part }) => part.segment);
  return [...segments].filter(([, parts]) => parts.some(isChanged));
}

/** @param shown the pieces of their segment */
function changesOf(parts: readonly ReturnedPart[], shown: readonly string[]): Change[] | undefined {
  const [first, ...others] = parts.toSorted((a, b) => a.part.start - b.part.start);
  if (!first) return [];
  if (others.length === 0) return changesInWhole(first, shown);
  let whole: Slice = sliceOf(first, shown);
  for (const next of others) {
    const both = mergeOverlappingSlices(first.part.whole, whole, sliceOf(next, shown));
    if (!both) return undefined;
    whole = both;
  }
  return [...whole.changes];
}

function sliceOf(changed: ReturnedPart, shown: readonly string[]): Slice {
  const { whole, start, text } = changed.part;
  const changes = changesInWhole(changed, shown).flatMap((change) => inPlace(whole, change));
  return { start, end: start + text.length, changes };
}

/** In offsets of the whole text. */
function changesInWhole(returned: ReturnedPart, shown: readonly string[]): Change[] {
  if (!isChanged(returned)) return [];
  const { part, text } = returned;
  return moved(changesInPieces(piecesIn(part, shown), text, part.segment.separator ?? ''), part.start);
}

/** Values in clear have other lengths than what they stand for. */
function piecesIn({ segment, text, whole, start }: Part, shown: readonly string[]): string[] {
  return whole === segment.text ? piecesOfSlice(segment, start, text, shown) : [text];
}

/**
 * Splits a change that keeps the length, such as a mask, at the characters that it leaves unchanged. Two slices that begin
 * at different places see the same small changes, but would not always join the same ones to one change.
 */
function inPlace(whole: string, change: Change): Change[] {
  const { start, end, text } = change;
  if (text.length !== end - start) return [change];
  const isKept = (at: number) => whole.codePointAt(at) === text.codePointAt(at - start);
  const changes: Change[] = [];
  for (let at = start; at < end; at++) {
    if (isKept(at)) continue;
    const from = at;
    while (at < end && !(isKept(at) && isBetweenCharacters(whole, at))) at++;
    changes.push({ start: from, end: at, text: text.slice(from - start, at - start) });
  }
  return changes;
}

/** Not between the two halves of a surrogate pair. */
function isBetweenCharacters(text: string, at: number): boolean {
  return at === 0 || (text.codePointAt(at - 1) ?? 0) <= 0xffff;
}
