/** The headers of the request that goes upstream, and those of the answer that comes back. */

import { isWebSocket } from '../pdk/nginx-variables.ts';
import { pathOf } from '../routing/uri.ts';
import type { Exchange } from './exchange.ts';
import { csv, HeaderList } from './header-list.ts';

export const VIA = '1.1 kong/3.9.1';

/** What nginx sets itself, or does not pass on. */
const REPLACED = [
  'Host',
  'Connection',
  'Upgrade',
  'TE',
  'Via',
  'X-Forwarded-For',
  'X-Forwarded-Proto',
  'X-Forwarded-Host',
  'X-Forwarded-Port',
  'X-Forwarded-Path',
  'X-Forwarded-Prefix',
  'X-Real-IP',
  'X-Kong-Request-Id',
  'Content-Length',
  'Transfer-Encoding',
  'Keep-Alive',
  'Expect',
  'Proxy',
  'Proxy-Connection',
  // Not so in nginx, but Node.js does not send it beside a length.
  'Trailer',
];
const NOT_PASSED_BACK = ['connection', 'keep-alive', 'transfer-encoding', 'x-pad'];
/** Methods for which Node would otherwise announce a chunked body. */
const WITHOUT_BODY = ['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE'];

/** The headers of the upstream request. */
export function upstreamHeaders(exchange: Exchange, bodyLength: number): HeaderList {
  const { request } = exchange;
  const original = request.headers;
  const headers = original.clone();
  for (const name of csv(original.get('connection'))) headers.delete(name);
  for (const name of REPLACED) headers.delete(name);
  const added: Readonly<Record<string, string | undefined>> = {
    Host: exchange.upstream?.hostHeader,
    Connection: isWebSocket(exchange) ? 'keep-alive, Upgrade' : 'keep-alive',
    Upgrade: isWebSocket(exchange) ? 'websocket' : undefined,
    TE: csv(original.get('te')).includes('trailers') ? 'trailers' : undefined,
    Via: [original.get('via'), `${request.incoming.httpVersion} kong/3.9.1`].filter(Boolean).join(', '),
    ...forwardedHeaders(exchange),
    'X-Real-IP': exchange.clientIp,
    'X-Kong-Request-Id': exchange.id,
    'Content-Length': contentLength(exchange, bodyLength),
  };
  for (const [name, value] of Object.entries(added)) {
    if (value !== undefined && value !== '') headers.set(name, value);
  }
  return headers;
}

function forwardedHeaders(exchange: Exchange): Record<string, string | undefined> {
  const { peer, request, worker } = exchange;
  const claimed = (name: string): string | undefined =>
    peer.trusted ? request.headers.get(name) : undefined;
  const before = request.headers.get('x-forwarded-for');
  return {
    'X-Forwarded-For': before === undefined ? exchange.clientIp : `${before}, ${peer.ip}`,
    'X-Forwarded-Proto': claimed('x-forwarded-proto') ?? 'http',
    'X-Forwarded-Host': claimed('x-forwarded-host') ?? exchange.host,
    'X-Forwarded-Port': claimed('x-forwarded-port') ?? String(worker.settings.port()),
    'X-Forwarded-Path': claimed('x-forwarded-path') ?? pathOf(request.uri),
    'X-Forwarded-Prefix': claimed('x-forwarded-prefix') ?? exchange.forwardedPrefix,
  };
}

/** Kong has read the whole body by then, so its length is known, however it came. */
function contentLength({ request }: Exchange, bodyLength: number): string | undefined {
  const announced = request.headers.has('content-length');
  if (bodyLength === 0 && !announced && WITHOUT_BODY.includes(request.method)) return undefined;
  return String(bodyLength);
}

/** The upstream's headers as they enter the answer. */
export function answerHeaders(raw: readonly string[]): HeaderList {
  const headers = HeaderList.fromRaw(raw);
  for (const name of NOT_PASSED_BACK) headers.delete(name);
  for (const [name] of [...headers.entries()]) {
    if (name.toLowerCase().startsWith('x-accel-')) headers.delete(name);
  }
  return headers;
}
