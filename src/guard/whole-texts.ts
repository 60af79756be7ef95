/** From changed parts to changed texts: what was cut for AIDR is put together again. */
import { type Change, changesBetween } from '../body/text-changes.ts';
import type { Segment } from '../wire/segment.ts';
import type { ChangedPart } from './redaction.ts';

/** @returns the new text of every segment that has a changed part */
export function wholeTexts(changed: readonly ChangedPart[]): Map<Segment, string> {
  const texts = new Map<Segment, string>();
  for (const [segment, parts] of Map.groupBy(changed, ({ part }) => part.segment)) {
    const [first] = parts;
    if (!first) continue;
    const { whole } = first.part;
    const isWhole = first.part.text.length === whole.length;
    texts.set(segment, isWhole ? first.text : withChanges(whole, parts.flatMap(changesInWhole)));
  }
  return texts;
}

function changesInWhole({ part, text }: ChangedPart): Change[] {
  return changesBetween(part.text, text).map((change) => ({
    start: change.start + part.start,
    end: change.end + part.start,
    text: change.text,
  }));
}

function withChanges(whole: string, changes: Change[]): string {
  let result = '';
  let end = 0;
  for (const change of withoutOverlaps(changes)) {
    result += whole.slice(end, change.start) + change.text;
    end = change.end;
  }
  return result + whole.slice(end);
}

/**
 * Slices overlap, so two verdicts can speak of one place. The one that saw more of what is to be hidden decides, for
 * all that either of them would hide.
 */
function withoutOverlaps(changes: Change[]): Change[] {
  const result: Change[] = [];
  for (const change of changes.sort((a, b) => a.start - b.start || a.end - b.end)) {
    const last = result.at(-1);
    if (!last || !isSamePlace(last, change)) {
      result.push(change);
      continue;
    }
    const { text } = change.end - change.start > last.end - last.start ? change : last;
    result[result.length - 1] = { start: last.start, end: Math.max(last.end, change.end), text };
  }
  return result;
}

function isSamePlace(first: Change, second: Change): boolean {
  return second.start < first.end || (second.start === first.start && second.end === first.end);
}
