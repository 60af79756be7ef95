/** The pipeline of both legs: bytes, document, segments, verdicts, decision. Knows nothing of Kong. */
import type { AidrEndpoint } from '../aidr/client.ts';
import { ByteBudget } from '../body/byte-budget.ts';
import { decodeBody } from '../body/content-encoding.ts';
import { type JsonDocument, type JsonProblem, type ParsedJson, parseJson } from '../body/json/document.ts';
import type { ParsedStream, StreamDocument } from '../body/stream/document.ts';
import { listAsStream, parseStream } from '../body/stream/index.ts';
import type { Config, Leg } from '../config/schema.ts';
import { asksForStream } from '../wire/asks-for-stream.ts';
import { isErrorBody, type Reading, readError, readRequest, readResponse, readStream } from '../wire/read.ts';
import type { RouteFormats } from '../wire/registry.ts';
import { type Extraction, isObject } from '../wire/segment.ts';
import { askAboutAll } from './ask.ts';
import { type PlannedCall, planInput, planOutput } from './calls.ts';
import type { Decision } from './decision.ts';
import { enforce, refuseSigned } from './enforcement.ts';
import { type Caller, guardMetadata } from './metadata.ts';
import { overloaded, type Uninspectable, undecodable, uninspectable } from './rejection.ts';

/** What an instance of a plugin brings to each of its inspections. */
export interface Guard {
  config: Config;
  endpoint: AidrEndpoint;
  formats: RouteFormats;
}

export interface Body {
  bytes: Uint8Array;
  /** The `content-encoding` header's value. */
  encoding: string | undefined;
  /** The request's path, as the client sent it. */
  path: string;
  /** The client signed the bytes, so they must not be changed. */
  isSigned?: boolean;
}

export interface Answer extends Body {
  status: number;
  contentType: string | undefined;
  /** Whether the request that it answers had a body, and so was one that the format knows. */
  requestHadBody: boolean;
}

export interface InspectedPrompt {
  decision: Decision;
  asksForStream: boolean;
}

export async function inspectPrompt(guard: Guard, body: Body, caller: Caller): Promise<InspectedPrompt> {
  const opened = await open('request', guard, body);
  if (!opened.ok) return { decision: opened.decision, asksForStream: asksForStream(undefined, body.path) };
  try {
    const decision = await inspectInput(guard, opened.document, body, caller);
    return { decision, asksForStream: asksForStream(opened.document.value, body.path) };
  } finally {
    decodedBytes.release(opened.held);
  }
}

async function inspectInput(
  guard: Guard,
  document: JsonDocument,
  body: Body,
  caller: Caller,
): Promise<Decision> {
  if (!isObject(document.value)) return cannotInspect('request', guard, 'unknown_shape');
  const { found, isRecognised } = readRequest(guard.formats, document.value, body.path);
  if (!isRecognised && guard.config.on_uninspectable === 'block') {
    return cannotInspect('request', guard, 'unknown_shape');
  }
  const calls = planInput(found, guard.config.inspect_history);
  const decision = await inspectFound('request', guard, document, found, calls, caller);
  return decision.outcome === 'redacted' && body.isSigned ? refuseSigned('request') : decision;
}

export async function inspectAnswer(guard: Guard, answer: Answer, caller: Caller): Promise<Decision> {
  if (answer.bytes.length === 0) return { outcome: 'skipped', why: 'the answer has no body' };
  const opened = await open('response', guard, answer, (bytes) => parseAnswer(bytes, answer.contentType));
  if (!opened.ok) {
    if (opened.isOtherThanJson && isError(answer))
      return { outcome: 'skipped', why: 'an error that is not JSON' };
    if (opened.isOtherThanJson && !answer.requestHadBody) return NOT_OF_THIS_API;
    return opened.decision;
  }
  try {
    return await inspectParsedAnswer(guard, opened.document, answer, caller);
  } finally {
    decodedBytes.release(opened.held);
  }
}

/** A stream, or one JSON value; a list is read as either. */
function parseAnswer(bytes: Uint8Array, contentType: string | undefined): ParsedStream | ParsedJson {
  const stream = parseStream(bytes, contentType);
  if (stream) return stream;
  const parsed = parseJson(bytes);
  return parsed.ok ? { ok: true, document: listAsStream(parsed.document) ?? parsed.document } : parsed;
}

function readAnswer({ formats }: Guard, document: JsonDocument | StreamDocument, path: string): Reading {
  if (!('events' in document)) return readResponse(formats, document.value, path);
  const asStream = readStream(formats, document.events, path);
  return asStream.isRecognised ? asStream : readResponse(formats, document.value, path);
}

