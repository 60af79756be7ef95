/**
 * Turns that this process has vetted: a chat sends all of its history with every turn, and known turns need no second
 * verdict. What a verdict replaced is replaced again, or a value redacted in one turn would come back in the next.
 */
import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { GuardMetadata } from '../aidr/request.ts';
import type { Extraction, Segment, ToolDefinition } from '../wire/segment.ts';
import type { Encryption } from './encryption.ts';

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

/**
 * @param guardId of the request plugin's configuration
 * @param metadata all that AIDR is told beside the texts
 */
export function historyScope(guardId: string, metadata: GuardMetadata): HistoryScope {
  return hash('sha256', `${guardId} ${JSON.stringify(metadata)}`, 'base64') as HistoryScope;
}

/** @param together what the turn is read with, if it is not read alone */
export function recall(scope: HistoryScope, { role, text }: Pick<Segment, 'role' | 'text'>, together = '') {
  return known.get(keyOf(scope, role, text, together));
}

/** Only what AIDR let pass may be remembered, with all that AIDR saw with it. */
export function remember(
  scope: HistoryScope,
  role: string,
  text: string,
  turn: KnownTurn,
  together = '',
): void {
  const { replacement = '', encryption } = turn;
  const encrypted = encryption ? encryption.values.join('').length + encryption.context.length : 0;
  known.set(keyOf(scope, role, text, together), turn, { size: 1 + replacement.length + encrypted });
}

/** Known by what is not a role: a turn that says the name of a tool is not known because of the tool. */
const TOOL_NAME = 'tool name';

/** @param tools whose definitions AIDR let pass */
export function rememberTools(scope: HistoryScope, tools: readonly ToolDefinition[]): void {
  for (const { name } of tools) remember(scope, TOOL_NAME, name, {});
}

/** An answer without the names of those tools: they were read with the definitions. */
export function withoutToolNames(scope: HistoryScope, answer: Extraction): Extraction {
  const isKnown = ({ kind, text }: Segment) =>
    kind === 'label' && known.has(keyOf(scope, TOOL_NAME, text, ''));
  return { ...answer, segments: answer.segments.filter((segment) => !isKnown(segment)) };
}

/** The client sends the answer back as a turn. */
export function rememberAnswer(
  scope: HistoryScope,
  segments: readonly Segment[],
  redacted: ReadonlyMap<Segment, string>,
): void {
  for (const segment of segments) {
    remember(scope, segment.role, redacted.get(segment) ?? segment.text, {});
  }
}

function keyOf(scope: HistoryScope, role: string, text: string, together: string): string {
  return hash('sha256', `${scope} ${role} ${together} ${text}`, 'base64');
}
