/**
 * With `on_blocked_tool: remove`: when AIDR blocks a listing, each tool is asked about alone, and those that are blocked
 * are taken out of it. They are remembered for their caller, who may know them from before, and calls of them are refused.
 */
import type { JsonDocument } from '../../body/json/document.ts';
import type { Edit, Path } from '../../body/json/edit.ts';
import type { McpConfig } from '../../config/mcp-schema.ts';
import type { PendingRequest, ReadMessage } from '../../protocols/protocol.ts';
import type { AskedCall } from '../calls/ask.ts';
import { type HistoryScope, keyOf, type TurnKey } from '../history/history.ts';
import type { InspectionRequest, MessageInspector } from '../inspector.ts';
import type { Decision } from '../policy/decision.ts';
import { isViolation } from '../policy/enforcement.ts';
import { type Rejection, violation } from '../refusal/rejection.ts';
import { type KnownListing, type ListedTool, listingScope, withoutListed } from './known-listings.ts';

/** The messages of a listing, tool by tool. */
export interface SplitListing {
  tools: (ListedTool & { messages: ReadMessage[] })[];
  /** What stands beside the tools. */
  rest: ReadMessage[];
}

/** @returns undefined where there is nothing to take out */
export function splitListing(
  config: McpConfig,
  { unknown, news }: Pick<KnownListing, 'unknown' | 'news'>,
): SplitListing | undefined {
  if (config.on_blocked_tool !== 'remove' || news.length === 0) return undefined;
  const tools = news.map((one) => {
    const { tool, segments, message } = one;
    const found = { ...message.found, tools: [tool], segments: [...segments] };
    return { ...one, messages: [{ ...message, found }] };
  });
  return { tools, rest: withoutListed(unknown, news) };
}

/** @param asked about one tool */
export function isBlockedTool(config: McpConfig, asked: readonly AskedCall[]): boolean {
  return asked.some(({ inspected }) => isViolation(config, inspected));
}

/** @returns the document, from which the tools go with whatever else is changed in it */
export function withoutTools(document: JsonDocument, paths: readonly Path[]): JsonDocument {
  const removals = paths.map((path): Edit => ({ path, removed: true }));
  return { ...document, apply: (edits) => document.apply([...removals, ...edits]) };
}

/** A listing from which something went is another one, whatever else was decided. */
export function asRemoved(decision: Decision, document: JsonDocument): Decision {
  if (decision.outcome !== 'allowed' && decision.outcome !== 'failed_open') return decision;
  const body = decision.body ?? document.apply([]);
  return decision.outcome === 'allowed' ? { outcome: 'redacted', body } : { ...decision, body };
}

export function rememberBlocked(
  inspector: MessageInspector,
  request: InspectionRequest,
  blocked: readonly ListedTool[],
): void {
  const scope = listingScope(inspector, request);
  const turn = { notice: REMEMBERED };
  inspector.history.remember(() =>
    blocked.flatMap(({ tool, keys }) =>
      [blockedKey(scope, tool.name), ...keys].map((key) => ({ key, turn })),
    ),
  );
}

/** @returns why a call is refused, of a tool that was taken out of a listing before */
export async function refuseBlockedCall(
  inspector: MessageInspector,
  request: InspectionRequest,
  asked: readonly PendingRequest[],
): Promise<Rejection | undefined> {
  const { config } = inspector;
  const names = asked.flatMap(({ tool }) => tool ?? []);
  if (config.on_blocked_tool !== 'remove' || names.length === 0) return undefined;
  const scope = listingScope(inspector, request);
  const known = await inspector.history.recall(names.map((name) => blockedKey(scope, name)));
  if (known.every((turn) => turn === undefined)) return undefined;
  return violation('request', config, { summary: REMEMBERED });
}

const REMEMBERED = 'The tool was blocked when it was listed.';

/** As a server may take it that is not strict with names. */
function blockedKey(scope: HistoryScope, name: string): TurnKey {
  return keyOf(scope, 'blocked-tool', name.normalize('NFKC').trim().toLowerCase());
}
