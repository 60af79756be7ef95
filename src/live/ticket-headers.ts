/** Tickets in headers: the one with which Kong brings a request, and the one with which the relay sends it on. */
import type { IncomingMessage } from 'node:http';
import { GUARDED, INTERNAL_TICKET_HEADER, TICKET_HEADER } from '../kong/send-to-relay.ts';
import type { Admitted } from './relayed.ts';
import type { UpstreamRequest } from './upstream.ts';

type Head = Pick<IncomingMessage, 'headers'>;

export function broughtTicket({ headers }: Head): { ticket: string; isGuarded: boolean } {
  const [ticket = '', guarded] = String(headers[TICKET_HEADER] ?? '').split(' ');
  return { ticket, isGuarded: guarded === GUARDED };
}

/**
 * For an internal route of Kong, whose check takes each ticket once, or for the relay of another process.
 *
 * @returns undefined for a provider
 */
export function onwardTicket(admitted: Admitted, request: Head): UpstreamRequest['ticket'] {
  if (admitted.upstream.internalRoute !== undefined)
    return [INTERNAL_TICKET_HEADER, broughtTicket(request).ticket];
  const ahead = 'ticketAhead' in admitted ? admitted.ticketAhead : undefined;
  return ahead === undefined ? undefined : [TICKET_HEADER, ahead];
}

/**
 * Whether the relay has sent this request to an internal route already, and Kong brings it again. Nobody else knows how
 * tickets of this process begin.
 */
export function isBackAgain({ headers }: Head, process: string): boolean {
  return String(headers[INTERNAL_TICKET_HEADER] ?? '').startsWith(`${process}.`);
}
