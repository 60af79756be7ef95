/** What both legs do with the texts of a body: limits, calls, verdicts. */
import { MAX_REQUEST_BYTES, type Session } from '../aidr/client.ts';
import { Deadline } from '../aidr/deadline.ts';
import type { GuardMetadata } from '../aidr/request.ts';
import type { Leg } from '../config/schema.ts';
import type { Extraction } from '../wire/segment.ts';
import { type AskedCall, askAboutAll } from './ask.ts';
import { fitted } from './call-size.ts';
import { callerKey } from './caller-key.ts';
import type { PlannedCall } from './calls.ts';
import type { Decision } from './decision.ts';
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
  if (found.isTooMuch) return cannotInspect(leg, guard, 'too_many_texts');
  if (found.hasTooManyValues) return cannotInspect(leg, guard, 'too_many_values');
  if (found.unreadable > 0 && config.on_uninspectable === 'block') {
    return cannotInspect(leg, guard, 'unreadable_part');
  }
  if (found.opaque > 0 && config.on_opaque === 'block') return cannotInspect(leg, guard, 'opaque_part');
  return undefined;
}

export function countFound(found: Extraction, facts: Facts): void {
  facts.segments = found.segments.length + found.tools.length;
  facts.opaque = found.opaque;
  const model = modelName(found.model);
  if (model !== undefined) facts.model = model;
}

export const NO_TEXT: Decision = { outcome: 'skipped', why: 'the body holds no text' };

/** Runs what needs AIDR within the one deadline of an inspection. */
export async function withSession<Result>(
  { config, client, id }: Guard,
  { caller, vault, signal }: Inquiry,
  facts: Facts,
  run: (session: Session) => Promise<Result>,
): Promise<Result> {
  const deadline = new Deadline(config.timeout);
  const session: Session = {
    deadline,
    caller: callerKey(caller, id),
    attempts: 0,
    ...(vault ? { vault } : {}),
    ...(config.enforcing_strategy === 'enforce_but_ignore_on_error' ? { mayFailOpen: true } : {}),
  };
  const began = performance.now();
  const giveUp = () => deadline.end();
  if (signal?.aborted) giveUp();
  signal?.addEventListener('abort', giveUp);
  try {
    await client.refreshKey(session);
    return await run(session);
  } finally {
    signal?.removeEventListener('abort', giveUp);
    deadline.end();
    facts.attempts += session.attempts;
    facts.aidrMs += performance.now() - began;
  }
}

/** @returns undefined when it would take more calls than one body may cost */
export function fittedCalls(calls: PlannedCall[], metadata: GuardMetadata): PlannedCall[] | undefined {
  const room = MAX_REQUEST_BYTES - ENVELOPE_BYTES - Buffer.byteLength(JSON.stringify(metadata), 'utf8');
  const all = fitted(calls, room);
  return all.length > MAX_CALLS ? undefined : all;
}

export async function ask(
  guard: Guard,
  session: Session,
  metadata: Parameters<typeof askAboutAll>[2],
  calls: PlannedCall[],
  facts: Facts,
  parallel?: number,
): Promise<AskedCall[]> {
  facts.calls += calls.length;
  const asked = await askAboutAll(guard.client, session, metadata, calls, parallel);
  for (const { inspected } of asked) learnFrom(inspected, facts);
  return asked;
}
