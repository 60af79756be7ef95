/** The result of an inspection: what is recorded, and what happens to the traffic. */
import type { Failure } from '../../aidr/failure.ts';
import type { Rejection } from '../refusal/rejection.ts';

/** `body` is what goes on instead of what came. */
export type Decision =
  /** It has a body if values that the prompt's verdict encrypted were decrypted in it. */
  | { outcome: 'allowed'; body?: Uint8Array }
  /** There was nothing to inspect, or the configuration says to let it pass uninspected. */
  | { outcome: 'skipped'; why: string }
  | { outcome: 'redacted'; body: Uint8Array }
  /** `content` is for the record, if the configuration asks for it. */
  | { outcome: 'blocked'; rejection: Rejection; content?: string[] }
  /** The strategy lets traffic pass without a verdict. Verdicts on other parts of the body are applied. */
  | { outcome: 'failed_open'; failure: Failure; body?: Uint8Array }
  | { outcome: 'failed_closed'; failure: Failure; rejection: Rejection };

/** What stops the traffic. */
export type Refusal = Extract<Decision, { rejection: Rejection }>;

/** What is the same wherever a decision comes from: an answer that the live relay redacted has no body any more. */
type Outcome = Decision | { outcome: 'redacted' };

export function isRefusal(decision: Outcome): decision is Refusal {
  switch (decision.outcome) {
    case 'blocked':
    case 'failed_closed':
      return true;
    case 'allowed':
    case 'skipped':
    case 'redacted':
    case 'failed_open':
      return false;
  }
}

/** @returns what goes on instead of what came; undefined where that stays as it is, or nothing goes on */
export function changedBody(decision: Decision): Uint8Array | undefined {
  switch (decision.outcome) {
    case 'allowed':
    case 'redacted':
    case 'failed_open':
      return decision.body;
    case 'skipped':
    case 'blocked':
    case 'failed_closed':
      return undefined;
  }
}
