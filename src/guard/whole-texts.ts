/** From changed parts to changed texts: what was cut for AIDR is put together again. */
import { type Change, changesBetween, spreadChanges } from '../body/text-changes.ts';
import type { Segment } from '../wire/segment.ts';
import type { ChangedPart } from './redaction.ts';

/** @returns the new text of every segment that has a changed part; undefined when its parts do not fit together */
export function wholeTexts(changed: readonly ChangedPart[]): Map<Segment, string> | undefined {
  const texts = new Map<Segment, string>();
  for (const [segment, parts] of Map.groupBy(changed, ({ part }) => part.segment)) {
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

/** @returns what changed in every segment that has a changed part, in order; undefined as above */
export function changesBySegment(changed: readonly ChangedPart[]): Map<Segment, Change[]> | undefined {
  const bySegment = new Map<Segment, Change[]>();
  for (const [segment, parts] of Map.groupBy(changed, ({ part }) => part.segment)) {
    const changes = changesOf(parts);
    if (!changes) return undefined;
    bySegment.set(segment, changes);
  }
  return bySegment;
}

function changesOf(parts: readonly ChangedPart[]): Change[] | undefined {
  return withoutOverlaps(parts[0]?.part.whole ?? '', parts.flatMap(changesInWhole));
}

function changesInWhole({ part, text }: ChangedPart): Change[] {
  return changesBetween(part.text, text).map((change) => ({
    start: change.start + part.start,
    end: change.end + part.start,
    text: change.text,
  }));
}

/** Slices overlap, so two verdicts can speak of one place: all that either of them would hide is hidden. */
function withoutOverlaps(whole: string, changes: Change[]): Change[] | undefined {
  const result: Change[] = [];
  for (const change of changes.sort((a, b) => a.start - b.start || a.end - b.end)) {
    const last = result.at(-1);
    if (!last || !isSamePlace(last, change)) {
      result.push(change);
      continue;
    }
    const both = merged(whole, last, change);
    if (!both) return undefined;
    result[result.length - 1] = both;
  }
  return result;
}

function isSamePlace(first: Change, second: Change): boolean {
  return second.start < first.end || second.start === first.start;
}

/**
 * The change that saw more decides. Where each saw something that the other did not, they fit together only if they
 * keep the places of what they leave.
 *
 * @param first does not begin after the second one
 */
function merged(whole: string, first: Change, second: Change): Change | undefined {
  const keepPlaces = keepsLength(first) && keepsLength(second);
  if (keepPlaces && !leaveTheSame(whole, first, second)) return undefined;
  if (second.end <= first.end) return first;
  if (first.start === second.start) return second;
  if (!keepPlaces) return undefined;
  const middle = Math.floor((second.start + first.end) / 2);
  const text = first.text.slice(0, middle - first.start) + second.text.slice(middle - second.start);
  return { start: first.start, end: second.end, text };
}

/**
 * A value that was cut at the end of a slice can be taken for something else there, together with what follows it: the
 * one change then leaves what the other hides.
 */
function leaveTheSame(whole: string, first: Change, second: Change): boolean {
  for (let at = second.start; at < Math.min(first.end, second.end); at++) {
    const [one, other] = [first.text[at - first.start], second.text[at - second.start]];
    if (one !== other && (one === whole[at] || other === whole[at])) return false;
  }
  return true;
}

function keepsLength({ start, end, text }: Change): boolean {
  return text.length === end - start;
}
