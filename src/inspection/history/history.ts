/**
 * Turns that this process has inspected: a chat sends all of its history with every turn, and known turns need no second
 * verdict. What a verdict replaced is replaced again, or a value redacted in one turn would come back in the next.
 */
import { LRUCache } from 'lru-cache';
import type { GuardMetadata } from '../../aidr/request.ts';
import type { Change } from '../../body/text-changes.ts';
import { digest } from '../../body/text-key.ts';
import type { Segment } from '../../formats/segment.ts';
import type { Caller } from '../calls/metadata.ts';
import type { Encryption } from '../encryption/encryption.ts';
import type { ToolEdit } from '../redaction/tool-redaction.ts';

/** One caller under one configuration. A verdict counts for nobody else. */
export type HistoryScope = string & { readonly brand: 'HistoryScope' };

/** One turn in one scope: a hash, so that no content is kept. */
export type TurnKey = string & { readonly brand: 'TurnKey' };

export interface KnownTurn {
  /** What changes in the text, in order, without overlaps; absent when it stays. */
  changes?: readonly Change[];
  /** What of it is encrypted then. */
  encryption?: Encryption;
  /** Of a tool's definition: which of its strings become what, by paths in the definition. */
  edits?: readonly ToolEdit[];
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

/** @param clock tells the milliseconds that turns are kept by, where that is not the process's own time */
export function createHistory(clock?: { now(): number }): HistoryCache {
  const known = new LRUCache<TurnKey, KnownTurn>({
    ...{ max: MAX_TURNS, maxSize: MAX_SIZE, ttl: TIME_TO_LIVE },
    ...(clock ? { perf: clock, ttlResolution: 0 } : {}),
  });
  return {
    async recall(keys) {
      return keys.map((key) => known.get(key));
    },
    remember(turns) {
      for (const { key, turn } of turns()) {
        // What had to be replaced stays so, whoever else lets it pass.
        if (isUnchanged(turn) && !isUnchanged(known.get(key) ?? turn)) continue;
        known.set(key, turn, { size: sizeOf(turn) });
      }
    },
  };
}

export const historyOfProcess = createHistory();

function isUnchanged({ changes, edits, notice }: KnownTurn): boolean {
  return changes === undefined && edits === undefined && notice === undefined;
}

function sizeOf({ changes = [], edits = [], encryption, notice = '' }: KnownTurn): number {
  const encrypted = encryption ? encryption.values.join('').length + encryption.context.length : 0;
  const replaced = changes.reduce((sum, { text }) => sum + CHANGE_SIZE + text.length, 0);
  const steps = (path: readonly (string | number)[]) =>
    path.reduce<number>((sum, step) => sum + String(step).length, 0);
  const edited = edits.reduce((sum, { path, text }) => sum + CHANGE_SIZE + steps(path) + text.length, 0);
  return 1 + replaced + edited + encrypted + notice.length;
}

/** A text with its role and kind: the same words in another role are another turn. */
export type Turn = Pick<Segment, 'role' | 'kind' | 'text'>;

/** Callers come again and again. */
const scopes = new LRUCache<string, HistoryScope>({
  max: 1_000,
  // UTF-16 code units.
  maxSize: 262_144,
  sizeCalculation: (scope, key) => scope.length + key.length,
});

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
  const key = JSON.stringify([
    ...[inspectorId, consumer, event_type, app_id, user_id, tenant_id, model, agent_type, is_agent],
    ...[app_name, user_name, user_group],
  ]);
  const known = scopes.get(key);
  if (known !== undefined) return known;
  const scope = digest(key) as HistoryScope;
  scopes.set(key, scope);
  return scope;
}

/** @param together a hash of what the turn is read together with, if it is not read alone (read-together.ts) */
export function turnKey(scope: HistoryScope, { role, kind, text }: Turn, together = ''): TurnKey {
  return keyOf(scope, `${role} ${kind} ${together}`, text);
}

/**
 * @param what has no part that a caller writes: no role and no other memory has the same
 * @param text comes last, so that no other part can be mistaken for it: no two texts have the same key
 */
export function keyOf(scope: HistoryScope, what: string, text: string): TurnKey {
  return digest(`${scope} ${what} ${text}`) as TurnKey;
}

/** No role has this name: so a turn with the words of a tool's name is not known because of the tool. */
export function toolNameKey(scope: HistoryScope, name: string): TurnKey {
  return keyOf(scope, 'tool-name', name);
}
