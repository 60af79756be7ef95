/** What a request's headers say of its body, and what is refused before the body is looked at. */
import { asksForPrompt } from '../formats/registry.ts';
import {
  CONNECTION_REFUSED,
  INTERNAL_TICKET_REFUSED,
  LOOKALIKE_REFUSED,
  type Rejection,
  TOO_MANY_HEADERS,
  UPGRADE_REFUSED,
} from './refusal/rejection.ts';

/** The request header in which the relay brings a ticket to an internal route of Kong. */
export const INTERNAL_TICKET_HEADER = 'x-aidr-internal-ticket';

/** Headers by their names in lower case. */
export interface HeaderLookup {
  get(name: string): string | undefined;
}

/**
 * Kong switches buffering off for a WebSocket upgrade, and with it the response phase.
 *
 * @param max with this many headers, some may not be seen
 * @param isAudit refuses nothing but that
 */
export function refuseHead(
  headers: HeaderLookup & { count: number },
  max: number,
  isAudit: boolean,
): Rejection | undefined {
  if (headers.get('upgrade')?.toLowerCase().includes('websocket')) return UPGRADE_REFUSED;
  if (isAudit) return undefined;
  if (headers.count >= max) return TOO_MANY_HEADERS;
  if (headers.get(INTERNAL_TICKET_HEADER) !== undefined) return INTERNAL_TICKET_REFUSED;
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

/** An empty body is a broken prompt where the API wants one, and none at all elsewhere: `POST …/cancel` sends none. */
export function expectsBody(headers: HeaderLookup, path: string): boolean {
  return announcesContent(headers) || (announcesBody(headers) && asksForPrompt(path));
}

/** Not so does one that says itself that nothing follows. */
export function announcesContent(headers: HeaderLookup): boolean {
  return announcesBody(headers) && headers.get('content-length') !== '0';
}

/** A request with neither header has no body over HTTP/1.1; over HTTP/2 only its bytes tell. */
export function announcesBody(headers: HeaderLookup): boolean {
  return headers.get('content-length') !== undefined || headers.get('transfer-encoding') !== undefined;
}

/**
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
 */
export function isBodySigned(headers: HeaderLookup): boolean {
  const isSigV4 = headers.get('authorization')?.startsWith('AWS4-') ?? false;
  return isSigV4 && headers.get('x-amz-content-sha256') !== 'UNSIGNED-PAYLOAD';
}
