/** The response leg's pipeline: bytes, document or stream, segments, verdicts, decision. Knows nothing of Kong. */
import type { AidrSession } from '../aidr/session.ts';
import { parseBehindMark } from '../body/byte-order-mark.ts';
import { MAX_ANSWER_VALUES } from '../body/json/check.ts';
import { type JsonDocument, type ParsedJson, parseJson } from '../body/json/document.ts';
import type { ParsedStream, StreamDocument } from '../body/stream/document.ts';
import { parseList, parseStream } from '../body/stream/index.ts';
import {
  isErrorBody,
  isErrorStatus,
  isPartStatus,
  type Reading,
  readError,
  readResource,
  readResponse,
  readStreamOrList,
} from '../formats/read.ts';
import type { Extraction, Segment } from '../formats/segment.ts';
import { type PlannedCall, planOutput } from './calls.ts';
import type { Decision } from './decision.ts';
import { type ClearValues, decrypt, type Encryption, inClear } from './encryption.ts';
import { apply, settle, through } from './enforcement.ts';
import { type Facts, noFacts } from './facts.ts';
import type { Answer, Guard, Inquiry, Inspection, Legacy, PlainAnswer } from './guard.ts';
import { answerTurns, withoutKnownNames } from './history.ts';
import { ask, countFound, fittedCalls, NO_TEXT, refuseFound, withSession } from './inspect-found.ts';
import { guardMetadata } from './metadata.ts';
import { cannotInspect, opened, withDecoded } from './open-body.ts';

/**
 * @param legacy what the request leg knows of the prompt
 * @param inspectPlain does the same with the decoded bytes, here or elsewhere
 */
export async function inspectAnswer(
  guard: Guard,
  answer: Answer,
  inquiry: Inquiry,
  legacy: Legacy,
  inspectPlain = inspectPlainAnswer,
): Promise<Inspection> {
  const facts = noFacts(answer.bytes.length);
  if (answer.bytes.length === 0)
    return { decision: { outcome: 'skipped', why: 'the answer has no body' }, facts };
  if (isPartStatus(answer.status) && !isMedia(answer.contentType))
    return { decision: cannotInspect('response', guard, 'partial'), facts };
  return withDecoded('response', guard, answer, inquiry, async (decoded, held) => {
    if (!decoded.ok) return { decision: decoded.decision, facts };
    const { encoding: _, ...rest } = answer;
    const inspection = await inspectPlain(guard, { ...rest, bytes: decoded.bytes }, held, legacy);
    inspection.facts.bytes = facts.bytes;
    return inspection;
  });
}

export async function inspectPlainAnswer(
  guard: Guard,
  answer: PlainAnswer,
  inquiry: Inquiry,
  legacy: Legacy,
): Promise<Inspection> {
  const facts = noFacts(answer.bytes.length);
  const parseBody = (bytes: Uint8Array) => parseAnswer(bytes, answer.contentType);
  // An error that cannot be read passes, so one that some client could read has to be.
  const isError = isErrorStatus(answer.status);
  const parsed = opened(
    'response',
    guard,
    isError ? parseBehindMark(answer.bytes, parseBody) : parseBody(answer.bytes),
  );
  if (!parsed.ok) return { decision: unreadable(answer, parsed, isError), facts };
  const context = { ...inquiry, ...legacy };
  return { decision: await inspectDocument(guard, parsed.document, answer, context, facts), facts };
}

function unreadable(
  { requestHadBody, contentType }: PlainAnswer,
  { decision, isOtherThanJson }: { decision: Decision; isOtherThanJson: boolean },
  isError: boolean,
): Decision {
  // What calls itself JSON and is none is read by somebody all the same.
  if (!isOtherThanJson || isCalledJson(contentType)) return decision;
  if (isError) return { outcome: 'skipped', why: 'an error that is not JSON' };
  return requestHadBody ? decision : NOT_OF_THIS_API;
}

/** What players ask for in parts, and nobody reads. */
function isMedia(contentType: string | undefined): boolean {
  return /^\s*(audio|image|video)\//i.test(contentType ?? '');
}

/** Or a script, in which some APIs wrap their JSON where the query of a request asks for that. */
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
  guard: Guard,
  document: JsonDocument | StreamDocument,
  answer: PlainAnswer,
  inquiry: Inquiry & Legacy,
  facts: Facts,
): Promise<Decision> {
  facts.streamed = 'events' in document;
  const { value } = document;
  const reading = isErrorStatus(answer.status) ? undefined : readAnswer(guard, document, answer.path);
  if (reading) facts.formats = reading.formats;
  if (reading?.isRecognised) return judge(guard, document, reading.found, inquiry, facts);
  const beside = 'events' in document ? document.events : document.beside;
  if (isErrorStatus(answer.status) || isErrorBody(value)) {
    return judge(guard, document, readError(value, beside), inquiry, facts);
  }
  // Whoever asked for something else than an answer, such as the steps of a run, gets that.
  if (answer.requestHadBody && guard.config.on_uninspectable === 'block') {
    return cannotInspect('response', guard, 'unknown_shape');
  }
  return judge(guard, document, readResource(value, beside), inquiry, facts);
}

