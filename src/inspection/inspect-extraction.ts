/** What both directions do with the texts of a body: limits, calls, verdicts. */
import { type GuardMetadata, MAX_REQUEST_BYTES } from '../aidr/request.ts';
import { AidrSession, type SessionTerms } from '../aidr/session.ts';
import type { Direction } from '../config/schema.ts';
import type { Extraction } from '../formats/segment.ts';
import { callerKey } from './caller-key.ts';
import { type AskedCall, askAboutAll } from './calls/ask.ts';
import { fitted } from './calls/call-size.ts';
import { modelName } from './calls/metadata.ts';
import type { PlannedCall } from './calls/plan-calls.ts';
import type { AnyInspector, InspectionRequest } from './inspector.ts';
import { cannotInspect } from './open-body.ts';
import type { Decision } from './policy/decision.ts';
import { failClosed } from './policy/enforcement.ts';
import { addCallStats, type InspectionStats } from './report/inspection-stats.ts';

/** More than any answer has choices; each is a call. */
const MAX_CALLS = 256;
/** Bytes of a call besides its messages, tools and metadata. */
const ENVELOPE_BYTES = 256;

/** @returns why a body is refused before AIDR is asked; undefined when it is not */
export function refuseUninspectable(
  direction: Direction,
  inspector: AnyInspector,
  found: Extraction,
): Decision | undefined {
  const { config } = inspector;
  if (found.isUnaccounted) return failClosed(direction, { class: 'internal', detail: UNACCOUNTED });
  if (found.isTooMuch) return cannotInspect(direction, inspector, 'too_many_texts');
  if (found.hasTooManyValues) return cannotInspect(direction, inspector, 'too_many_values');
  if (found.unreadable > 0 && config.on_uninspectable === 'block') {
    return cannotInspect(direction, inspector, 'unreadable_part');
  }
  if (found.opaque > 0 && config.on_opaque === 'block')
    return cannotInspect(direction, inspector, 'opaque_part');
  return undefined;
}

const UNACCOUNTED = 'not every part of the body was looked at';

export function countExtraction(found: Extraction, stats: InspectionStats): void {
  stats.segments = found.segments.length + found.tools.length;
  stats.opaque = found.opaque;
  const model = modelName(found.model);
  if (model !== undefined) stats.model = model;
}

export const NO_TEXT: Decision = { outcome: 'skipped', why: 'the body holds no text' };

export function sessionTerms(
  { config: { timeout, enforcing_strategy: strategy }, id }: Pick<AnyInspector, 'config' | 'id'>,
  { caller, vault, signal }: InspectionRequest,
): SessionTerms {
  return {
    timeout,
    caller: callerKey(caller, id),
    mayFailOpen: strategy === 'enforce_but_ignore_on_error',
    ...(vault ? { vault } : {}),
    ...(signal ? { signal } : {}),
    ...(caller.traceparent === undefined ? {} : { traceparent: caller.traceparent }),
  };
}

/** Runs all that needs AIDR within the deadline of the inspection. */
export async function withSession<Result>(
  inspector: AnyInspector,
  request: InspectionRequest,
  stats: InspectionStats,
  run: (session: AidrSession) => Promise<Result>,
): Promise<Result> {
  const session = new AidrSession(inspector.aidr, sessionTerms(inspector, request));
  try {
    return await run(session);
  } finally {
    const { attempts, elapsedMs } = session.end();
    stats.attempts += attempts;
    stats.aidrMs += elapsedMs;
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
  stats: InspectionStats,
  parallel?: number,
): Promise<AskedCall[]> {
  stats.calls += calls.length;
  const asked = await askAboutAll(session, metadata, calls, parallel);
  for (const { inspected } of asked) addCallStats(inspected, stats);
  return asked;
}
