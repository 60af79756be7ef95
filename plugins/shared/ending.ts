/** From a decision to the way a phase ends. */

import type { Leg } from '../../src/config/schema.ts';
import type { Decision } from '../../src/guard/decision.ts';
import { failure, type Rejection, rejectionBody } from '../../src/guard/rejection.ts';
import type { Exchange } from '../../src/kong/exchange.ts';
import type { PhaseEnd } from '../../src/kong/phase.ts';

/** Headers that describe a body which is no longer sent. */
export const BODY_HEADERS = [
  'content-encoding',
  'etag',
  'content-md5',
  'digest',
  'content-digest',
  'repr-digest',
  'content-range',
];

export function exitWith(rejection: Rejection, clear: string[] = []): PhaseEnd & { kind: 'exit' } {
  const retry = rejection.retryAfter === undefined ? {} : { 'Retry-After': String(rejection.retryAfter) };
  return {
    kind: 'exit',
    status: rejection.httpStatus,
    body: rejectionBody(rejection),
    headers: { 'Content-Type': 'application/json', ...retry },
    clear,
  };
}

/** The answer when a phase threw. */
export function bugEnd(leg: Leg): PhaseEnd & { kind: 'exit' } {
  const clear = leg === 'response' ? ['content-encoding'] : [];
  return exitWith(failure(leg, { class: 'internal', detail: '' }), clear);
}

/** One line for each inspection that failed: Kong's log is where operators look first. */
export async function logFailure(exchange: Exchange, plugin: string, decision: Decision): Promise<void> {
  if (decision.outcome !== 'failed_closed') return;
  const { class: reason, detail, requestId } = decision.failure;
  const id = requestId ? ` (AIDR request ${requestId})` : '';
  await exchange.log('err', `${plugin}: refused, ${reason}: ${detail}${id}`);
}
