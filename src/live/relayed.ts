/** One request in the relay: what its ticket holds, and what is known since. */

import type { Caller } from '../inspection/calls/metadata.ts';
import type { HostInspector, HostMessageInspector } from '../inspection/create-inspector.ts';
import type { RequestCarryOver } from '../inspection/inspector.ts';
import type { Decision } from '../inspection/policy/decision.ts';
import type { RefusedClient } from '../inspection/refusal/refusal-reply.ts';
import type { InspectionStats } from '../inspection/report/inspection-stats.ts';
import type { CompletedInspection, InspectionRecord } from '../inspection/report/record.ts';
import type { HeaderLookup } from '../inspection/request-head.ts';
import type { ByteReservation } from './byte-reservation.ts';
import type { ClientResponse } from './client-response.ts';
import type { Upstream } from './upstream.ts';
import type { UpstreamAnswer } from './upstream-reader.ts';

/** What the access phase knows of a request: the subject of a ticket. */
export interface RelayedRequest {
  upstream: Upstream;
  /** What an internal route has to answer with. */
  internalProof?: string;
  /** Of the relay in another process, which is the upstream: it inspects the prompt. */
  ticketAhead?: string;
  callerOf(headers: HeaderLookup): Caller;
  /** Absent where the relay does not inspect the prompt. */
  prompt?: RelayedPrompt;
  /** Absent where the relay does not inspect the answer, which passes as it comes. */
  answer?: RelayedAnswer;
}

/** A request of the plugin for MCP: both directions are inspected here. */
export interface RelayedExchange {
  upstream: Upstream;
  /** What an internal route has to answer with. */
  internalProof?: string;
  callerOf(headers: HeaderLookup): Caller;
  inspector: HostMessageInspector;
  /** The request's path, as the client sent it. */
  path: string;
  /** How the client announced its body: Kong announces one in any case. */
  announced: HeaderLookup;
  /** What each direction tells. */
  reports: { request: RelayReports; response: RelayReports };
  /** Told whether the guard was there. */
  seeGuard(isGuarded: boolean): void;
}

/** What a ticket holds. */
export type Admitted = RelayedRequest | RelayedExchange;

export function isExchange(admitted: Admitted): admitted is RelayedExchange {
  return 'reports' in admitted;
}

/** Where the relay tells what it finds. */
export interface RelayReports {
  /** Under `audit`: nothing waits, and nothing is changed. */
  isAudit: boolean;
  /** @param tookMs of this direction */
  report(ended: CompletedInspection, tookMs: number): InspectionRecord;
  /** What will be reported, for Kong's record. */
  describe(ended: CompletedInspection, tookMs: number): InspectionRecord;
  /** @returns headers that tell the client how it ended, or that it has not ended */
  exposed(record: InspectionRecord | undefined): Record<string, string>;
  /** The audit had no room. */
  reportDropped(): void;
  /** The audit's inspection threw. */
  reportBroken(): void;
  /** A line for the operator. */
  warn(text: string): void;
}

export interface RelayedPrompt extends RelayReports {
  inspector: HostInspector;
  /** The request's path, as the client sent it. */
  path: string;
  /** ai-proxy has made another provider's request of it. */
  isTranslated: boolean;
  /** How the client announced its body: Kong announces one in any case. */
  announced: HeaderLookup;
}

export interface RelayedAnswer extends RelayReports {
  inspector: HostInspector;
  /** The request's path, as the client sent it. */
  path: string;
  /** Who reads a refusal. */
  client: Omit<RefusedClient, 'path'>;
  /** Whether there was a prompt. */
  hadBody: boolean;
  /** What the prompt's inspection left. */
  carryOver: RequestCarryOver;
  /** Told whether the guard was there. */
  seeGuard?(isGuarded: boolean): void;
  /** Streams pass unread. */
  streamsPass?: boolean;
}

/** What is known of a request whose answer is inspected. */
export interface Admission extends RelayedAnswer {
  caller: Caller;
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
  /** Told as soon as it is known how the answer ends: before its head is sent, where it is inspected whole. */
  conclude(outcome: RelayOutcome): void;
}

/** How the relay's part ended. */
export type RelayOutcome = CompletedInspection['decision'];

export const CLIENT_LEFT: Decision = { outcome: 'skipped', why: 'the client left' };
export const BROKEN_OFF: Decision = { outcome: 'skipped', why: 'the upstream broke off its answer' };
