/**
 * Turns that this process has inspected: a chat sends all of its history with every turn, and known turns need no second
 * verdict. What a verdict replaced is replaced again, or a value redacted in one turn would come back in the next.
 */
import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { GuardMetadata } from '../../aidr/request.ts';
import { type Change, withChanges } from '../../body/text-changes.ts';
import type { Extraction, Segment, SegmentKind, ToolDefinition } from '../../formats/segment.ts';
import type { Caller } from '../calls/metadata.ts';
import { callWords } from '../calls/read-together.ts';
import type { Encryption } from '../encryption/encryption.ts';

/** One caller under one configuration. A verdict counts for nobody else. */
export type HistoryScope = string & { readonly brand: 'HistoryScope' };

/** One turn in one scope: a hash, so that no content is kept. */
export type TurnKey = string & { readonly brand: 'TurnKey' };

export interface KnownTurn {
  /** What changes in the text, in order, without overlaps; absent when it stays. */
  changes?: readonly Change[];
  /** What of it is encrypted then. */
  encryption?: Encryption;
  /** AIDR blocked it, and this stands in its place (blocked-texts.ts): such a text is never sent. */
  notice?: string;
}

export interface KeptTurn {
  key: TurnKey;
  turn: KnownTurn;
}

/** The turns already inspected: one cache for the process, used by inspections in every thread. */
export interface HistoryCache {
  /** @returns in the order of the keys */
  recall(keys: readonly TurnKey[]): Promise<readonly (KnownTurn | undefined)[]>;
  /** @param turns are asked for when there is time: to hash a megabyte takes a millisecond or two */
  remember(turns: () => readonly KeptTurn[]): void;
}

/** What a change takes beside its text, in UTF-16 code units. */
const CHANGE_SIZE = 32;
/** Turns, and UTF-16 code units that what changes in them holds together. */
const MAX_TURNS = 50_000;
const MAX_SIZE = 16_777_216;
/** Milliseconds after which a turn is inspected again, so that a changed policy applies to it. */
const TIME_TO_LIVE = 900_000;

const known = new LRUCache<TurnKey, KnownTurn>({ max: MAX_TURNS, maxSize: MAX_SIZE, ttl: TIME_TO_LIVE });

export const historyOfProcess: HistoryCache = {
  async recall(keys) {
    return keys.map((key) => known.get(key));
  },
  remember(turns) {
    for (const { key, turn } of turns()) known.set(key, turn, { size: sizeOf(turn) });
  },
};

function sizeOf({ changes = [], encryption, notice = '' }: KnownTurn): number {
  const encrypted = encryption ? encryption.values.join('').length + encryption.context.length : 0;
  const replaced = changes.reduce((sum, { text }) => sum + CHANGE_SIZE + text.length, 0);
  return 1 + replaced + encrypted + notice.length;
}

/** A text with its role and kind: the same words in another role are another turn. */
export type Turn = Pick<Segment, 'role' | 'kind' | 'text'>;

/**
 * Holds what can change a verdict, and nothing else: with the id of a session, a span or a request in it no turn would
 * ever be known. What the configuration says alone, such as a location, is in the inspector's id.
 *
 * @param inspectorId of the request plugin's configuration
 * @param consumer whom Kong authenticated, if anybody: AIDR is told a name, which another caller may have too
 * @param metadata all that AIDR is told beside the texts
 */
export function historyScope(
  inspectorId: string,
  consumer: Caller['consumer'],
  metadata: GuardMetadata & { event_type?: string },
): HistoryScope {
  const { event_type, app_id, user_id, tenant_id, model, agent_type, is_agent, extra_info = {} } = metadata;
  const { app_name, user_name, user_group } = extra_info;
  const decisive = { event_type, app_id, user_id, tenant_id, model, agent_type, is_agent };
  const key = [inspectorId, consumer ?? null, { ...decisive, app_name, user_name, user_group }];
  return hash('sha256', JSON.stringify(key), 'base64') as HistoryScope;
}

/** @param together a hash of what the turn is read together with, if it is not read alone (read-together.ts) */
export function turnKey(scope: HistoryScope, { role, kind, text }: Turn, together = ''): TurnKey {
  // The text comes last, so that no other part can be mistaken for it: no two turns have the same key.
  return hash('sha256', `${scope} ${role} ${kind} ${together} ${text}`, 'base64') as TurnKey;
}

/** @param tools whose definitions AIDR let pass */
export function toolTurns(scope: HistoryScope, tools: readonly ToolDefinition[]): KeptTurn[] {
  return tools.map(({ name }) => ({ key: toolNameKey(scope, name), turn: {} }));
}

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
  return hash('sha256', `${scope} beside ${line}`, 'base64') as TurnKey;
}

/** No role has this name: so a turn with the words of a tool's name is not known because of the tool. */
function toolNameKey(scope: HistoryScope, name: string): TurnKey {
  return hash('sha256', `${scope} tool-name ${name}`, 'base64') as TurnKey;
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
  const textOf = (segment: Segment) => withChanges(segment.text, redacted.get(segment) ?? []);
  const calls = callWords(segments, textOf);
  const names = nameTurns(
    scope,
    segments.filter((segment) => !redacted.has(segment)),
  );
  const turns = segments.flatMap((segment): KeptTurn[] => {
    const { role, kind } = segment;
    const call = calls.get(segment);
    const counts = role === 'assistant' && (SAID.has(kind) || call !== undefined);
    return counts ? [{ key: turnKey(scope, { role, kind, text: textOf(segment) }, call), turn: {} }] : [];
  });
  return [...turns, ...names];
}
