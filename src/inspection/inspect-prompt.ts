/** The request plugin's pipeline: bytes, document, segments, verdicts, decision. Knows nothing of Kong. */
import { isForm, type ParsedForm, parseForm } from '../body/form/form-document.ts';
import { type JsonDocument, type ParsedJson, parseJson } from '../body/json/document.ts';
import { withChanges } from '../body/text-changes.ts';
import { asksForMedia } from '../formats/asks-for-media.ts';
import { asksForStream, mayStream } from '../formats/asks-for-stream.ts';
import { readFileBytes } from '../formats/file-content.ts';
import { type Reading, readRequest, readRequestList } from '../formats/read.ts';
import { isObject, type Segment, type ToolDefinition } from '../formats/segment.ts';
import type { AskedCall } from './calls/ask.ts';
import { guardMetadata } from './calls/metadata.ts';
import { type Part, planInput, turnsOf } from './calls/plan-calls.ts';
import { readTogether } from './calls/read-together.ts';
import { type Encryption, encryptionBy, mergedByContext } from './encryption/encryption.ts';
import { inspectedCalls } from './history/call-memory.ts';
import { wasChangedBefore } from './history/changed-before.ts';
import { recallEarlier, rememberSuspects } from './history/earlier-turns.ts';
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
  AskedAnswer,
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
import { inspectReplacing } from './replacement/inspect-replacing.ts';
import type { InspectedTexts, ReadPrompt } from './replacement/read-prompt.ts';
import { replacesBlocked } from './replacement/replaceable.ts';
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
  const parsed = opened('request', inspector, parsePrompt(body));
  if (!parsed.ok) {
    return inspectedPrompt({ decision: parsed.decision, encryptions: [] }, undefined, body, stats);
  }
  const { document } = parsed;
  const { blocked, ...aggregated } = await inspectDocument(inspector, document, body, request, stats);
  if (
    blocked &&
    inspector.config.inspect_history === 'new_turns' &&
    aggregated.decision.outcome === 'blocked'
  )
    rememberSuspects(inspector.history, blocked.scope, blocked.texts);
  return inspectedPrompt(aggregated, document.value, body, stats);
}

function parsePrompt({ bytes, contentType }: PlainBody): ParsedJson | ParsedForm {
  return isForm(contentType) ? parseForm(bytes, contentType, readFileBytes) : parseJson(bytes);
}

function inspectedPrompt(
  aggregated: { decision: Decision } & RequestCarryOver,
  value: unknown,
  { path }: Pick<Body, 'path'>,
  stats: InspectionStats,
): InspectedPrompt {
  return { ...aggregated, stats, ...askedAnswer(value, path) };
}

function askedAnswer(value: unknown, path: string): AskedAnswer {
  const streamed = asksForStream(value, path);
  return {
    ...{ asksForStream: streamed, mayStream: streamed || mayStream(value) },
    ...(asksForMedia(value, path) ? { asksForMedia: true } : {}),
  };
}

async function inspectDocument(
  inspector: Inspector,
  document: JsonDocument,
  body: PlainBody,
  request: InspectionRequest,
  stats: InspectionStats,
): Promise<InspectedTexts> {
  const read = (one: JsonDocument): ReadPrompt => {
    const { value, left, opaque = 0, unreadable = 0 } = one;
    const reading = isObject(value)
      ? readRequest(inspector.formats, value, body.path, left)
      : Array.isArray(value)
        ? readRequestList(value, body.path, left)
        : undefined;
    if (reading) {
      reading.extraction.opaque += opaque;
      reading.extraction.unreadable += unreadable;
    }
    return { document: one, reading };
  };
  const { onUndecided: _, ...withoutHaste } = request;
  // What stands in it instead of something blocked is not what came.
  const inspect = (by: Inspector, prompt: ReadPrompt) =>
    inspectRead(by, prompt, body, prompt.document === document ? request : withoutHaste, stats);
  // What is signed cannot be changed.
  if (body.isSigned || !replacesBlocked(inspector.config)) return inspect(inspector, read(document));
  const scopeOf = ({ extraction: { model } }: Reading) => scopeOfModel(inspector, request, model).scope;
  return inspectReplacing(document, { inspector, request, stats, read, scopeOf, inspect });
}

