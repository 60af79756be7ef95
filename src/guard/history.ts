/**
 * Turns that this process has vetted: a chat sends all of its history with every turn, and known turns need no second
 * verdict. What a verdict replaced is replaced again, or a value redacted in one turn would come back in the next.
 */
import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { GuardMetadata } from '../aidr/request.ts';
import type { Extraction, Segment, SegmentKind, ToolDefinition } from '../wire/segment.ts';
import type { Encryption } from './encryption.ts';
import type { Caller } from './metadata.ts';
import { callWords } from './read-together.ts';

/** One conversation partner under one configuration: a verdict holds for nobody else. */
export type HistoryScope = string & { readonly brand: 'HistoryScope' };

export interface KnownTurn {
  /** What the text becomes; absent when it stays. */
  replacement?: string;
  /** What of the replacement is encrypted. */
  encryption?: Encryption;
}

/** Turns, and UTF-16 code units that their replacements hold together. */
const MAX_TURNS = 50_000;
const MAX_SIZE = 16_777_216;
/** Milliseconds: as long as a changed policy may take to reach old turns. */
const TIME_TO_LIVE = 900_000;

const known = new LRUCache<string, KnownTurn>({ max: MAX_TURNS, maxSize: MAX_SIZE, ttl: TIME_TO_LIVE });

/** A text, and what it is in the conversation: the same words are something else in another's mouth. */
export type Turn = Pick<Segment, 'role' | 'kind' | 'text'>;

/**
 * @param guardId of the request plugin's configuration
 * @param consumer whom Kong authenticated, if anybody: AIDR is told a name, which another caller may have too
 * @param metadata all that AIDR is told beside the texts
 */
export function historyScope(
  guardId: string,
  consumer: Caller['consumer'],
  metadata: GuardMetadata,
): HistoryScope {
  return hash('sha256', JSON.stringify([guardId, consumer ?? null, metadata]), 'base64') as HistoryScope;
}

/** @param together what the turn is read with, if it is not read alone */
export function recall(scope: HistoryScope, turn: Turn, together = '') {
  return known.get(keyOf(scope, turn, together));
}

/** Only what AIDR let pass may be remembered, with all that AIDR saw with it. */
export function remember(scope: HistoryScope, turn: Turn, verdict: KnownTurn, together = ''): void {
  store(keyOf(scope, turn, together), verdict);
}

function store(key: string, verdict: KnownTurn): void {
  const { replacement = '', encryption } = verdict;
  const encrypted = encryption ? encryption.values.join('').length + encryption.context.length : 0;
  known.set(key, verdict, { size: 1 + replacement.length + encrypted });
}

/** @param tools whose definitions AIDR let pass */
export function rememberTools(scope: HistoryScope, tools: readonly ToolDefinition[]): void {
  for (const { name } of tools) store(toolKey(scope, name), {});
}

/** An answer without the names of those tools: they were read with the definitions. */
export function withoutToolNames(scope: HistoryScope, answer: Extraction): Extraction {
  const isKnown = ({ bound, text }: Segment) => bound === 'label' && known.has(toolKey(scope, text));
  return { ...answer, segments: answer.segments.filter((segment) => !isKnown(segment)) };
}

/** What the model may say in a turn of its own. */
const SAID: ReadonlySet<SegmentKind> = new Set(['text', 'refusal', 'reasoning']);

/**
 * The client sends the answer back as a turn. It was judged as an answer, so it counts as the assistant's own words of
 * that kind, and the arguments of a call for the same call: never as a name, or as what anybody else says.
 */
export function rememberAnswer(
  scope: HistoryScope,
  segments: readonly Segment[],
  redacted: ReadonlyMap<Segment, string>,
): void {
  const textOf = (segment: Segment) => redacted.get(segment) ?? segment.text;
  const calls = callWords(segments, textOf);
  for (const segment of segments) {
    const { role, kind } = segment;
    const call = calls.get(segment);
    if (role === 'assistant' && (SAID.has(kind) || call !== undefined)) {
      remember(scope, { role, kind, text: textOf(segment) }, {}, call);
    }
  }
}

/** What varies without bounds stands at the end: no two turns look alike. */
function keyOf(scope: HistoryScope, { role, kind, text }: Turn, together: string): string {
  return hash('sha256', `${scope} ${role} ${kind} ${together} ${text}`, 'base64');
}

/** No role is called so: a turn that says the name of a tool is not known because of the tool. */
function toolKey(scope: HistoryScope, name: string): string {
  return hash('sha256', `${scope} tool-name ${name}`, 'base64');
}
