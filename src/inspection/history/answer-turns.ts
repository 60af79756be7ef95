/** What an answer leaves for later: the turns that the client sends back, and the names that every answer has. */
import { type Change, withChanges } from '../../body/text-changes.ts';
import type { Extraction, Segment, SegmentKind } from '../../formats/segment.ts';
import { callWords } from '../calls/read-together.ts';
import { answeredCalls } from './call-memory.ts';
import {
  type HistoryCache,
  type HistoryScope,
  type KeptTurn,
  keyOf,
  type TurnKey,
  toolNameKey,
  turnKey,
} from './history.ts';

/**
 * An answer without names that passed already: names of tools, which were inspected with the definitions, and names that
 * every answer has beside its texts, such as the name of a deployment or a key that only this server uses.
 */
export async function withoutKnownNames(
  cache: HistoryCache,
  scope: HistoryScope,
  answer: Extraction,
): Promise<Extraction> {
  const named = answer.segments.flatMap((segment) => {
    const { immutableBecause, isOutsideConversation } = segment;
    const keys = immutableBecause === 'label' || isOutsideConversation ? nameKeys(scope, segment) : [];
    return keys.length > 0 ? [{ segment, keys }] : [];
  });
  if (named.length === 0) return answer;
  const turns = await cache.recall(named.flatMap(({ keys }) => keys));
  const passed = new Set<Segment>();
  let first = 0;
  for (const { segment, keys } of named) {
    if (turns.slice(first, first + keys.length).every((turn) => turn !== undefined)) passed.add(segment);
    first += keys.length;
  }
  // The remaining segments are the same objects, because the windows of a live answer are looked up by them.
  return { ...answer, segments: answer.segments.filter((segment) => !passed.has(segment)) };
}

/** More lines than this are a table rather than names, and each would be looked up by its hash. */
const MAX_LINES = 64;

/** @returns one key for each line; none if there are too many to look up */
function nameKeys(scope: HistoryScope, { immutableBecause, text, pieces }: Segment): TurnKey[] {
  if (immutableBecause === 'label') return [toolNameKey(scope, text)];
  const lines = immutableBecause === 'key' ? text.split('\n') : pieces.map((piece) => piece.text);
  return lines.length > MAX_LINES ? [] : lines.map((line) => besideKey(scope, line));
}

/** @returns the names beside the texts of an answer, so that they are known in later ones; its segments passed unchanged */
function nameTurns(scope: HistoryScope, segments: readonly Segment[]): KeptTurn[] {
  return segments
    .filter(({ isOutsideConversation, kind }) => isOutsideConversation && kind === 'label')
    .flatMap((segment) => nameKeys(scope, segment).map((key) => ({ key, turn: {} })));
}

/** No role has this name either. */
function besideKey(scope: HistoryScope, line: string): TurnKey {
  return keyOf(scope, 'beside', line);
}

/** What the model may say in a turn of its own. */
const SAID: ReadonlySet<SegmentKind> = new Set(['text', 'refusal', 'reasoning']);

/**
 * The client sends the answer back as a turn. It was inspected as an answer, so it counts as the assistant's own words of
 * that kind, and the arguments of a call count for the same call. It never counts as a name, or as anybody else's words.
 */
export function answerTurns(
  scope: HistoryScope,
  segments: readonly Segment[],
  redacted: ReadonlyMap<Segment, readonly Change[]>,
): KeptTurn[] {
  const changesOf = (segment: Segment) => redacted.get(segment) ?? [];
  const textOf = (segment: Segment) => withChanges(segment.text, changesOf(segment));
  const calls = callWords(segments, textOf);
  const names = nameTurns(
    scope,
    segments.filter((segment) => changesOf(segment).length === 0),
  );
  const turns = segments.flatMap((segment): KeptTurn[] => {
    const { role, kind } = segment;
    const call = calls.get(segment);
    const counts = role === 'assistant' && (SAID.has(kind) || call !== undefined);
    return counts ? [{ key: turnKey(scope, { role, kind, text: textOf(segment) }, call), turn: {} }] : [];
  });
  return [...turns, ...names, ...answeredCalls(scope, segments, changesOf)];
}