function readAnswer({ formats }: Guard, document: JsonDocument | StreamDocument, path: string): Reading {
  if (!('events' in document)) return readResponse(formats, document.value, path, document.beside);
  return readStreamOrList(formats, document.events, path);
}

async function judge(
  guard: Guard,
  document: JsonDocument,
  found: Extraction,
  inquiry: Inquiry & Legacy,
  facts: Facts,
): Promise<Decision> {
  const { config } = guard;
  countFound(found, facts);
  const refused = refuseFound('response', guard, found);
  if (refused) return refused;
  const encryptions = config.operation === 'validate' ? [] : inquiry.encryptions;
  const [only] = encryptions;
  const metadata = {
    event_type: 'output' as const,
    ...guardMetadata(config, inquiry.caller, found.model),
    ...(only && encryptions.length === 1 ? { input_fpe_context: only.context } : {}),
  };
  const { history } = inquiry;
  const news = history ? await withoutKnownNames(guard.history, history, found) : found;
  const calls = fittedCalls(planOutput(news), metadata);
  if (!calls) return cannotInspect('response', guard, 'too_many_texts');
  if (calls.length === 0) return NO_TEXT;
  return withSession(guard, inquiry, facts, async (session) => {
    const { asked, clear } = await askWithDecryption(session, metadata, calls, encryptions, facts);
    const settled = settle('response', config, asked);
    if ('outcome' in settled) return settled;
    facts.wouldRedact = config.operation === 'validate' && settled.texts.size > 0;
    if (config.operation === 'validate') return through(settled.failure);
    for (const [segment, text] of settled.texts) settled.texts.set(segment, inClear(text, clear));
    const decrypted = decryptedTexts(found, settled.texts, clear);
    const { decision, isDecrypted } = apply('response', config, document, settled, decrypted);
    if (!isDecrypted) facts.unredactFailed = true;
    // Values in clear are encrypted anew in the next turn, so an answer that holds some is no known turn.
    const isVetted = decision.outcome === 'allowed' || decision.outcome === 'redacted';
    if (history && clear.size === 0 && isVetted) {
      guard.history.remember(() => answerTurns(history, news.segments, settled.texts));
    }
    return decision;
  });
}

/**
 * One context, which the metadata has: AIDR decrypts what it inspects itself, while it decrypts for us. Several: the
 * texts are decrypted first, because a call takes one context only.
 */
async function askWithDecryption(
  session: AidrSession,
  metadata: Parameters<typeof ask>[1],
  calls: PlannedCall[],
  encryptions: readonly Encryption[],
  facts: Facts,
) {
  const texts =
    encryptions.length === 0
      ? []
      : [...new Set(calls.flatMap(({ parts }) => parts.map(({ whole }) => whole)))];
  const decrypting = decrypt(session, encryptions, texts);
  if (encryptions.length <= 1) {
    const [asked, { clear, isComplete }] = await Promise.all([
      ask(session, metadata, calls, facts),
      decrypting,
    ]);
    facts.unredactFailed = !isComplete;
    return { asked, clear };
  }
  const { clear, isComplete } = await decrypting;
  facts.unredactFailed = !isComplete;
  return { asked: await ask(session, metadata, inClearCalls(calls, clear), facts), clear };
}

function inClearCalls(calls: PlannedCall[], clear: ClearValues): PlannedCall[] {
  const plain = (text: string) => inClear(text, clear);
  return calls.map(({ input: _encrypted, ...call }) => ({
    ...call,
    parts: call.parts.map((part) => ({ ...part, whole: plain(part.whole), text: plain(part.text) })),
  }));
}

/** Signed text stays encrypted: it cannot be changed. */
function decryptedTexts(
  { segments }: Extraction,
  redacted: ReadonlyMap<Segment, string>,
  clear: ClearValues,
): Map<Segment, string> {
  const texts = new Map<Segment, string>();
  if (clear.size === 0) return texts;
  for (const segment of segments) {
    if (redacted.has(segment) || segment.bound) continue;
    const text = inClear(segment.text, clear);
    if (text !== segment.text) texts.set(segment, text);
  }
  return texts;
}
