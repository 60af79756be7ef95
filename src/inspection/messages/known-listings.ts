/**
 * Agents list the tools of a server again with every session. Each tool is judged once, with all that is said of it, and what a
 * verdict replaced in it is replaced again. A tool in which anything changed is another one.
 */
import { canonicalJson } from '../../body/json/canonical-json.ts';
import type { Path } from '../../body/json/edit.ts';
import { PathMap } from '../../body/json/path-map.ts';
import type { Change } from '../../body/text-changes.ts';
import { digest } from '../../body/text-key.ts';
import type { Segment, ToolDefinition } from '../../formats/segment.ts';
import type { ReadMessage } from '../../protocols/protocol.ts';
import type { AskedCall } from '../calls/ask.ts';
import { guardTool } from '../calls/plan-calls.ts';
import { type HistoryScope, historyScope, type KeptTurn, keyOf, type TurnKey } from '../history/history.ts';
import type { InspectionRequest, MessageInspector } from '../inspector.ts';
import type { CombinedVerdict } from '../policy/enforcement.ts';
import type { RedactedTool } from '../redaction/tool-redaction.ts';
import { messageMetadata } from './message-metadata.ts';

/** A tool of a listing, with what is said of it beside its definition. */
export interface ListedTool {
  tool: ToolDefinition;
  /** Of the tool in the body. */
  path: Path;
  /** Its titles, annotations, keys. */
  segments: readonly Segment[];
  message: ReadMessage;
  /** The tool's, then one for each text beside its definition: all of them hold all that is said of the tool. */
  keys: readonly TurnKey[];
}

function listedTools(scope: HistoryScope, messages: readonly ReadMessage[]): ListedTool[] {
  return messages.flatMap((message) => {
    const { tools, segments } = message.found;
    const placed = tools.map((tool) => ({
      tool,
      path: tool.places.name.slice(0, -1),
      beside: [] as Segment[],
    }));
    const besideAt = new PathMap<Segment[]>();
    for (const { path, beside } of placed) besideAt.at(path).value = beside;
    for (const segment of segments)
      for (const beside of besideAt.along(segment.pieces[0]?.path ?? [])) beside.push(segment);
    return placed.map(({ tool, path, beside }) => {
      return { tool, path, segments: beside, message, keys: keysOf(scope, tool, beside) };
    });
  });
}

/** @returns the messages without the tools and all that is said of them */
export function withoutListed(
  messages: readonly ReadMessage[],
  listed: readonly ListedTool[],
): ReadMessage[] {
  if (listed.length === 0) return [...messages];
  const tools = new Set(listed.map(({ tool }) => tool));
  const segments = new Set(listed.flatMap((one) => one.segments));
  return messages.map((message) => ({
    ...message,
    found: {
      ...message.found,
      tools: message.found.tools.filter((tool) => !tools.has(tool)),
      segments: message.found.segments.filter((segment) => !segments.has(segment)),
    },
  }));
}

/** What is known of the tools that messages list, and what AIDR has to be asked about. */
export interface KnownListing {
  /** The messages without the tools that are known. */
  unknown: ReadMessage[];
  /** The tools that are left in them. */
  news: readonly ListedTool[];
  /** How many tools are known. */
  count: number;
  /** Those that were taken out of a listing before. */
  blocked: readonly ListedTool[];
  /** What changes in the others. */
  changes: ReadonlyMap<Segment, readonly Change[]>;
  redactedTools: readonly RedactedTool[];
}

export async function recallListing(
  inspector: MessageInspector,
  request: InspectionRequest,
  messages: readonly ReadMessage[],
): Promise<KnownListing> {
  if (messages.every(({ found }) => found.tools.length === 0))
    return {
      ...{ unknown: [...messages], news: [], count: 0, blocked: [] },
      ...{ changes: new Map(), redactedTools: [] },
    };
  const listed = listedTools(listingScope(inspector, request), messages);
  const turns = (await inspector.history.recall(listed.flatMap(({ keys }) => keys))).values();
  const changes = new Map<Segment, readonly Change[]>();
  const redactedTools: RedactedTool[] = [];
  const blocked: ListedTool[] = [];
  const passed: ListedTool[] = [];
  const news: ListedTool[] = [];
  for (const one of listed) {
    const { value: turn } = turns.next();
    const ofSegments = one.segments.map(() => turns.next().value);
    if (turn?.notice !== undefined) blocked.push(one);
    else if (turn && !ofSegments.includes(undefined)) {
      passed.push(one);
      if (turn.edits) redactedTools.push({ tool: one.tool, edits: turn.edits });
      for (const [index, segment] of one.segments.entries()) {
        const changed = ofSegments[index]?.changes;
        if (changed) changes.set(segment, changed);
      }
    } else news.push(one);
  }
  const unknown = withoutListed(messages, [...passed, ...blocked]);
  return { unknown, news, count: passed.length + blocked.length, blocked, changes, redactedTools };
}

/**
 * Remembers the tools that AIDR let pass.
 *
 * @param news those that it was asked about
 * @param asked none of it violates the policy
 */
export function rememberListing(
  { history }: MessageInspector,
  news: readonly ListedTool[],
  asked: readonly AskedCall[],
  { changes, tools }: CombinedVerdict,
): void {
  if (news.length === 0) return;
  const judged = partsOf(asked.filter(({ inspected }) => inspected.ok));
  const unjudged = partsOf(asked.filter(({ inspected }) => !inspected.ok));
  const isJudged = (part: unknown) => judged.has(part) && !unjudged.has(part);
  const edits = new Map(tools.map((one) => [one.tool, one.edits]));
  history.remember(() =>
    news
      .filter(({ tool, segments }) => [tool, ...segments].every(isJudged))
      .flatMap((one) => turnsOf(one, edits.get(one.tool), changes)),
  );
}

function turnsOf(
  { keys, segments }: ListedTool,
  edits: RedactedTool['edits'] | undefined,
  changes: CombinedVerdict['changes'],
): KeptTurn[] {
  return keys.map((key, index) => {
    const segment = segments[index - 1];
    const changed = segment && changes.get(segment);
    return {
      key,
      turn: { ...(index === 0 && edits ? { edits } : {}), ...(changed ? { changes: changed } : {}) },
    };
  });
}

function partsOf(asked: readonly AskedCall[]): ReadonlySet<unknown> {
  return new Set(asked.flatMap(({ call }) => [...call.tools, ...call.parts.map(({ segment }) => segment)]));
}

/** A verdict counts for whoever AIDR was told of. */
export function listingScope({ id, config }: MessageInspector, { caller }: InspectionRequest): HistoryScope {
  const metadata = messageMetadata(config, caller, 'tool_listing', undefined, []);
  return historyScope(id, caller.consumer, metadata);
}

function keysOf(scope: HistoryScope, tool: ToolDefinition, segments: readonly Segment[]): TurnKey[] {
  const texts = segments.map(({ role, kind, text }) => [role, kind, text]);
  const entry = digest(`${canonicalJson(guardTool(tool).function)} ${JSON.stringify(texts)}`);
  return [
    keyOf(scope, 'listed', entry),
    ...segments.map((_, index) => keyOf(scope, `listed-${index}`, entry)),
  ];
}
