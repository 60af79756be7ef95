/** What is known of a prompt's earlier turns, and what of them AIDR is asked about. */
import type { Config } from '../../config/schema.ts';
import type { Segment, SegmentKind } from '../../formats/segment.ts';
import { suspectKey } from './blocked-texts.ts';
import { recallCalls } from './call-memory.ts';
import { type HistoryCache, type HistoryScope, type KnownTurn, turnKey } from './history.ts';

export interface EarlierTurns {
  /** Those that passed before, as they became then. */
  known: Map<Segment, KnownTurn>;
  unknown: Segment[];
  /** With `new_turns`: those that were in a prompt that AIDR blocked. They are judged with the newest turns again. */
  suspect: Set<Segment>;
}

/**
 * With `new_turns`, what tools returned is inspected as all is with `all_turns`: agents send a blocked result again with every
 * later turn.
 *
 * @param together by segment, what it is read together with (read-together.ts)
 */
export async function recallEarlier(
  { inspect_history: inspected }: Pick<Config, 'inspect_history'>,
  history: HistoryCache,
  scope: HistoryScope,
  earlier: readonly Segment[],
  together: ReadonlyMap<Segment, string>,
): Promise<EarlierTurns> {
  const turns: EarlierTurns = { known: new Map(), unknown: [], suspect: new Set() };
  if (earlier.length === 0) return turns;
  const isInspected = (segment: Segment) => inspected === 'all_turns' || isOfTool(segment);
  const remembered = await history.recall(
    earlier.map((segment) =>
      isInspected(segment) ? turnKey(scope, segment, together.get(segment)) : suspectKey(scope, segment),
    ),
  );
  for (const [index, segment] of earlier.entries()) {
    const turn = remembered[index];
    if (!isInspected(segment)) {
      if (turn) turns.suspect.add(segment);
    } else if (turn) turns.known.set(segment, turn);
    else turns.unknown.push(segment);
  }
  return withKnownCalls(turns, history, scope);
}

/** What is not known text by text may be a call that is known as a whole. */
async function withKnownCalls(
  turns: EarlierTurns,
  history: HistoryCache,
  scope: HistoryScope,
): Promise<EarlierTurns> {
  const called = await recallCalls(history, scope, turns.unknown);
  for (const segment of called) turns.known.set(segment, {});
  return { ...turns, unknown: turns.unknown.filter((segment) => !called.has(segment)) };
}

/** Of a call that an answer quotes, and of the answer's sources, no tool of the caller returned a word. */
const QUOTED: ReadonlySet<SegmentKind> = new Set(['citation', 'tool_arguments', 'label']);

function isOfTool({ role, kind }: Segment): boolean {
  return role === 'tool' && !QUOTED.has(kind);
}

/** Whatever a blocked prompt says now: which of the texts AIDR blocked is not known. */
export function rememberSuspects(
  history: HistoryCache,
  scope: HistoryScope,
  blocked: readonly Segment[],
): void {
  const told = blocked.filter(
    ({ role, isOutsideConversation }) => role !== 'system' && !isOutsideConversation,
  );
  history.remember(() => told.map((segment) => ({ key: suspectKey(scope, segment), turn: {} })));
}
