/**
 * A text that goes on with what was sent in an event before: AIDR reads the end of that before it. A long text is cut into
 * slices, of which each would have to be told what is before it, so of a long one the seam alone is read so, beside the
 * whole of it.
 */
import type { Change } from '../../body/text-changes.ts';
import type { Segment } from '../../formats/segment.ts';
import type { Part } from '../calls/plan-calls.ts';

/** UTF-16 code units. */
const MAX_WHOLE = 100_000;
/** UTF-16 code units of a long text that are read with what was before it: more than a value or an injection has. */
const SEAM = 4_096;
/** UTF-16 code units at the end of a seam, where a value can be cut in two: what is said of it there does not count. */
const CUT = 256;

interface Seam extends Segment {
  /** The whole text. */
  seamOf: Segment;
}

export function partsReadOn(segment: Segment, role: string): Part[] {
  const { text, before = '' } = segment;
  const whole = { segment, whole: text, text, start: 0, role };
  if (before === '') return [whole];
  const start = -before.length;
  if (text.length <= MAX_WHOLE) return [{ ...whole, text: before + text, start }];
  const head = text.slice(0, SEAM);
  const seam: Seam = { ...segment, text: head, seamOf: segment };
  return [{ segment: seam, whole: head, text: before + head, start, role }, whole];
}

/**
 * Takes out what AIDR changes in a text that was sent before: it was decided then.
 *
 * @returns whether a change begins there and ends in the text that is to be sent, or AIDR finds something with what was
 * before a long text that it does not find without
 */
export function withoutSent(changes: Map<Segment, readonly Change[]>): boolean {
  let isLate = false;
  for (const [segment, all] of changes) {
    if (segment.before === undefined) continue;
    const left = all.filter(({ end }) => end > 0);
    const alone = isSeam(segment)
      ? left.filter((change) => !isFoundIn(changes.get(segment.seamOf), change))
      : [];
    isLate ||= alone.length > 0 || left.some(({ start }) => start < 0);
    if (left.length > 0 && !isSeam(segment)) changes.set(segment, left);
    else changes.delete(segment);
  }
  return isLate;
}

function isSeam(segment: Segment): segment is Seam {
  return 'seamOf' in segment;
}

/** Whatever the whole text has there instead, and what the end of the seam may have cut. */
function isFoundIn(whole: readonly Change[] = [], { start, end }: Change): boolean {
  return end > SEAM - CUT || whole.some((change) => change.start <= start && change.end >= end);
}
