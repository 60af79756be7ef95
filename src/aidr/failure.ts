/** Why there is no usable verdict: a closed set, because each class has its own consequence. */

/** The operator's and the network's fault; a caller cannot provoke them. */
const PASSING = ['timeout', 'unreachable', 'rate_limited', 'server_error', 'circuit_open'] as const;

/** A caller can provoke these with what it sends, so they never let anything pass. */
const PROVOKABLE = [
  'rejected_input',
  'failed_on_input',
  'invalid_response',
  'payload_too_large',
  'unappliable_redaction',
  'overloaded',
  'internal',
] as const;

export const FAILURE_CLASSES = [...PASSING, 'unauthorized', ...PROVOKABLE] as const;

export type FailureClass = (typeof FAILURE_CLASSES)[number];

export interface Failure {
  class: FailureClass;
  /** For the operator's log: codes, statuses and limits, never content and never a key. */
  detail: string;
  /** For the client, where the class alone would not tell what to do. */
  hint?: string;
  /** AIDR's id of the call, where it answered with one. */
  requestId?: string;
  /** It failed before anything was sent, so what was to be sent cannot be the reason. */
  isUnsent?: true;
}

export function failed(failure: FailureClass, detail: string): { ok: false; failure: Failure } {
  return { ok: false, failure: { class: failure, detail } };
}

/** @param limit bytes */
export function answerTooLarge(limit: number): { ok: false; failure: Failure } {
  return failed('invalid_response', `AIDR's answer is larger than ${limit} bytes`);
}

/** Whether traffic may go on without a verdict, where the strategy says so. */
export function mayFailOpen(failure: FailureClass): boolean {
  return failure === 'unauthorized' || (PASSING as readonly string[]).includes(failure);
}
