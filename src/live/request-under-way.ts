/** A request in the relay, from its head to the end of its answer. */
import type { IncomingMessage } from 'node:http';
import type { Caller } from '../inspection/calls/metadata.ts';
import type { InspectionRecord } from '../inspection/report/record.ts';
import type { ClientResponse } from './client-response.ts';
import type { RelayedRequest } from './relayed.ts';

export interface UnderWay<Admitted> {
  admitted: Admitted;
  caller: Caller;
  request: IncomingMessage;
  client: ClientResponse;
  /**
   * Aborts when the client has left, when nothing more is needed, or, as revoked, when its room is lost. A client that leaves
   * when the provider has the prompt, and AIDR still judges it, ends only what the provider does.
   */
  abort: AbortController;
  /** The room was given to another caller. Under `audit` nothing is stopped. */
  giveUp(): void;
  /** How the directions ended whose end is known. */
  records: { request?: InspectionRecord; response?: InspectionRecord };
  /** What was asked has passed. */
  isAsking: boolean;
}

export interface RequestUnderWay extends UnderWay<RelayedRequest> {
  /** Of the prompt, where the provider was asked before it was there; never rejects. */
  verdict?: Promise<PromptVerdict>;
}

export type PromptVerdict = 'passes' | 'refused';

/** The reason of an abort. */
export const CLIENT_GONE = new Error('the client left');
