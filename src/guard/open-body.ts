/** From a body's bytes to a document, or to the decision about a body that cannot be read. */
import { ByteBudget } from '../body/byte-budget.ts';
import { decodeBody } from '../body/content-encoding.ts';
import type { JsonDocument, JsonProblem, ParsedJson } from '../body/json/document.ts';
import type { ParsedStream, StreamDocument } from '../body/stream/document.ts';
import type { Leg } from '../config/schema.ts';
import type { Decision } from './decision.ts';
import type { Body, Guard } from './guard.ts';
import { overloaded, type Uninspectable, undecodable, uninspectable } from './rejection.ts';

export type Opened =
  | { ok: true; document: JsonDocument | StreamDocument }
  | { ok: false; decision: Decision; isOtherThanJson: boolean };

/** What coded bodies become, of all requests together: a few bytes on the wire can be megabytes here. */
const decodedBytes = new ByteBudget(67_108_864);

/** @param use what to do with the body; it counts as held until this is done */
export async function withOpened<Result>(
  leg: Leg,
  guard: Pick<Guard, 'config'>,
  body: Body,
  parse: (bytes: Uint8Array) => ParsedStream | ParsedJson,
  use: (opened: Opened) => Promise<Result>,
): Promise<Result> {
  const decoded = await decodeBody(body.bytes, body.encoding, guard.config.max_body_size);
  if (!decoded.ok) {
    const { problem } = decoded;
    const decision = problem === 'corrupt' ? refuse(leg, guard, problem) : cannotInspect(leg, guard, problem);
    return use({ ok: false, decision, isOtherThanJson: false });
  }
  const held = decoded.wasEncoded ? decoded.bytes.length : 0;
  if (!decodedBytes.tryHold(held)) {
    return use({
      ok: false,
      decision: { outcome: 'blocked', rejection: overloaded(leg) },
      isOtherThanJson: false,
    });
  }
  try {
    const parsed = parse(decoded.bytes);
    if (parsed.ok) return await use({ ok: true, document: parsed.document });
    const { problem } = parsed;
    return await use({
      ok: false,
      decision: refuse(leg, guard, problem),
      isOtherThanJson: isNoJson(problem),
    });
  } finally {
    decodedBytes.release(held);
  }
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
