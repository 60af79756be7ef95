/** Sends the answer: header filters, Kong's own headers, body filters, the bytes. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { isWebSocket } from '../pdk/nginx-variables.ts';
import type { Exchange } from './exchange.ts';
import { csv } from './header-list.ts';
import { message, runBodyFilters, runHeaderFilters } from './phases.ts';
import { VIA } from './upstream-headers.ts';

const SERVER = 'kong/3.9.1';

/**
 * Sends the answer of an exchange. Resolves when it is out, or when the connection is gone.
 *
 * @param upstream the upstream's answer where it streams; without it the exchange holds the body
 * @param done called before the last bytes go out
 */
export async function respond(
  exchange: Exchange,
  response: ServerResponse,
  upstream: IncomingMessage | undefined,
  done: (bytes: number) => void,
): Promise<void> {
  if (!filterHeaders(exchange)) {
    upstream?.destroy();
    response.destroy();
    return;
  }
  response.writeHead(exchange.response.status, exchange.response.headers.toRaw());
  response.flushHeaders();
  exchange.headersSent = true;
  if (upstream !== undefined && exchange.filteredBody === undefined) {
    await stream(exchange, response, upstream, done);
    return;
  }
  upstream?.destroy();
  await sendBody(exchange, response, done);
}

/** Returns false when a filter failed: nginx then drops the connection. */
function filterHeaders(exchange: Exchange): boolean {
  if (exchange.proxied) clearHopHeaders(exchange);
  try {
    runHeaderFilters(exchange);
    keepCharset(exchange);
    addKongHeaders(exchange);
    return true;
  } catch (thrown) {
    exchange.worker.log.write('err', message(thrown));
    return false;
  }
}

function clearHopHeaders(exchange: Exchange): void {
  const { headers } = exchange.response;
  for (const name of exchange.upstreamHopHeaders) {
    if (!['close', 'upgrade', 'keep-alive'].includes(name)) headers.delete(name);
  }
  const upgrade = headers.get('upgrade')?.toLowerCase();
  if (upgrade !== undefined && upgrade !== (isWebSocket(exchange) ? 'websocket' : ''))
    headers.delete('Upgrade');
  if (!csv(exchange.request.headers.get('te')).includes('trailers')) headers.delete('Trailer');
}

/** Nginx knows the charset of an answer that it passes on, and adds it to a content type set without one. */
function keepCharset({ buffered, upstreamCharset, response: { headers } }: Exchange): void {
  const type = headers.get('content-type');
  if (buffered !== undefined || upstreamCharset === undefined || type === undefined) return;
  if (!type.includes(';')) headers.set('Content-Type', `${type}${upstreamCharset}`);
}

function addKongHeaders(exchange: Exchange): void {
  const { headers } = exchange.response;
  const { startedAt, proxyStartedAt = Date.now(), upstreamAnsweredAt = Date.now() } = exchange;
  if (exchange.proxied) {
    headers.set('X-Kong-Upstream-Latency', String(upstreamAnsweredAt - proxyStartedAt));
    headers.set('X-Kong-Proxy-Latency', String(proxyStartedAt - startedAt));
    headers.set('Via', [exchange.upstreamVia, VIA].filter(Boolean).join(', '));
    if (!headers.has('server')) headers.set('Server', SERVER);
  } else {
    headers.set('X-Kong-Response-Latency', String(Date.now() - startedAt));
    headers.set('Server', SERVER);
  }
  headers.set('X-Kong-Request-Id', exchange.id);
}

async function sendBody(
  exchange: Exchange,
  response: ServerResponse,
  done: (bytes: number) => void,
): Promise<void> {
  let filtered: Buffer;
  try {
    filtered = filteredWhole(exchange);
  } catch (thrown) {
    exchange.worker.log.write('err', message(thrown));
    response.destroy();
    return;
  }
  done(filtered.length);
  const { socket } = response;
  await new Promise<void>((resolve) => {
    response.once('close', resolve);
    response.end(filtered, () => resolve());
  });
  if (isShort(exchange, filtered.length)) socket?.destroySoon();
}

/** The end of a body reaches the filters in a call of its own, except where a header filter gave the body. */
function filteredWhole(exchange: Exchange): Buffer {
  const { filteredBody, localBody = Buffer.alloc(0) } = exchange;
  if (filteredBody !== undefined) return runBodyFilters(exchange, filteredBody, true) ?? filteredBody;
  const first = runBodyFilters(exchange, localBody, false);
  const rest = runBodyFilters(exchange, Buffer.alloc(0), true);
  return first === undefined || rest === undefined ? localBody : Buffer.concat([first, rest]);
}

/** Whether fewer bytes went out than were announced: nginx then closes the connection. */
function isShort(exchange: Exchange, bytes: number): boolean {
  const { status, headers } = exchange.response;
  if (exchange.request.method === 'HEAD' || status === 304) return false;
  return Number(headers.get('content-length') ?? 0) > bytes;
}

/** Passes the upstream's chunks on as they come. A break on either side breaks the other. */
function stream(
  exchange: Exchange,
  response: ServerResponse,
  upstream: IncomingMessage,
  done: (bytes: number) => void,
): Promise<void> {
  let bytes = 0;
  const breakOff = (thrown: unknown): void => {
    exchange.worker.log.write('warn', `the answer broke off: ${message(thrown)}`);
    response.destroy();
  };
  const filtered = (chunk: Buffer, last: boolean, pass: (out: Buffer) => void): void => {
    try {
      const out = runBodyFilters(exchange, chunk, last) ?? chunk;
      bytes += out.length;
      pass(out);
    } catch (thrown) {
      breakOff(thrown);
    }
  };
  upstream.on('data', (chunk: Buffer) => {
    filtered(chunk, false, (out) => {
      if (!response.write(out)) upstream.pause();
    });
  });
  upstream.on('end', () => {
    filtered(Buffer.alloc(0), true, (out) => {
      done(bytes);
      const { socket } = response;
      response.end(out, () => isShort(exchange, bytes) && socket?.destroySoon());
    });
  });
  upstream.on('error', breakOff);
  response.on('drain', () => upstream.resume());
  return new Promise((resolve) => {
    response.on('close', () => {
      upstream.destroy();
      done(bytes);
      resolve();
    });
  });
}
