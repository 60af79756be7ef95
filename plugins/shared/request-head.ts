/** What is refused before a body is looked at. */
import {
  CONNECTION_REFUSED,
  LOOKALIKE_REFUSED,
  type Rejection,
  TOO_MANY_HEADERS,
  UPGRADE_REFUSED,
} from '../../src/inspection/refusal/rejection.ts';
import { type Headers, MAX_HEADERS } from '../../src/kong/kong-request.ts';

/**
 * Kong switches buffering off for a WebSocket upgrade, and with it the response phase.
 *
 * @param isAudit refuses nothing but that
 */
export function refuseHead(headers: Headers, isAudit: boolean): Rejection | undefined {
  if (headers.get('upgrade')?.toLowerCase().includes('websocket')) return UPGRADE_REFUSED;
  if (isAudit) return undefined;
  if (headers.count >= MAX_HEADERS) return TOO_MANY_HEADERS;
  if (BODY_LOOKALIKES.some((name) => headers.get(name) !== undefined)) return LOOKALIKE_REFUSED;
  return takesOffBodyHeaders(headers.get('connection') ?? '') ? CONNECTION_REFUSED : undefined;
}

/** Kong lets underscores through, and behind CGI's names a server cannot tell them from dashes. */
const BODY_LOOKALIKES = ['content_encoding', 'content_type', 'content_length', 'transfer_encoding'];

function takesOffBodyHeaders(connection: string): boolean {
  const listed = connection.split(',').map((name) => name.trim().toLowerCase());
  return listed.some(
    (name) => name.startsWith('content-') || name === 'transfer-encoding' || name === 'host',
  );
}
