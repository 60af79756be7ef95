/**
 * Texts that stay the same from one request to the next: the definitions of tools, schemas, and system prompts that the
 * operator trusts. Each is judged once, and what a verdict replaced in it is replaced again.
 */
import { canonicalJson } from '../../body/json/canonical-json.ts';
import { rawTexts, shownPieces } from '../../formats/embedded-text.ts';
import type { Extraction, Segment, ToolDefinition } from '../../formats/segment.ts';
import { guardTool } from '../calls/plan-calls.ts';
import type { RedactedTool } from '../redaction/tool-redaction.ts';
import {
  type HistoryCache,
  type HistoryScope,
  type KeptTurn,
  type KnownTurn,
  keyOf,
  type TurnKey,
  toolNameKey,
  turnKey,
} from './history.ts';

/** What is known of a prompt's recurring texts, and what AIDR has to be asked about. */
export interface RecurringTexts {
  known: Map<Segment, KnownTurn>;
  /** Of the tools that are known, those that are redacted. */
  redactedTools: RedactedTool[];
  /** What goes to AIDR with the newest turns. */
  current: Segment[];
  tools: ToolDefinition[];
  /** Trusted system prompts, which go to AIDR without the newest turns. */
  apart: Segment[];
  count: { known: number; unknown: number };
}

/**
 * @param current what goes to AIDR with each request
 * @param together what each text is read together with (read-together.ts)
 * @param isSystemTrusted whether system prompts are judged once
 */
export async function recallRecurring(
  cache: HistoryCache,
  scope: HistoryScope,
  { tools }: Pick<Extraction, 'tools'>,
  current: readonly Segment[],
  together: ReadonlyMap<Segment, string>,
  isSystemTrusted: boolean,
): Promise<RecurringTexts> {
  const segments = current.filter(
    ({ role, definition }) => role === 'system' && (isSystemTrusted || definition !== undefined),
  );
  const recurring: RecurringTexts = {
    ...{ known: new Map(), redactedTools: [], current: [], tools: [], apart: [] },
    count: { known: 0, unknown: segments.length + tools.length },
  };
  if (recurring.count.unknown === 0) return { ...recurring, current: [...current] };
  const keys = segments.map((segment) => turnKey(scope, segment, together.get(segment)));
  const turns = await cache.recall([...keys, ...tools.map((tool) => toolKey(scope, tool))]);
  for (const [index, segment] of segments.entries()) {
    const turn = turns[index];
    if (turn) recurring.known.set(segment, turn);
    else if (isSystemTrusted) recurring.apart.push(segment);
  }
  for (const [index, tool] of tools.entries()) {
    const turn = turns[segments.length + index];
    if (!turn) recurring.tools.push(tool);
    else if (turn.edits) recurring.redactedTools.push({ tool, edits: turn.edits });
  }
  const asked = recurring.tools.length + segments.length - recurring.known.size;
  recurring.count = { known: segments.length + tools.length - asked, unknown: asked };
  const isApart = new Set(recurring.apart);
  recurring.current = current.filter((segment) => !recurring.known.has(segment) && !isApart.has(segment));
  return recurring;
}

/**
 * @param tools those that AIDR let pass
 * @param redacted what it changed in them
 */
export function toolTurns(
  scope: HistoryScope,
  tools: readonly ToolDefinition[],
  redacted: readonly RedactedTool[],
): KeptTurn[] {
  const edits = new Map(redacted.map((one) => [one.tool, one.edits]));
  return tools.flatMap((tool) => {
    const changed = edits.get(tool);
    return [
      { key: toolKey(scope, tool), turn: changed ? { edits: changed } : {} },
      { key: toolNameKey(scope, tool.name), turn: {} },
    ];
  });
}

/** All that AIDR is sent of a tool, whatever the order of its keys. */
function toolKey(scope: HistoryScope, tool: ToolDefinition): TurnKey {
  return keyOf(scope, 'definition', canonicalJson(guardTool(tool).function));
}

/**
 * Some clients put what changes with each request into a block of the system prompt. So that the others are known all the
 * same, each block is a text of its own.
 */
export function withSystemApart({ segments, ...found }: Extraction): Extraction {
  return { ...found, segments: segments.flatMap(blocksOf) };
}

function blocksOf(segment: Segment): Segment[] {
  const { role, separator, pieces, copies, ...rest } = segment;
  if (role !== 'system' || separator === undefined || copies.length > 0) return [segment];
  const raw = rawTexts(segment);
  const { raw: _, ...common } = rest;
  return shownPieces(segment).map((text, index) => {
    const piece = pieces[index];
    const written = raw[index] ?? text;
    return {
      ...{ ...common, role, text, pieces: piece ? [piece] : [], copies: [] },
      ...(written === text ? {} : { raw: written }),
    };
  });
}
