/** From a body's bytes to a document, or to the decision about a body that cannot be read. */
import { type DecodedBody, decodeBody } from '../body/content-encoding.ts';
import type { JsonDocument, JsonProblem, ParsedJson } from '../body/json/document.ts';
import type { ParsedStream, StreamDocument } from '../body/stream/document.ts';
import type { Leg } from '../config/schema.ts';
import { FairBudget } from '../fair-share/fair-budget.ts';
import { isRevoked, revoke } from '../fair-share/revocation.ts';
import { callerKey } from './caller-key.ts';
import type { Decision } from './decision.ts';
import type { Body, Guard, Inquiry } from './guard.ts';
import { noRoom, roomLost } from './no-room.ts';
import { type Uninspectable, undecodable, uninspectable } from './rejection.ts';

export type Decoded = { ok: true; bytes: Uint8Array } | { ok: false; decision: Decision };

export type Opened =
  | { ok: true; document: JsonDocument | StreamDocument }
  | { ok: false; decision: Decision; isOtherThanJson: boolean };

/** What coded bodies become, of all requests together: a few bytes on the wire can be megabytes here. */
export const decodedBytes = new FairBudget(67_108_864);

/** So little costs no more than a body that came without a coding, and is not counted. */
const SMALL = 65_536;

/**
 * @param use what to do with the bytes without their coding, which count as held until this is done; the inquiry that it
 * gets aborts when another caller is given what this one holds, and nothing that comes of it then counts
 */
export async function withDecoded<Result>(
  leg: Leg,
  guard: Pick<Guard, 'config' | 'id'>,
  body: Body,
  inquiry: Inquiry,
  use: (decoded: Decoded, inquiry: Inquiry) => Promise<Result>,
): Promise<Result> {
  const decoded = await decodeBody(body.bytes, body.encoding, guard.config.max_body_size);
  if (!decoded.ok) {
    const { problem } = decoded;
    const decision = problem === 'corrupt' ? refuse(leg, guard, problem) : cannotInspect(leg, guard, problem);
    return use({ ok: false, decision }, inquiry);
  }
  const held = hold(decoded, guard, inquiry);
  if (!held) return use({ ok: false, decision: noRoom(leg) }, inquiry);
  const { signal } = held.inquiry;
  try {
    // Decoding took a while.
    if (!isRevoked(signal)) {
      const result = await use({ ok: true, bytes: decoded.bytes }, held.inquiry);
      if (!isRevoked(signal)) return result;
    }
    return await use({ ok: false, decision: roomLost(leg) }, inquiry);
  } finally {
    held.release();
  }
}

/** @returns undefined when there is no room for the caller */
function hold(
  { bytes, wasEncoded }: Pick<DecodedBody & { ok: true }, 'bytes' | 'wasEncoded'>,
  { id }: Pick<Guard, 'id'>,
  inquiry: Inquiry,
): { inquiry: Inquiry; release(): void } | undefined {
  if (!wasEncoded || bytes.length <= SMALL) return { inquiry, release: () => undefined };
  const revocation = new AbortController();
  const caller = callerKey(inquiry.caller, id);
  const reservation = decodedBytes.reserve(caller, bytes.length, () => revoke(revocation));
  if (!reservation) return undefined;
  const signals = [revocation.signal, ...(inquiry.signal ? [inquiry.signal] : [])];
  return {
    inquiry: { ...inquiry, signal: AbortSignal.any(signals) },
    release: () => reservation.release(),
  };
}

export function opened(leg: Leg, guard: Pick<Guard, 'config'>, parsed: ParsedStream | ParsedJson): Opened {
  if (parsed.ok) return { ok: true, document: parsed.document };
  const { problem } = parsed;
  return { ok: false, decision: refuse(leg, guard, problem), isOtherThanJson: isNoJson(problem) };
}

/** Text or binary data; JSON that two readers could read differently is something else. */
function isNoJson(problem: JsonProblem | 'corrupt'): boolean {
  return problem === 'invalid_json' || problem === 'invalid_utf8';
}

/** A prompt that is not one unambiguous JSON value is refused whatever is configured: the provider may read another. */
function refuse(leg: Leg, guard: Pick<Guard, 'config'>, problem: JsonProblem | 'corrupt'): Decision {
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
