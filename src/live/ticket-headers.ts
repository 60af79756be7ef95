/** Tickets in headers: the one with which Kong brings a request, and the one with which the relay sends it on. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { INTERNAL_TICKET_HEADER } from '../inspection/request-head.ts';
import { GUARDED, TICKET_HEADER } from '../kong/send-to-relay.ts';
import type { Admitted } from './relayed.ts';
import type { UpstreamRequest } from './upstream.ts';

type Head = Pick<IncomingMessage, 'headers'>;

/** @returns an empty ticket where there is none, or more than one */
export function broughtTicket({ headers }: Head): { ticket: string; isGuarded: boolean } {
  const [ticket = '', guarded, ...more] = String(headers[TICKET_HEADER] ?? '').split(' ');
  if (more.length > 0 || ![undefined, GUARDED].includes(guarded)) return { ticket: '', isGuarded: false };
  return { ticket, isGuarded: guarded === GUARDED };
}

/**
 * With what an internal route answers one request. It comes there through Kong's memory, and in no request: whoever got the
 * request in the internal route's place does not know it. Kong logs it, and caches keep it, when it is good for nothing more.
 */
export function newProof(): string {
  return randomUUID();
}

/**
 * For an internal route of Kong, whose check takes each ticket once, or for the relay of another process.
 *
 * @returns nothing for a provider
 */
export function onwardTicket(
  admitted: Admitted,
  request: Head,
): Pick<UpstreamRequest, 'ticket' | 'expectedProof'> {
  if (admitted.upstream.internalRoute !== undefined) {
    const { ticket } = broughtTicket(request);
    // Without one there is none that would do.
    return { ticket: [INTERNAL_TICKET_HEADER, ticket], expectedProof: admitted.internalProof ?? newProof() };
  }
  const ahead = 'ticketAhead' in admitted ? admitted.ticketAhead : undefined;
  return ahead === undefined ? {} : { ticket: [TICKET_HEADER, ahead] };
}

/**
 * Whether the relay has sent this request to an internal route already, and Kong brings it again. Nobody else knows how
 * tickets of this process begin.
 */
export function isBackAgain({ headers }: Head, process: string): boolean {
  return String(headers[INTERNAL_TICKET_HEADER] ?? '').startsWith(`${process}.`);
}
