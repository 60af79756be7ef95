/** The request plugin's pipeline: bytes, document, segments, verdicts, decision. Knows nothing of Kong. */
import { type JsonDocument, parseJson } from '../body/json/document.ts';
import { withChanges } from '../body/text-changes.ts';
import { asksForMedia } from '../formats/asks-for-media.ts';
import { asksForStream, mayStream } from '../formats/asks-for-stream.ts';
import { readRequest } from '../formats/read.ts';
import { type Extraction, isObject, type Segment, type ToolDefinition } from '../formats/segment.ts';
import type { AskedCall } from './calls/ask.ts';
import { guardMetadata } from './calls/metadata.ts';
import { type Part, planInput, turnsOf } from './calls/plan-calls.ts';
import { readTogether } from './calls/read-together.ts';
import { type Encryption, encryptionBy, mergedByContext } from './encryption/encryption.ts';
import { judgedCalls, recallCalls } from './history/call-memory.ts';
import {
  type HistoryCache,
  type HistoryScope,
  historyScope,
  type KnownTurn,
  turnKey,
} from './history/history.ts';
import { recallRecurring, toolTurns, withSystemApart } from './history/recurring-texts.ts';
import {
  ask,
  countExtraction,
  fittedCalls,
  NO_TEXT,
  refuseUninspectable,
  withSession,
} from './inspect-extraction.ts';
import type {
  Body,
  InspectedPrompt,
  InspectionRequest,
  Inspector,
  PlainBody,
  RequestCarryOver,
} from './inspector.ts';
import { cannotInspect, opened, withDecoded } from './open-body.ts';
import { changedBody, type Decision } from './policy/decision.ts';
import {
  allowUnchanged,
  apply,
  type CombinedVerdict,
  combineVerdicts,
  refuseSigned,
} from './policy/enforcement.ts';
import { blockedContent } from './report/blocked-content.ts';
import { emptyStats, type InspectionStats } from './report/inspection-stats.ts';

/** @param inspectPlain does the same with the decoded bytes, here or elsewhere */
export async function inspectPrompt(
  inspector: Inspector,
  body: Body,
  request: InspectionRequest,
  inspectPlain = inspectPlainPrompt,
): Promise<InspectedPrompt> {
  const { length } = body.bytes;
  return withDecoded('request', inspector, body, request, async (decoded, held) => {
    if (!decoded.ok) {
      const aggregated = { decision: decoded.decision, encryptions: [] };
      return inspectedPrompt(aggregated, undefined, body, emptyStats(length));
    }
    const { encoding: _, ...rest } = body;
    const inspected = await inspectPlain(inspector, { ...rest, bytes: decoded.bytes }, held);
    inspected.stats.bytes = length;
    return inspected;
  });
}

export async function inspectPlainPrompt(
  inspector: Inspector,
  body: PlainBody,
  request: InspectionRequest,
): Promise<InspectedPrompt> {
  const stats = emptyStats(body.bytes.length);
  const parsed = opened('request', inspector, parseJson(body.bytes));
  if (!parsed.ok) {
    return inspectedPrompt({ decision: parsed.decision, encryptions: [] }, undefined, body, stats);
  }
  const { document } = parsed;
  const aggregated = await inspectDocument(inspector, document, body, request, stats);
  return inspectedPrompt(aggregated, document.value, body, stats);
}

function inspectedPrompt(
  aggregated: InspectedTexts,
  value: unknown,
  { path }: Pick<Body, 'path'>,
  stats: InspectionStats,
): InspectedPrompt {
  const streamed = asksForStream(value, path);
  return {
    ...{ ...aggregated, stats, asksForStream: streamed, mayStream: streamed || mayStream(value) },
    ...(asksForMedia(value, path) ? { asksForMedia: true } : {}),
  };
}

type InspectedTexts = { decision: Decision } & RequestCarryOver;

async function inspectDocument(
  inspector: Inspector,
  document: JsonDocument,
  body: PlainBody,
  request: InspectionRequest,
  stats: InspectionStats,
): Promise<InspectedTexts> {
  const without = (decision: Decision): InspectedTexts => ({ decision, encryptions: [] });
  const { value, left } = document;
  if (!isObject(value)) return without(cannotInspect('request', inspector, 'unknown_shape'));
  const { extraction, isRecognised, formats } = readRequest(inspector.formats, value, body.path, left);
  stats.formats = formats;
  countExtraction(extraction, stats);
  if (!isRecognised && inspector.config.on_uninspectable === 'block') {
    return without(cannotInspect('request', inspector, 'unknown_shape'));
  }
  const refused = refuseUninspectable('request', inspector, extraction);
  if (refused) return without(refused);
  const denied = await inspector.localRules?.(extraction.segments);
  if (denied) {
    const texts = extraction.segments.map(({ text }) => text);
    return without({ outcome: 'blocked', rejection: denied, ...blockedContent(inspector.config, texts) });
  }
  const aggregated = await inspectTexts(inspector, document, extraction, request, stats);
  return changedBody(aggregated.decision) && body.isSigned ? without(refuseSigned('request')) : aggregated;
}