async function inspectRead(
  inspector: Inspector,
  { document, reading }: ReadPrompt,
  body: PlainBody,
  request: InspectionRequest,
  stats: InspectionStats,
): Promise<InspectedTexts> {
  const without = (decision: Decision): InspectedTexts => ({ decision, encryptions: [] });
  if (!reading) return without(cannotInspect('request', inspector, 'unknown_shape'));
  const { extraction, isRecognised, formats } = reading;
  stats.formats = formats;
  countExtraction(extraction, stats);
  inspector.onRead?.(extraction);
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
  const { onUndecided } = request;
  const undecided =
    onUndecided && !leavesTraces(extraction, document.value)
      ? (history: HistoryScope) =>
          onUndecided({ ...askedAnswer(document.value, body.path), formats, encryptions: [], history })
      : undefined;
  const aggregated = await inspectTexts(inspector, { document, reading }, request, stats, undecided);
  return changedBody(aggregated.decision) && body.isSigned ? without(refuseSigned('request')) : aggregated;
}

/**
 * Whether a provider may keep what it is asked, or go on with it alone, so that it would count although it is refused: in a
 * conversation or another thing that the prompt refers to, or in the background.
 */
function leavesTraces({ opaque }: Reading['extraction'], value: unknown): boolean {
  const isInBackground =
    typeof value === 'object' && value !== null && 'background' in value && value.background === true;
  return opaque > 0 || isInBackground;
}

/** Whose words these are to AIDR, and to what is remembered. */
function scopeOfModel({ id, config }: Inspector, { caller }: InspectionRequest, model: string | undefined) {
  const metadata = { event_type: 'input' as const, ...guardMetadata(config, caller, model) };
  return { metadata, scope: historyScope(id, caller.consumer, metadata) };
}

async function inspectTexts(
  inspector: Inspector,
  { document, reading: { extraction } }: ReadPrompt & { reading: Reading },
  request: InspectionRequest,
  stats: InspectionStats,
  undecided?: (scope: HistoryScope) => void,
): Promise<InspectedTexts> {
  const { config, history } = inspector;
  const isSystemTrusted = config.inspect_system === 'once';
  const found = isSystemTrusted ? withSystemApart(extraction) : extraction;
  const { metadata, scope } = scopeOfModel(inspector, request, found.model);
  const turns = turnsOf(found);
  const together = readTogether(found.segments);
  const { known, unknown, suspect } = await recallEarlier(config, history, scope, turns.earlier, together);
  const newest = suspect.size === 0 ? turns.current : withSuspects(found.segments, turns.current, suspect);
  const recurring = await recallRecurring(history, scope, found, newest, together, isSystemTrusted);
  stats.knownTurns = known.size;
  stats.unknownTurns = unknown.length;
  stats.knownRecurring = recurring.count.known;
  stats.unknownRecurring = recurring.count.unknown;
  const asking = { current: recurring.current, earlier: [...recurring.apart, ...unknown] };
  const calls = fittedCalls(planInput(asking, recurring.tools), metadata);
  if (!calls) return { decision: cannotInspect('request', inspector, 'too_many_texts'), encryptions: [] };
  const isEmpty = known.size + recurring.count.known === 0;
  if (calls.length === 0 && isEmpty) return { decision: NO_TEXT, encryptions: [] };
  if (undecided && calls.length > 0) {
    const isChanged =
      suspect.size > 0 ||
      recurring.redactedTools.length > 0 ||
      [...known.values(), ...recurring.known.values()].some(({ changes }) => changes !== undefined) ||
      (await wasChangedBefore(history, scope, asking.current, together));
    if (!isChanged || config.operation === 'validate') undecided(scope);
  }
  const asked = await withSession(inspector, request, stats, (session) =>
    ask(session, metadata, calls, stats),
  );
  const combined = combineVerdicts('request', config, asked);
  if (combined.kind === 'decided') {
    const { decision } = combined;
    const blocked = { scope, metadata, asked, texts: [...asking.current, ...asking.earlier] };
    return { decision, encryptions: [], ...(decision.outcome === 'blocked' ? { blocked } : {}) };
  }
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

/** In reading order. */
function withSuspects(
  segments: readonly Segment[],
  current: readonly Segment[],
  suspect: ReadonlySet<Segment>,
): Segment[] {
  const now = new Set(current);
  return segments.filter((segment) => now.has(segment) || suspect.has(segment));
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
  const turns = new Map<Segment, KnownTurn>();
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
      turns.set(segment, turn);
    }
  }
  history.remember(() => [
    ...toolTurns(scope, tools, redactedTools),
    ...[...turns].map(([segment, turn]) => ({ key: turnKey(scope, segment, together.get(segment)), turn })),
    ...inspectedCalls(scope, [...turns.keys()], (segment) => turns.get(segment)?.changes ?? []),
  ]);
  return mergedByContext(encryptions);
}

function segmentOf({ segment }: Part): Segment {
  return segment;
}
