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
