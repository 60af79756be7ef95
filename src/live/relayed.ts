/** One request in the relay: what its ticket holds, and what is known since. */

import type { Caller } from '../inspection/calls/metadata.ts';
import type { HostInspector } from '../inspection/create-inspector.ts';
import type { RequestCarryOver } from '../inspection/inspector.ts';
import type { Decision } from '../inspection/policy/decision.ts';
import type { RefusedClient } from '../inspection/refusal/refusal-reply.ts';
import type { InspectionStats } from '../inspection/report/inspection-stats.ts';
import type { CompletedInspection } from '../inspection/report/record.ts';
import type { ByteReservation } from './byte-reservation.ts';
import type { ClientResponse } from './client-response.ts';
import type { Upstream, UpstreamAnswer } from './upstream.ts';

/** What the access phase knows of a request: the subject of a ticket. */
export interface Admission {
  upstream: Upstream;
  inspector: HostInspector;
  caller: Caller;
  /** The request's path, as the client sent it. */
  path: string;
  /** Who reads a refusal. */
  client: Omit<RefusedClient, 'path'>;
  /** Whether there was a prompt. */
  hadBody: boolean;
  /** What the request plugin left. */
  carryOver: RequestCarryOver;
  /** Under `audit`: nothing waits, and nothing is changed. */
  isAudit: boolean;
  /** @param tookMs from the answer's first byte to its last */
  report(ended: CompletedInspection, tookMs: number): void;
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
  /** The rest of the body: a loop over it may be left, and another one continues there. */
  chunks: AsyncIterable<Uint8Array>;
  held: ByteReservation;
  client: ClientResponse;
  stats: InspectionStats;
  /** Aborts when the client has left, when the rest of the answer is not needed, or, as revoked, when its room is lost. */
  abort: AbortController;
}

/** How the relay's part ended. */
export type RelayOutcome = CompletedInspection['decision'];

export const CLIENT_LEFT: Decision = { outcome: 'skipped', why: 'the client left' };
export const BROKEN_OFF: Decision = { outcome: 'skipped', why: 'the upstream broke off its answer' };
