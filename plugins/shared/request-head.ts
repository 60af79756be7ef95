/** What is refused before a body is looked at. */
import {
  CONNECTION_REFUSED,
  type Rejection,
  TOO_MANY_HEADERS,
  UPGRADE_REFUSED,
} from '../../src/guard/rejection.ts';
import { type Headers, MAX_HEADERS } from '../../src/kong/exchange.ts';

/**
 * Kong switches buffering off for a WebSocket upgrade, and with it the response phase.
 *
 * @param isAudit refuses nothing but that
 */
export function refuseHead(headers: Headers, isAudit: boolean): Rejection | undefined {
  if (headers.get('upgrade')?.toLowerCase().includes('websocket')) return UPGRADE_REFUSED;
  if (isAudit) return undefined;
  if (headers.count >= MAX_HEADERS) return TOO_MANY_HEADERS;
  return takesOffBodyHeaders(headers.get('connection') ?? '') ? CONNECTION_REFUSED : undefined;
}

function takesOffBodyHeaders(connection: string): boolean {
  const listed = connection.split(',').map((name) => name.trim().toLowerCase());
  return listed.some(
    (name) => name.startsWith('content-') || name === 'transfer-encoding' || name === 'host',
  );
}
