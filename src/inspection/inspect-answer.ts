/** The response plugin's pipeline: bytes, document or stream, segments, verdicts, decision. Knows nothing of Kong. */
import type { AidrSession } from '../aidr/session.ts';
import { parseBehindMark } from '../body/byte-order-mark.ts';
import { MAX_ANSWER_VALUES } from '../body/json/check.ts';
import { type JsonDocument, type ParsedJson, parseJson } from '../body/json/document.ts';
import type { ParsedStream, StreamDocument } from '../body/stream/document.ts';
import { parseList, parseStream } from '../body/stream/index.ts';
import { type Change, changesInPieces, withChanges } from '../body/text-changes.ts';
import { textDocument } from '../body/text-document.ts';
import { shownPieces } from '../formats/embedded-text.ts';
import { readFileBytes } from '../formats/file-content.ts';
import {
  isErrorBody,
  isErrorStatus,
  isPartStatus,
  type Reading,
  readError,
  readResource,
  readResponse,
  readStreamOrList,
  readText,
} from '../formats/read.ts';
import { answersOfPath } from '../formats/registry.ts';
import type { Extraction, Segment } from '../formats/segment.ts';
import { guardMetadata } from './calls/metadata.ts';
import { type PlannedCall, planOutput } from './calls/plan-calls.ts';
import { isUtf8Answer } from './charset.ts';
import { type ClearValues, clearedIn, decrypt, type Encryption, inClear } from './encryption/encryption.ts';
import { ValueFinder } from './encryption/value-finder.ts';
import { answerTurns, withoutKnownNames } from './history/answer-turns.ts';
import { recallEchoes } from './history/echo-memory.ts';
import { historyScope } from './history/history.ts';
import {
  ask,
  countExtraction,
  fittedCalls,
  NO_TEXT,
  refuseUninspectable,
  withSession,
} from './inspect-extraction.ts';
import type {
  Answer,
  Inspection,
  InspectionRequest,
  Inspector,
  PlainAnswer,
  RequestCarryOver,
} from './inspector.ts';
import { cannotInspect, opened, withDecoded } from './open-body.ts';
import type { Decision } from './policy/decision.ts';
import { allowUnchanged, apply, combineVerdicts } from './policy/enforcement.ts';
import { emptyStats, type InspectionStats } from './report/inspection-stats.ts';
import { NO_ANSWER_BODY } from './uninspected.ts';

/**
 * @param carryOver what the request plugin knows of the prompt
 * @param inspectPlain does the same with the decoded bytes, here or elsewhere
 */
export async function inspectAnswer(
  inspector: Inspector,
  answer: Answer,
  request: InspectionRequest,
  carryOver: RequestCarryOver,
  inspectPlain = inspectPlainAnswer,
): Promise<Inspection> {
  const stats = emptyStats(answer.bytes.length);
  if (answer.bytes.length === 0) return { decision: NO_ANSWER_BODY, stats };
  if (isPartStatus(answer.status) && !isMedia(answer.contentType))
    return { decision: cannotInspect('response', inspector, 'partial'), stats };
  return withDecoded('response', inspector, answer, request, async (decoded, held) => {
    if (!decoded.ok) return { decision: decoded.decision, stats };
    const { encoding: _, ...rest } = answer;
    const inspection = await inspectPlain(inspector, { ...rest, bytes: decoded.bytes }, held, carryOver);
    inspection.stats.bytes = stats.bytes;
    return inspection;
  });
}

export async function inspectPlainAnswer(
  inspector: Inspector,
  answer: PlainAnswer,
  request: InspectionRequest,
  carryOver: RequestCarryOver,
): Promise<Inspection> {
  const stats = emptyStats(answer.bytes.length);
  const { contentType } = answer;
  // Files and texts say by their bytes what they are.
  if (/json|event-stream/i.test(contentType ?? '') && !isUtf8Answer(contentType))
    return { decision: cannotInspect('response', inspector, 'unknown_charset'), stats };
  const parseBody = (bytes: Uint8Array) => parseAnswer(bytes, contentType);
  // An error that cannot be read passes, so an error that some client can read must be inspected.
  const isError = isErrorStatus(answer.status);
  const parsed = opened(
    'response',
    inspector,
    isError ? parseBehindMark(answer.bytes, parseBody) : parseBody(answer.bytes),
  );
  const context = { ...carryOver, ...request };
  if (!parsed.ok) {
    const isFile = !isError && parsed.isOtherThanJson && answersOfPath(answer.path) !== undefined;
    const file = isFile ? await inspectFile(inspector, answer, context, stats) : undefined;
    return { decision: file ?? unreadable(answer, parsed, isError), stats };
  }
  return { decision: await inspectDocument(inspector, parsed.document, answer, context, stats), stats };
}

