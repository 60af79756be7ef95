/**
 * What `choices[].index` counts in a stream. Some servers count their chunks in it: one answer, each of whose deltas looks
 * like a choice of its own.
 *
 * Of several choices each comes back with its next delta, or says at once why it is finished; of counted chunks none comes
 * back, and one is the last. Until one comes back it is unclear, so both readings are found, and a live stream waits.
 */
import type { StreamEvent } from '../../body/stream/document.ts';
import { isObject } from '../segment.ts';
import { hasChoices } from './answer-fields.ts';

export type Numbering = 'choices' | 'chunks' | 'unclear';

/** As many choices as OpenAI gives. */
const MAX_CHOICES = 128;

export function numberingOf(events: readonly StreamEvent[]): Numbering {
  let last = -1;
  let chunks = 0;
  let finished = 0;
  for (const { value } of events) {
    if (!hasChoices(value) || !value.choices?.length) continue;
    const [choice, ...others] = value.choices;
    if (others.length > 0 || !isObject(choice)) return 'choices';
    const { index, finish_reason } = choice;
    if (typeof index !== 'number' || index <= last) return 'choices';
    if (finish_reason) finished++;
    if (finished > 1) return 'choices';
    last = index;
    chunks++;
    if (chunks > MAX_CHOICES) return 'chunks';
  }
  return chunks > 1 ? 'unclear' : 'choices';
}

export function indexOf(item: unknown, position: number): number {
  return isObject(item) && typeof item.index === 'number' ? item.index : position;
}
