/** One request in the relay: what its ticket brought, and what was learned on the way. */

import type { Caller } from '../inspection/calls/metadata.ts';
import type { HostInspector } from '../inspection/create-inspector.ts';
import type { RequestCarryOver } from '../inspection/inspector.ts';
import type { Decision } from '../inspection/policy/decision.ts';
import type { RefusedClient } from '../inspection/refusal-reply.ts';
import type { InspectionStats } from '../inspection/report/inspection-stats.ts';
import type { CompletedInspection } from '../inspection/report/record.ts';
import type { ByteReservation } from './byte-reservation.ts';
import type { ClientResponse } from './client-response.ts';
import type { Upstream, UpstreamAnswer } from './upstream.ts';

/** What a ticket stands for. */
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
  /** An audit: nothing waits, nothing is changed. */
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
  /** What is left of the body: a loop over it may be left and taken up again. */
  chunks: AsyncIterable<Uint8Array>;
  held: ByteReservation;
  client: ClientResponse;
  stats: InspectionStats;
  /** Aborts when the client has left, or nothing more of the answer is wanted; as revoked when its room is. */
  abort: AbortController;
}

/** How the relay's part ended. */
export type RelayOutcome = CompletedInspection['decision'];

export const CLIENT_LEFT: Decision = { outcome: 'skipped', why: 'the client left' };
export const BROKEN_OFF: Decision = { outcome: 'skipped', why: 'the upstream broke off its answer' };
