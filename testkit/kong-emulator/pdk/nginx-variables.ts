/** The nginx variables that plugins read, as Kong's template sets them. */

import type { Exchange } from '../proxy/exchange.ts';
import { normalizePath, pathOf } from '../routing/uri.ts';

/** The value of a variable; not known is another thing than empty. */
export function nginxVariable(
  exchange: Exchange,
  name: string,
): { known: boolean; value?: string | undefined } {
  if (name.startsWith('http_'))
    return headerVariable(exchange.request.headers.all(name.slice('http_'.length)));
  if (name.startsWith('arg_')) return { known: true, value: argument(exchange, name.slice('arg_'.length)) };
  if (name.startsWith('upstream_http_')) {
    const header = name.slice('upstream_http_'.length);
    return headerVariable((exchange.buffered?.headers ?? exchange.response.headers).all(header));
  }
  const value = VARIABLES[name];
  return value === undefined ? { known: false } : { known: true, value: value(exchange) };
}

const VARIABLES: Readonly<Record<string, (exchange: Exchange) => string | undefined>> = {
  args: (x) => x.request.args,
  content_length: (x) => x.request.headers.get('content-length'),
  content_type: (x) => x.request.headers.get('content-type'),
  host: (x) => x.host,
  https: () => '',
  is_args: (x) => (x.request.args === '' ? '' : '?'),
  kong_proxy_mode: () => 'http',
  kong_request_id: (x) => x.id,
  realip_remote_addr: (x) => x.peer.ip,
  remote_addr: (x) => x.clientIp,
  remote_port: (x) => String(x.peer.port),
  request_id: (x) => x.id,
  request_method: (x) => x.request.method,
  request_uri: (x) => x.request.uri,
  scheme: () => 'http',
  server_port: (x) => String(x.worker.settings.port()),
  server_protocol: (x) => `HTTP/${x.request.incoming.httpVersion}`,
  status: (x) => String(x.response.status),
  upstream_connection: (x) => (isWebSocket(x) ? 'keep-alive, Upgrade' : 'keep-alive'),
  upstream_host: (x) => x.upstream?.hostHeader ?? '',
  upstream_scheme: (x) => x.upstream?.scheme ?? '',
  upstream_status: (x) => (x.upstreamStatus === undefined ? undefined : String(x.upstreamStatus)),
  upstream_upgrade: (x) => (isWebSocket(x) ? 'websocket' : ''),
  upstream_uri: (x) => x.upstream?.path ?? '',
  uri: (x) => normalizePath(pathOf(x.request.uri)),
};

/** Kong looks at the Upgrade header alone, unless a plugin takes it away; the method and the Connection header do not matter. */
export function isWebSocket(exchange: Exchange): boolean {
  const upgrade = exchange.upstreamUpgrade ?? exchange.request.headers.get('upgrade');
  return upgrade?.toLowerCase() === 'websocket';
}

function headerVariable(lines: readonly string[]): { known: true; value: string | undefined } {
  return { known: true, value: lines.length === 0 ? undefined : lines.join(', ') };
}

function argument(exchange: Exchange, name: string): string | undefined {
  const found = exchange.request.args.split('&').find((part) => part.split('=')[0]?.toLowerCase() === name);
  return found?.split('=').slice(1).join('=');
}
