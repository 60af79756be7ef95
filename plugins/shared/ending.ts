/** From a decision to the way a phase ends. */

import type { Leg } from '../../src/config/schema.ts';
import { failure, type Rejection, rejectionBody } from '../../src/guard/rejection.ts';
import type { PhaseEnd } from '../../src/kong/phase.ts';

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
