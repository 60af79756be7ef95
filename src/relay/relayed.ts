/** One request in the relay: what its ticket brought, and what was learned on the way. */
import type { Decision } from '../guard/decision.ts';
import type { Facts } from '../guard/facts.ts';
import type { Legacy } from '../guard/guard.ts';
import type { Caller } from '../guard/metadata.ts';
import type { Ended } from '../guard/record.ts';
import type { HostGuard } from '../guard/start.ts';
import type { ByteReservation } from './byte-reservation.ts';
import type { Outlet } from './outlet.ts';
import type { Upstream, UpstreamAnswer } from './upstream.ts';

/** What a ticket stands for. */
export interface Admission {
  upstream: Upstream;
  guard: HostGuard;
  caller: Caller;
  /** The request's path, as the client sent it. */
  path: string;
  /** Whether there was a prompt. */
  hadBody: boolean;
  /** What the request leg left. */
  legacy: Legacy;
  /** An audit: nothing waits, nothing is changed. */
  isAudit: boolean;
  /** @param tookMs from the answer's first byte to its last */
  report(ended: Ended, tookMs: number): void;
  /** The audit had no room. */
  reportDropped(): void;
  /** The audit's inspection threw. */
  reportBroken(): void;
  /** A line for the operator. */
  warn(text: string): void;
}

/** An answer on its way from the upstream to the client. */
export interface Relayed {
  admission: Admission;
  answer: UpstreamAnswer;
  /** What is left of the body: a loop over it may be left and taken up again. */
  chunks: AsyncIterable<Uint8Array>;
  held: ByteReservation;
  outlet: Outlet;
  facts: Facts;
  /** Aborts when the client has left, or nothing more of the answer is wanted; as revoked when its room is. */
  abort: AbortController;
}

/** How the relay's part ended. */
export type Ending = Ended['decision'];

export const CLIENT_LEFT: Decision = { outcome: 'skipped', why: 'the client left' };
export const BROKEN_OFF: Decision = { outcome: 'skipped', why: 'the upstream broke off its answer' };
