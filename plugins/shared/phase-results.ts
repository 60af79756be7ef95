/** From a decision to the way a phase ends. */

import type { Direction } from '../../src/config/schema.ts';
import { failure, type Rejection, rejectionBody } from '../../src/inspection/policy/rejection.ts';
import type { PhaseResult } from '../../src/kong/phase.ts';

export function exitWith(rejection: Rejection, clear: string[] = []): PhaseResult & { kind: 'exit' } {
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
export function bugResult(direction: Direction): PhaseResult & { kind: 'exit' } {
  const clear = direction === 'response' ? ['content-encoding'] : [];
  return exitWith(failure(direction, { class: 'internal', detail: '' }), clear);
}