/**
 * The bytes say whether it is a text, whatever its type does.
 *
 * @returns undefined for what calls itself JSON and is not
 */
async function inspectFile(
  inspector: Inspector,
  { bytes, contentType }: PlainAnswer,
  request: InspectionRequest & RequestCarryOver,
  stats: InspectionStats,
): Promise<Decision | undefined> {
  const file = readFileBytes(bytes);
  if (file.kind === 'text') {
    const document = textDocument(file.text, file.encode);
    return inspectTexts(inspector, document, readText(file.text), request, stats);
  }
  if (isCalledJson(contentType)) return undefined;
  if (file.kind === 'unreadable') return cannotInspect('response', inspector, 'unreadable_part');
  stats.opaque = 1;
  if (inspector.config.on_opaque === 'block') return cannotInspect('response', inspector, 'opaque_part');
  return { outcome: 'skipped', why: 'the answer is media' };
}

function unreadable(
  { requestHadBody, contentType }: PlainAnswer,
  { decision, isOtherThanJson }: { decision: Decision; isOtherThanJson: boolean },
  isError: boolean,
): Decision {
  // Some client may read what is labelled as JSON even if it is not valid JSON.
  if (!isOtherThanJson || isCalledJson(contentType)) return decision;
  if (isError) return { outcome: 'skipped', why: 'an error that is not JSON' };
  return requestHadBody ? decision : NOT_OF_THIS_API;
}

/** Media, which players request in parts, and which are not read here. */
function isMedia(contentType: string | undefined): boolean {
  return /^\s*(audio|image|video)\//i.test(contentType ?? '');
}

/** Or a script: some APIs wrap their JSON in one if the query of the request asks for it. */
function isCalledJson(contentType: string | undefined): boolean {
  return /json|script/i.test(contentType ?? '');
}

/** A stream, or one JSON value; a list is read as either. */
function parseAnswer(bytes: Uint8Array, contentType: string | undefined): ParsedStream | ParsedJson {
  return (
    parseStream(bytes, contentType) ??
    parseList(bytes) ??
    parseJson(bytes, { left: MAX_ANSWER_VALUES }, 'told')
  );
}

/** The answer to a request without a body, such as a list of models. */
const NOT_OF_THIS_API: Decision = { outcome: 'skipped', why: 'not an answer that this API defines' };

async function inspectDocument(
  inspector: Inspector,
  document: JsonDocument | StreamDocument,
  answer: PlainAnswer,
  request: InspectionRequest & RequestCarryOver,
  stats: InspectionStats,
): Promise<Decision> {
  stats.streamed = 'events' in document;
  const { value } = document;
  const reading = isErrorStatus(answer.status) ? undefined : readAnswer(inspector, document, answer.path);
  if (reading) stats.formats = reading.formats;
  if (reading?.isRecognised) return inspectTexts(inspector, document, reading.extraction, request, stats);
  const beside = 'events' in document ? document.events : document.beside;
  if (isErrorStatus(answer.status) || isErrorBody(value)) {
    return inspectTexts(inspector, document, readError(value, beside), request, stats);
  }
  // A request for something other than an answer, such as the steps of a run, gets just that.
  if (answer.requestHadBody && inspector.config.on_uninspectable === 'block') {
    return cannotInspect('response', inspector, 'unknown_shape');
  }
  return inspectTexts(inspector, document, readResource(value, beside), request, stats);
}

function readAnswer({ formats }: Inspector, document: JsonDocument | StreamDocument, path: string): Reading {
  if (!('events' in document)) return readResponse(formats, document.value, path, document.beside);
  return readStreamOrList(formats, document.events, path, document.isList === true);
}

