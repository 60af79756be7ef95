/** From a body's bytes to a document, or to the decision about a body that cannot be read. */
import { type DecodedBody, decodeBody } from '../body/content-encoding.ts';
import type { ParsedForm } from '../body/form/form-document.ts';
import type { JsonDocument, ParsedJson } from '../body/json/document.ts';
import type { ParsedStream, StreamDocument } from '../body/stream/document.ts';
import type { Direction } from '../config/schema.ts';
import { FairBudget } from '../fair-share/fair-budget.ts';
import { isRevoked, revoke } from '../fair-share/revocation.ts';
import { callerKey } from './caller-key.ts';
import type { AnyInspector, Body, InspectionRequest } from './inspector.ts';
import type { Decision } from './policy/decision.ts';
import { noRoom, roomLost } from './policy/no-room.ts';
import { type BodyProblem, type Uninspectable, undecodable, uninspectable } from './refusal/rejection.ts';

export type Decoded = { ok: true; bytes: Uint8Array } | { ok: false; decision: Decision };

export type Opened =
  | { ok: true; document: JsonDocument | StreamDocument }
  | { ok: false; decision: Decision; isOtherThanJson: boolean };

/** Memory for decoded bodies, of all requests together: a few bytes on the wire can become megabytes. */
export const decodedBytes = new FairBudget(67_108_864);

/** Smaller decoded bodies cost no more than ordinary bodies, and are not counted. */
const SMALL = 65_536;

/**
 * @param use what to do with the decoded bytes, whose memory is reserved until this is done. The request that it gets is
 * aborted when that memory goes to another caller, and then its result does not count
 */
export async function withDecoded<Result>(
  direction: Direction,
  inspector: Pick<AnyInspector, 'config' | 'id'>,
  body: Pick<Body, 'bytes' | 'encoding'>,
  request: InspectionRequest,
  use: (decoded: Decoded, request: InspectionRequest) => Promise<Result>,
): Promise<Result> {
  const decoded = await decodeBody(body.bytes, body.encoding, inspector.config.max_body_size);
  if (!decoded.ok) {
    const { problem } = decoded;
    const decision =
      problem === 'corrupt'
        ? refuse(direction, inspector, problem)
        : cannotInspect(direction, inspector, problem);
    return use({ ok: false, decision }, request);
  }
  const held = hold(decoded, inspector, request);
  if (!held) return use({ ok: false, decision: noRoom(direction) }, request);
  const { signal } = held.request;
  try {
    // Decoding took a while.
    if (!isRevoked(signal)) {
      const result = await use({ ok: true, bytes: decoded.bytes }, held.request);
      if (!isRevoked(signal)) return result;
    }
    return await use({ ok: false, decision: roomLost(direction) }, request);
  } finally {
    held.release();
  }
}

/** @returns undefined when there is no room for the caller */
function hold(
  { bytes, wasEncoded }: Pick<DecodedBody & { ok: true }, 'bytes' | 'wasEncoded'>,
  { id }: Pick<AnyInspector, 'id'>,
  request: InspectionRequest,
): { request: InspectionRequest; release(): void } | undefined {
  if (!wasEncoded || bytes.length <= SMALL) return { request, release: () => undefined };
  const revocation = new AbortController();
  const caller = callerKey(request.caller, id);
  const reservation = decodedBytes.reserve(caller, bytes.length, () => revoke(revocation));
  if (!reservation) return undefined;
  const signals = [revocation.signal, ...(request.signal ? [request.signal] : [])];
  return {
    request: { ...request, signal: AbortSignal.any(signals) },
    release: () => reservation.release(),
  };
}

export function opened(
  direction: Direction,
  inspector: Pick<AnyInspector, 'config'>,
  parsed: ParsedStream | ParsedJson | ParsedForm,
): Opened {
  if (parsed.ok) return { ok: true, document: parsed.document };
  const { problem } = parsed;
  return { ok: false, decision: refuse(direction, inspector, problem), isOtherThanJson: isNoJson(problem) };
}

/** The body is not JSON: plain text or binary data. Ambiguous JSON does not count as that. */
function isNoJson(problem: BodyProblem): boolean {
  return problem === 'invalid_json' || problem === 'invalid_utf8';
}

/** A prompt that is not one unambiguous JSON value is refused, whatever is configured: the provider may read it differently. */
function refuse(
  direction: Direction,
  inspector: Pick<AnyInspector, 'config'>,
  problem: BodyProblem,
): Decision {
  if (direction === 'response' && inspector.config.on_uninspectable === 'allow') {
    return { outcome: 'skipped', why: `uninspectable answer (${problem})` };
  }
  return { outcome: 'blocked', rejection: undecodable(direction, problem) };
}

/** @returns the decision about a body that cannot be read, by `on_uninspectable` */
export function cannotInspect(
  direction: Direction,
  { config }: Pick<AnyInspector, 'config'>,
  why: Uninspectable,
): Decision {
  if (why !== 'opaque_part' && config.on_uninspectable === 'allow') {
    return { outcome: 'skipped', why: `uninspectable body (${why})` };
  }
  return { outcome: 'blocked', rejection: uninspectable(direction, config, why) };
}