async function inspectParsedAnswer(
  guard: Guard,
  document: JsonDocument | StreamDocument,
  answer: Answer,
  caller: Caller,
): Promise<Decision> {
  const { value } = document;
  const reading = isError(answer) ? undefined : readAnswer(guard, document, answer.path);
  if (reading?.isRecognised) return inspectOutput(guard, document, reading.found, caller);
  if (isError(answer) || isErrorBody(value)) return inspectOutput(guard, document, readError(value), caller);
  return answer.requestHadBody ? cannotInspect('response', guard, 'unknown_shape') : NOT_OF_THIS_API;
}

function isError({ status }: Answer): boolean {
  return status < 200 || status > 299;
}

function inspectOutput(
  guard: Guard,
  document: JsonDocument,
  found: Extraction,
  caller: Caller,
): Promise<Decision> {
  return inspectFound('response', guard, document, found, planOutput(found), caller);
}

/** The answer to a request without a body, such as a list of models. */
const NOT_OF_THIS_API: Decision = { outcome: 'skipped', why: 'not an answer that this API defines' };

type Opened =
  | { ok: true; document: JsonDocument | StreamDocument; held: number }
  | { ok: false; decision: Decision; isOtherThanJson: boolean };

/** What coded bodies become, of all requests together: a few bytes on the wire can be megabytes here. */
const decodedBytes = new ByteBudget(67_108_864);

async function open(
  leg: Leg,
  guard: Guard,
  body: Body,
  parse: (bytes: Uint8Array) => ParsedStream | ParsedJson = parseJson,
): Promise<Opened> {
  const decoded = await decodeBody(body.bytes, body.encoding, guard.config.max_body_size);
  if (!decoded.ok) {
    const { problem } = decoded;
    const decision = problem === 'corrupt' ? refuse(leg, guard, problem) : cannotInspect(leg, guard, problem);
    return { ok: false, decision, isOtherThanJson: false };
  }
  const held = decoded.wasEncoded ? decoded.bytes.length : 0;
  if (!decodedBytes.tryHold(held)) {
    return {
      ok: false,
      decision: { outcome: 'blocked', rejection: overloaded(leg) },
      isOtherThanJson: false,
    };
  }
  const parsed = parse(decoded.bytes);
  if (parsed.ok) return { ok: true, document: parsed.document, held };
  decodedBytes.release(held);
  return {
    ok: false,
    decision: refuse(leg, guard, parsed.problem),
    isOtherThanJson: isNoJson(parsed.problem),
  };
}

/** Text or binary data; JSON that two readers could read differently is something else. */
function isNoJson(problem: JsonProblem | 'corrupt'): boolean {
  return problem === 'invalid_json' || problem === 'invalid_utf8';
}

/** A prompt that is not one unambiguous JSON value is refused whatever is configured: the provider may read another. */
function refuse(leg: Leg, guard: Guard, problem: Parameters<typeof undecodable>[1]): Decision {
  if (leg === 'response' && guard.config.on_uninspectable === 'allow') {
    return { outcome: 'skipped', why: `uninspectable answer (${problem})` };
  }
  return { outcome: 'blocked', rejection: undecodable(leg, problem) };
}

/** @returns what the configuration says of a body that cannot be read */
export function cannotInspect(leg: Leg, { config }: Pick<Guard, 'config'>, why: Uninspectable): Decision {
  if (why !== 'opaque_part' && config.on_uninspectable === 'allow') {
    return { outcome: 'skipped', why: `uninspectable body (${why})` };
  }
  return { outcome: 'blocked', rejection: uninspectable(leg, config, why) };
}

/** More than any answer has choices; each is a call. */
const MAX_CALLS = 256;

async function inspectFound(
  leg: Leg,
  guard: Guard,
  document: JsonDocument,
  found: Extraction,
  calls: PlannedCall[],
  caller: Caller,
): Promise<Decision> {
  const { config, endpoint } = guard;
  if (found.isTooMuch || calls.length > MAX_CALLS) return cannotInspect(leg, guard, 'too_many_texts');
  if (found.unreadable > 0 && config.on_uninspectable === 'block')
    return cannotInspect(leg, guard, 'unreadable_part');
  if (found.opaque > 0 && config.on_opaque === 'block') return cannotInspect(leg, guard, 'opaque_part');
  if (calls.length === 0) return { outcome: 'skipped', why: 'the body holds no text' };
  const metadata = guardMetadata(config, caller, found.model);
  const eventType = leg === 'request' ? 'input' : 'output';
  const asked = await askAboutAll(endpoint, eventType, metadata, calls, config.timeout);
  return enforce(leg, config, document, asked);
}