async function inspectTexts(
  inspector: Inspector,
  document: JsonDocument,
  found: Extraction,
  request: InspectionRequest & RequestCarryOver,
  stats: InspectionStats,
): Promise<Decision> {
  const { config } = inspector;
  countExtraction(found, stats);
  inspector.onRead?.(found);
  const refused = refuseUninspectable('response', inspector, found);
  if (refused) return refused;
  const encryptions = config.operation === 'validate' ? [] : request.encryptions;
  const [only] = encryptions;
  const metadata = {
    event_type: 'output' as const,
    ...guardMetadata(config, request.caller, found.model),
    ...(only && encryptions.length === 1 ? { input_fpe_context: only.context } : {}),
  };
  const { history } = request;
  const news = history ? await withoutKnownNames(inspector.history, history, found) : found;
  const scopeOf = () => historyScope(inspector.id, request.caller.consumer, metadata);
  const echoes = await recallEchoes(inspector.history, scopeOf, withoutEncrypted(news.segments, encryptions));
  stats.knownRecurring = echoes.known.size;
  stats.unknownRecurring = echoes.unknown.length;
  const unknown = { ...news, segments: news.segments.filter((segment) => !echoes.known.has(segment)) };
  const calls = fittedCalls(planOutput(unknown), metadata);
  if (!calls) return cannotInspect('response', inspector, 'too_many_texts');
  if (calls.length === 0 && echoes.known.size === 0) return NO_TEXT;
  return withSession(inspector, request, stats, async (session) => {
    const { asked, clear } = await askWithDecryption(session, metadata, calls, encryptions, stats);
    const combined = combineVerdicts('response', config, asked);
    if (combined.kind === 'decided') return combined.decision;
    if (combined.failure === undefined && config.operation !== 'validate') {
      echoes.remember(new Map(combined.changes));
    }
    stats.wouldRedact = config.operation === 'validate' && combined.changes.size > 0;
    if (config.operation === 'validate') return allowUnchanged(combined.failure);
    for (const [segment, changes] of combined.changes)
      combined.changes.set(segment, changesInClear(segment, changes, clear));
    for (const [segment, { changes }] of echoes.known) if (changes) combined.changes.set(segment, changes);
    const decrypted = decryptedTexts(found, combined.changes, clear);
    const { decision, isDecrypted } = apply('response', config, document, combined, decrypted);
    if (!isDecrypted) stats.unredactFailed = true;
    // AIDR encrypts values in clear again in the next turn, so an answer with such values is not remembered as a turn.
    const isInspected = decision.outcome === 'allowed' || decision.outcome === 'redacted';
    if (history && clear.size === 0 && isInspected) {
      inspector.history.remember(() => answerTurns(history, news.segments, combined.changes));
    }
    return decision;
  });
}

/**
 * With one context, it is in the metadata of the call: AIDR decrypts the texts itself before it inspects them. With several,
 * the texts are decrypted first, because a call takes only one context.
 */
async function askWithDecryption(
  session: AidrSession,
  metadata: Parameters<typeof ask>[1],
  calls: PlannedCall[],
  encryptions: readonly Encryption[],
  stats: InspectionStats,
) {
  const texts =
    encryptions.length === 0
      ? []
      : [...new Set(calls.flatMap(({ parts }) => parts.map(({ whole }) => whole)))];
  const decrypting = decrypt(session, encryptions, texts);
  if (encryptions.length <= 1) {
    const [asked, { clear, isComplete }] = await Promise.all([
      ask(session, metadata, calls, stats),
      decrypting,
    ]);
    stats.unredactFailed = !isComplete;
    return { asked, clear };
  }
  const { clear, isComplete } = await decrypting;
  stats.unredactFailed = !isComplete;
  return { asked: await ask(session, metadata, inClearCalls(calls, clear), stats), clear };
}

function inClearCalls(calls: PlannedCall[], clear: ClearValues): PlannedCall[] {
  const plain = (text: string) => inClear(text, clear);
  return calls.map(({ input: _encrypted, ...call }) => ({
    ...call,
    parts: call.parts.map((part) => ({ ...part, whole: plain(part.whole), text: plain(part.text) })),
  }));
}

/** The echoes of which a verdict counts later: what is remembered of a text is not what it says in clear. */
function withoutEncrypted(segments: readonly Segment[], encryptions: readonly Encryption[]) {
  if (encryptions.length === 0) return segments;
  const finder = new ValueFinder(encryptions.flatMap(({ values }) => values));
  return segments.filter(({ role, text }) => role === 'system' && !finder.isIn(text));
}

/** Signed text cannot be changed, so its values stay encrypted. */
function decryptedTexts(
  { segments }: Extraction,
  redacted: ReadonlyMap<Segment, readonly Change[]>,
  clear: ClearValues,
): Map<Segment, readonly Change[]> {
  const changed = new Map<Segment, readonly Change[]>();
  if (clear.size === 0) return changed;
  for (const segment of segments) {
    if (redacted.has(segment) || segment.immutableBecause) continue;
    const changes = clearedIn(segment.text, clear);
    if (changes.length > 0) changed.set(segment, changes);
  }
  return changed;
}

/** A redacted text can hold encrypted values as well: what AIDR left of it, and what it put in. */
function changesInClear(segment: Segment, changes: readonly Change[], clear: ClearValues): readonly Change[] {
  const text = withChanges(segment.text, changes);
  const cleared = clearedIn(text, clear);
  if (cleared.length === 0) return changes;
  return changesInPieces(shownPieces(segment), withChanges(text, cleared), segment.separator ?? '');
}
