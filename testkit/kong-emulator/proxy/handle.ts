/** The way of one request: route, access, upstream, response phase, answer, log. */

import { lookup } from 'node:dns/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import type { Service, UpstreamEntity } from '../config/model.ts';
import { error, PhaseEnded, send } from '../pdk/exit.ts';
import { isWebSocket } from '../pdk/nginx-variables.ts';
import { escapePath, normalizePath, pathOf, upstreamPath } from '../routing/uri.ts';
import type { Exchange, Upstream } from './exchange.ts';
import { csv, HeaderList } from './header-list.ts';
import { ERROR_PAGE_STATUSES, errorBody, errorMessage, errorType } from './kong-errors.ts';
import { message, runAccess, runLog, runResponse } from './phases.ts';
import { respond } from './respond.ts';
import { callUpstream, UpstreamFailure } from './upstream.ts';
import { answerHeaders, upstreamHeaders } from './upstream-headers.ts';

/** Handles a request from its head to its log record. Resolves when all of it is over. */
export async function handle(
  exchange: Exchange,
  response: ServerResponse,
  log: (exchange: Exchange, bytes: number) => void,
): Promise<void> {
  const streamed = await answer(exchange);
  if (response.destroyed) {
    // The client has left: nginx logs 499.
    exchange.response.status = 499;
    streamed?.destroy();
    log(exchange, 0);
  } else {
    // An answer may go out before the request has come in; the rest of it is read and dropped.
    exchange.request.incoming.resume();
    await respond(exchange, response, streamed, once(exchange, log));
  }
  await runLog(exchange);
}

function once(exchange: Exchange, log: (exchange: Exchange, bytes: number) => void): (bytes: number) => void {
  let logged = false;
  return (bytes) => {
    if (!logged) log(exchange, bytes);
    logged = true;
  };
}

/** Finds the answer. It is in the exchange, but for the body of an upstream's answer that streams. */
async function answer(exchange: Exchange): Promise<IncomingMessage | undefined> {
  try {
    return await proxied(exchange);
  } catch (thrown) {
    if (thrown instanceof PhaseEnded) {
      const { status } = exchange.response;
      // Nginx asks for an error page where a plugin's answer has no body.
      if (exchange.localBody === undefined && ERROR_PAGE_STATUSES.includes(status))
        errorPage(exchange, status, true);
    } else if (thrown instanceof UpstreamFailure) {
      // Where Kong reads the answer whole, it takes an upstream that gives none for an answer of its own.
      errorPage(exchange, thrown.status, !exchange.buffering);
    } else {
      if (!exchange.clientGone.signal.aborted) exchange.worker.log.write('err', message(thrown));
      errorPage(exchange, 500, true);
    }
    return undefined;
  }
}

async function proxied(exchange: Exchange): Promise<IncomingMessage | undefined> {
  findRoute(exchange);
  await runAccess(exchange);
  const { upstream } = exchange;
  if (exchange.service === undefined || upstream === undefined) {
    exchange.ctx.delete('buffered_proxying');
    return error(exchange, 503, 'no Service found with those values');
  }
  await prepareUpstream(exchange, upstream);
  exchange.proxied = true;
  exchange.proxyStartedAt = Date.now();
  const buffered = exchange.buffering && !isWebSocket(exchange);
  if (exchange.buffering && !buffered) {
    exchange.worker.log.write('notice', 'response buffering was turned off: connection upgrade (websocket)');
    exchange.ctx.delete('buffered_proxying');
  }
  const body = await exchange.request.body();
  const headers = upstreamHeaders(exchange, body.length).toRaw();
  const response = await callUpstream(exchange, upstream, headers, body);
  exchange.upstreamAnsweredAt = Date.now();
  takeHead(exchange, response, buffered);
  if (!buffered) return response;
  await bufferedAnswer(exchange, response);
  return undefined;
}

/** Kong's own error answer, for what nginx reports or a plugin broke. */
function errorPage(exchange: Exchange, status: number, unexpected: boolean): void {
  if (unexpected) exchange.unexpected = true;
  exchange.phase = 'error';
  exchange.exited = true;
  exchange.ctx.delete('buffered_proxying');
  const { headers } = exchange.request;
  const type = errorType(headers.get('accept') ?? headers.get('content-type') ?? 'text/plain');
  const shown = status === 494 ? 400 : status;
  send(exchange, shown, errorBody(type, errorMessage(status), exchange.id), { 'Content-Type': type });
}

function findRoute(exchange: Exchange): void {
  const { request, worker } = exchange;
  const path = normalizePath(pathOf(request.uri));
  const match = worker.router.match({
    method: request.method,
    path,
    host: request.headers.get('host') ?? '',
    port: worker.settings.port(),
    header: (name) => request.headers.all(name),
  });
  if (match === undefined) error(exchange, 404, 'no Route matched with those values');
  const { route, service, prefix } = match;
  requireHttps(exchange, route.protocols, route.https_redirect_status_code);
  Object.assign(exchange, { route, service, forwardedPrefix: prefix === '/' ? undefined : prefix });
  const base = service?.path ?? '/';
  exchange.upstream = {
    scheme: service?.protocol ?? 'http',
    hostHeader: route.preserve_host ? (request.headers.get('host') ?? '') : '',
    path: escapePath(
      upstreamPath({ requestPath: path, prefix: prefix ?? '/', base, strip: route.strip_path }),
    ),
    host: service?.host ?? '',
    port: service?.port ?? 80,
    ...tlsOf(exchange, service),
    retries: service?.retries ?? 0,
    connectTimeout: service?.connect_timeout ?? 60_000,
    sendTimeout: service?.write_timeout ?? 60_000,
    readTimeout: service?.read_timeout ?? 60_000,
  };
}

