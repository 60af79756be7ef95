/** Which prompts are likely to be changed: those with a text that was, when AIDR judged it last. */
import type { Segment } from '../../formats/segment.ts';
import { type HistoryCache, type HistoryScope, turnKey } from './history.ts';

/** @param together by segment, what it is read together with (read-together.ts) */
export async function wasChangedBefore(
  history: HistoryCache,
  scope: HistoryScope,
  segments: readonly Segment[],
  together: ReadonlyMap<Segment, string>,
): Promise<boolean> {
  const turns = await history.recall(segments.map((one) => turnKey(scope, one, together.get(one))));
  return turns.some((turn) => turn?.changes !== undefined);
}
