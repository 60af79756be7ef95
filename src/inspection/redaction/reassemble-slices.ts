/** From changed parts to changed texts: what was cut for AIDR is put together again. */
import { type Change, changesBetween, moved, spreadChanges } from '../../body/text-changes.ts';
import type { Segment } from '../../formats/segment.ts';
import { mergeOverlappingSlices, type Slice } from './merge-overlapping-slices.ts';
import { isChanged, type ReturnedPart } from './redaction.ts';

/** @returns the new text of every segment that AIDR changed; undefined when its slices do not fit together */
export function reassembleSlices(returned: readonly ReturnedPart[]): Map<Segment, string> | undefined {
  const texts = new Map<Segment, string>();
  for (const [segment, parts] of bySegment(returned)) {
    const [first] = parts;
    if (!first) continue;
    const { whole } = first.part;
    const isWhole = first.part.text.length === whole.length;
    const changes = isWhole ? [] : changesOf(parts);
    if (!changes) return undefined;
    texts.set(segment, isWhole ? first.text : spreadChanges([whole], changes).join(''));
  }
  return texts;
}

/** @returns what changed in every segment that AIDR changed, in order; undefined as above */
export function changesBySegment(returned: readonly ReturnedPart[]): Map<Segment, Change[]> | undefined {
  const changed = new Map<Segment, Change[]>();
  for (const [segment, parts] of bySegment(returned)) {
    const changes = changesOf(parts);
    if (!changes) return undefined;
    changed.set(segment, changes);
  }
  return changed;
}

/** Those of which a part changed. */
function bySegment(returned: readonly ReturnedPart[]): [Segment, ReturnedPart[]][] {
  const segments = Map.groupBy(returned, ({ part }) => part.segment);
  return [...segments].filter(([, parts]) => parts.some(isChanged));
}

function changesOf(parts: readonly ReturnedPart[]): Change[] | undefined {
  const [first, ...others] = parts.toSorted((a, b) => a.part.start - b.part.start);
  if (!first) return [];
  if (others.length === 0) return changesInWhole(first);
  let whole: Slice = sliceOf(first);
  for (const next of others) {
    const both = mergeOverlappingSlices(first.part.whole, whole, sliceOf(next));
    if (!both) return undefined;
    whole = both;
  }
  return [...whole.changes];
}

function sliceOf(changed: ReturnedPart): Slice {
  const { whole, start, text } = changed.part;
  const changes = changesInWhole(changed).flatMap((change) => inPlace(whole, change));
  return { start, end: start + text.length, changes };
}

function changesInWhole({ part, text }: ReturnedPart): Change[] {
  return moved(changesBetween(part.text, text), part.start);
}

/**
 * A change that keeps the length keeps the places of what it leaves, so it is as many as there are places. Two slices
 * that begin elsewhere see the same ones, but not always the same number of them as one.
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
