/** What both legs do with the texts of a body: limits, calls, verdicts. */
import { type GuardMetadata, MAX_REQUEST_BYTES } from '../aidr/request.ts';
import { AidrSession, type SessionTerms } from '../aidr/session.ts';
import type { Leg } from '../config/schema.ts';
import type { Extraction } from '../formats/segment.ts';
import { type AskedCall, askAboutAll } from './ask.ts';
import { fitted } from './call-size.ts';
import { callerKey } from './caller-key.ts';
import type { PlannedCall } from './calls.ts';
import type { Decision } from './decision.ts';
import { failClosed } from './enforcement.ts';
import { type Facts, learnFrom } from './facts.ts';
import type { Guard, Inquiry } from './guard.ts';
import { modelName } from './metadata.ts';
import { cannotInspect } from './open-body.ts';

/** More than any answer has choices; each is a call. */
const MAX_CALLS = 256;
/** Bytes of a call that are not its messages, tools and metadata. */
const ENVELOPE_BYTES = 256;

/** @returns why a body is refused before AIDR is asked; undefined when it is not */
export function refuseFound(leg: Leg, guard: Guard, found: Extraction): Decision | undefined {
  const { config } = guard;
  if (found.isUnaccounted) return failClosed(leg, { class: 'internal', detail: UNACCOUNTED });
  if (found.isTooMuch) return cannotInspect(leg, guard, 'too_many_texts');
  if (found.hasTooManyValues) return cannotInspect(leg, guard, 'too_many_values');
  if (found.unreadable > 0 && config.on_uninspectable === 'block') {
    return cannotInspect(leg, guard, 'unreadable_part');
  }
  if (found.opaque > 0 && config.on_opaque === 'block') return cannotInspect(leg, guard, 'opaque_part');
  return undefined;
}

const UNACCOUNTED = 'not every part of the body was looked at';

export function countFound(found: Extraction, facts: Facts): void {
  facts.segments = found.segments.length + found.tools.length;
  facts.opaque = found.opaque;
  const model = modelName(found.model);
  if (model !== undefined) facts.model = model;
}

export const NO_TEXT: Decision = { outcome: 'skipped', why: 'the body holds no text' };

export function sessionTerms(
  { config: { timeout, enforcing_strategy: strategy }, id }: Pick<Guard, 'config' | 'id'>,
  { caller, vault, signal }: Inquiry,
): SessionTerms {
  return {
    timeout,
    caller: callerKey(caller, id),
    mayFailOpen: strategy === 'enforce_but_ignore_on_error',
    ...(vault ? { vault } : {}),
    ...(signal ? { signal } : {}),
  };
}

/** Runs what needs AIDR within the one deadline of an inspection. */
export async function withSession<Result>(
  guard: Guard,
  inquiry: Inquiry,
  facts: Facts,
  run: (session: AidrSession) => Promise<Result>,
): Promise<Result> {
  const session = new AidrSession(guard.aidr, sessionTerms(guard, inquiry));
  try {
    return await run(session);
  } finally {
    const { attempts, elapsedMs } = session.end();
    facts.attempts += attempts;
    facts.aidrMs += elapsedMs;
  }
}

/** @returns undefined when it would take more calls than one body may cost */
export function fittedCalls(calls: PlannedCall[], metadata: GuardMetadata): PlannedCall[] | undefined {
  const room = MAX_REQUEST_BYTES - ENVELOPE_BYTES - Buffer.byteLength(JSON.stringify(metadata), 'utf8');
  const all = fitted(calls, room);
  return all.length > MAX_CALLS ? undefined : all;
}

export async function ask(
  session: AidrSession,
  metadata: Parameters<typeof askAboutAll>[1],
  calls: PlannedCall[],
  facts: Facts,
  parallel?: number,
): Promise<AskedCall[]> {
  facts.calls += calls.length;
  const asked = await askAboutAll(session, metadata, calls, parallel);
  for (const { inspected } of asked) learnFrom(inspected, facts);
  return asked;
}