function tlsOf(
  { worker: { configuration } }: Exchange,
  service: Service | undefined,
): Pick<Upstream, 'tlsVerify' | 'authorities' | 'identity'> {
  const { tls_verify, ca_certificates = [], client_certificate: shown } = service ?? {};
  const trusted = configuration.caCertificates.filter(({ id }) => ca_certificates.includes(id));
  const identity = configuration.certificates.find(({ id }) => id === shown?.id);
  return {
    tlsVerify: tls_verify === true,
    authorities: trusted.map(({ cert }) => cert),
    ...(identity ? { identity } : {}),
  };
}

function requireHttps(exchange: Exchange, protocols: readonly string[], status: number): void {
  const { peer, request } = exchange;
  const claimed = peer.trusted ? request.headers.get('x-forwarded-proto') : undefined;
  if (protocols.includes('http') || claimed === 'https') return;
  if (status === 426) {
    error(exchange, 426, 'Please use HTTPS protocol', {
      Connection: 'Upgrade',
      Upgrade: 'TLS/1.2, HTTP/1.1',
    });
  }
  send(exchange, status, undefined, { Location: `https://${exchange.host}${request.uri}` });
  exchange.exited = true;
  throw new PhaseEnded();
}

/** What Kong settles when `access` is over: the query, the address, the Host header. */
async function prepareUpstream(exchange: Exchange, upstream: Upstream): Promise<void> {
  const { request } = exchange;
  if (request.args !== '' || request.uri.endsWith('?')) upstream.path += `?${request.args}`;
  const entity = exchange.worker.configuration.upstreams.find(({ name }) => name === upstream.host);
  if (entity) balance(exchange, upstream, entity);
  const { host, port, scheme } = upstream;
  const usual = (port === 80 && scheme === 'http') || (port === 443 && scheme === 'https');
  const name = entity?.host_header ?? host;
  if (upstream.hostHeader === '') upstream.hostHeader = usual ? name : `${name}:${port}`;
  if (isIP(host.replace(/^\[(.*)\]$/, '$1')) !== 0) return;
  const found = await lookup(host, { order: 'ipv4first' }).catch(() => undefined);
  if (found === undefined) {
    exchange.worker.log.write('err', `DNS resolution failed: no address for ${host}`);
    error(exchange, 503, 'name resolution failed');
  } else {
    upstream.host = found.address;
  }
}

function balance(exchange: Exchange, upstream: Upstream, { targets }: UpstreamEntity): void {
  const turn = exchange.worker.turn++;
  const [first, ...others] = targets.map((_, index) => targets[(turn + index) % targets.length]);
  if (!first) error(exchange, 503, 'failure to get a peer from the ring-balancer');
  upstream.targets = [first, ...others.filter((one) => one !== undefined)];
  Object.assign(upstream, first);
}

/** What plugins have set in access stays beside an answer that streams, and under one that is buffered. */
function takeHead(exchange: Exchange, response: IncomingMessage, buffered: boolean): void {
  const headers = answerHeaders(response.rawHeaders);
  exchange.response.status = response.statusCode ?? 502;
  if (buffered) for (const [name] of headers.entries()) exchange.response.headers.delete(name);
  for (const [name, value] of headers.entries()) exchange.response.headers.add(name, value);
  exchange.upstreamStatus = response.statusCode;
  exchange.upstreamVia = headers.get('via');
  exchange.upstreamCharset = /;\s*charset=[^;]*/i.exec(headers.get('content-type') ?? '')?.[0];
  exchange.upstreamHopHeaders = csv(response.headers.connection);
}

/** Reads the whole answer, then runs the `response` phase on it. */
async function bufferedAnswer(exchange: Exchange, response: IncomingMessage): Promise<void> {
  const chunks: Buffer[] = [];
  let whole = true;
  try {
    for await (const chunk of response) chunks.push(chunk as Buffer);
  } catch {
    whole = false;
  }
  const { status, headers } = exchange.response;
  if (!whole && exchange.request.method !== 'HEAD') {
    // Kong answers with its error page and the upstream's own status, 200 included.
    exchange.response.headers = new HeaderList();
    errorPage(exchange, status, false);
    throw new PhaseEnded();
  }
  const body = Buffer.concat(chunks);
  exchange.buffered = { status, headers: headers.clone() };
  exchange.ctx.set('buffered_body', body);
  await runResponse(exchange);
  // What plugins have put into the context instead reaches only those that ask Kong for the upstream's answer.
  exchange.localBody = body;
}