async function inspectTexts(
  inspector: Inspector,
  document: JsonDocument,
  extraction: Extraction,
  request: InspectionRequest,
  stats: InspectionStats,
): Promise<InspectedTexts> {
  const { config, history } = inspector;
  const isSystemTrusted = config.inspect_system === 'once';
  const found = isSystemTrusted ? withSystemApart(extraction) : extraction;
  const metadata = { event_type: 'input' as const, ...guardMetadata(config, request.caller, found.model) };
  const scope = historyScope(inspector.id, request.caller.consumer, metadata);
  const turns = turnsOf(found);
  const together = readTogether(found.segments);
  const { known, unknown } =
    config.inspect_history === 'all_turns'
      ? await recallAll(history, scope, turns.earlier, together)
      : NOTHING;
  const recurring = await recallRecurring(history, scope, found, turns.current, together, isSystemTrusted);
  stats.knownTurns = known.size;
  stats.unknownTurns = unknown.length;
  stats.knownRecurring = recurring.count.known;
  stats.unknownRecurring = recurring.count.unknown;
  const asking = { current: recurring.current, earlier: [...recurring.apart, ...unknown] };
  const calls = fittedCalls(planInput(asking, recurring.tools), metadata);
  if (!calls) return { decision: cannotInspect('request', inspector, 'too_many_texts'), encryptions: [] };
  const isEmpty = known.size + recurring.count.known === 0;
  if (calls.length === 0 && isEmpty) return { decision: NO_TEXT, encryptions: [] };
  const asked = await withSession(inspector, request, stats, (session) =>
    ask(session, metadata, calls, stats),
  );
  const combined = combineVerdicts('request', config, asked);
  if (combined.kind === 'decided') return { decision: combined.decision, encryptions: [] };
  const allKnown = new Map([...known, ...recurring.known]);
  const encryptions = rememberAll(history, scope, asked, combined, allKnown, together);
  for (const [segment, { changes }] of allKnown) if (changes) combined.changes.set(segment, changes);
  for (const one of recurring.redactedTools) combined.tools.push(one);
  if (config.operation === 'validate') {
    stats.wouldRedact = combined.changes.size + combined.tools.length > 0;
    return { decision: allowUnchanged(combined.failure), encryptions: [], history: scope };
  }
  return { decision: apply('request', config, document, combined).decision, encryptions, history: scope };
}

const NOTHING = { known: new Map<Segment, KnownTurn>(), unknown: [] };

async function recallAll(
  history: HistoryCache,
  scope: HistoryScope,
  earlier: Segment[],
  together: ReadonlyMap<Segment, string>,
) {
  if (earlier.length === 0) return NOTHING;
  const turns = await history.recall(
    earlier.map((segment) => turnKey(scope, segment, together.get(segment))),
  );
  const known = new Map<Segment, KnownTurn>();
  const unknown: Segment[] = [];
  for (const [index, segment] of earlier.entries()) {
    const turn = turns[index];
    if (turn) known.set(segment, turn);
    else unknown.push(segment);
  }
  const called = await recallCalls(history, scope, unknown);
  for (const segment of called) known.set(segment, {});
  return { known, unknown: unknown.filter((segment) => !called.has(segment)) };
}

/**
 * Remembers the turns that AIDR let pass.
 *
 * @returns what AIDR encrypted in this request, including earlier turns
 */
function rememberAll(
  history: HistoryCache,
  scope: HistoryScope,
  asked: readonly AskedCall[],
  { changes: changed, tools: redactedTools }: CombinedVerdict,
  known: ReadonlyMap<Segment, KnownTurn>,
  together: ReadonlyMap<Segment, string>,
): Encryption[] {
  const encryptions = [...known.values()].flatMap(({ encryption }) => (encryption ? [encryption] : []));
  const withoutVerdict = new Set(
    asked.flatMap(({ call, inspected }) => (inspected.ok ? [] : call.parts.map(segmentOf))),
  );
  const judged = new Map<Segment, KnownTurn>();
  const tools: ToolDefinition[] = [];
  for (const { call, inspected } of asked) {
    if (!inspected.ok || inspected.verdict.kind === 'blocked') continue;
    const encrypted = inspected.verdict.kind === 'transformed' ? inspected.verdict.encrypted : undefined;
    const encryptionIn = encrypted && encryptionBy(encrypted);
    tools.push(...call.tools);
    for (const segment of new Set(call.parts.map(segmentOf))) {
      const changes = changed.get(segment);
      const encryption = changes && encryptionIn?.(segment.text, withChanges(segment.text, changes));
      if (encryption) encryptions.push(encryption);
      if (withoutVerdict.has(segment)) continue;
      const turn = {
        ...(changes ? { changes } : {}),
        ...(encryption ? { encryption } : {}),
      };
      judged.set(segment, turn);
    }
  }
  history.remember(() => [
    ...toolTurns(scope, tools, redactedTools),
    ...[...judged].map(([segment, turn]) => ({ key: turnKey(scope, segment, together.get(segment)), turn })),
    ...judgedCalls(scope, [...judged.keys()], (segment) => judged.get(segment)?.changes ?? []),
  ]);
  return mergedByContext(encryptions);
}

function segmentOf({ segment }: Part): Segment {
  return segment;
}
