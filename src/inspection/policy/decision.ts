/** How an inspection ends: what is recorded, and what happens to the traffic. */
import type { Failure } from '../../aidr/failure.ts';
import type { Rejection } from './rejection.ts';

/** `body` is what goes on instead of what came. */
export type Decision =
  /** With a body where values that the prompt's verdict encrypted stand in clear again. */
  | { outcome: 'allowed'; body?: Uint8Array }
  /** There was nothing to inspect, or the configuration says to let it pass uninspected. */
  | { outcome: 'skipped'; why: string }
  | { outcome: 'redacted'; body: Uint8Array }
  /** `content` is for the record, where the configuration asks for it. */
  | { outcome: 'blocked'; rejection: Rejection; content?: string[] }
  /** The configuration says that traffic goes on without a verdict. What verdicts there are is applied. */
  | { outcome: 'failed_open'; failure: Failure; body?: Uint8Array }
  | { outcome: 'failed_closed'; failure: Failure; rejection: Rejection };
