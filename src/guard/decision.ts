/** How an inspection ends: what is recorded, and what happens to the traffic. */
import type { Failure } from '../aidr/failure.ts';
import type { Rejection } from './rejection.ts';

export type Decision =
  | { outcome: 'allowed' }
  /** There was nothing to inspect, or the configuration says to let it pass uninspected. */
  | { outcome: 'skipped'; why: string }
  | { outcome: 'redacted'; body: Uint8Array }
  | { outcome: 'blocked'; rejection: Rejection }
  | { outcome: 'failed_closed'; failure: Failure; rejection: Rejection };
