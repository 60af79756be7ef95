/** The connections to upstreams, kept alive between requests, as the Kong service has them. */
import { isIP } from 'node:net';
import { Readable } from 'node:stream';
import { LRUCache } from 'lru-cache';
import { type buildConnector, Pool } from 'undici';
import type { NoAnswer } from '../inspection/refusal/rejection.ts';
import { PROOF_HEADER } from '../kong/send-to-relay.ts';
import { connectorFor } from '../network/connector.ts';
import { authorityOf } from '../network/host.ts';
import { TunnelError } from '../network/tunnel.ts';
import { isChunked } from './as-kong-sends.ts';
import { endToEnd, headerOf, type RawHeaders } from './headers.ts';
import { type UpstreamAnswer, UpstreamReader } from './upstream-reader.ts';

export interface Upstream {
  scheme: 'http' | 'https';
  host: string;
  port: number;
  /** The `Host` header for the upstream. */
  hostHeader: string;
  /** The name that the certificate must have, which is also sent as SNI. With an IP address no SNI is sent, and the host counts. */
  serverName: string;
  verifyTls: boolean;
  /** Milliseconds. */
  connectTimeout: number;
  /** Milliseconds until the answer begins, and between two reads of it. */
  readTimeout: number;
  /** How often a request is sent again for which no connection was found. */
  retries: number;
  /** Where this is an internal route of Kong: its path, which stands before that of the request. */
  internalRoute?: string;
}

export type Called =
  | { ok: true; answer: UpstreamAnswer }
  /** `proxy` says what a forward proxy did instead of connecting. */
  | { ok: false; why: NoAnswer; code: string; proxy?: string };

/** Upstreams whose connections are kept; more than any gateway has. */
const MAX_POOLS = 256;
/** Milliseconds for which an idle connection is kept; load balancers drop theirs later. */
const KEEP_ALIVE_MS = 30_000;
/** Bytes of a message's headers. */
export const MAX_HEADER_BYTES = 65_536;

const pools = new LRUCache<string, Pool>({
  max: MAX_POOLS,
  // Lets requests under way finish.
  dispose: (pool) => void pool.close(),
});

function poolOf(upstream: Upstream): Pool {
  const key = JSON.stringify(upstream);
  let pool = pools.get(key);
  if (!pool) {
    const { scheme, host, port, readTimeout } = upstream;
    pool = new Pool(`${scheme}://${authorityOf({ host, port })}`, {
      allowH2: false,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      connect: connectorTo(upstream),
      headersTimeout: readTimeout,
      bodyTimeout: readTimeout,
    });
    pools.set(key, pool);
  }
  return pool;
}

/** By default undici takes the name in `Host` as the server name, which a caller may have chosen. */
function connectorTo({ serverName, verifyTls, connectTimeout }: Upstream): buildConnector.connector {
  const connect = connectorFor({ allowH2: false, rejectUnauthorized: verifyTls, timeout: connectTimeout });
  const named = isIP(serverName) === 0 ? { servername: serverName } : { servername: '' };
  return (options, callback) =>
    connect({ ...options, ...named }, (...connected) => {
      connected[1]?.on('error', tellLoss);
      callback(...connected);
    });
}

/**
 * Undici takes a reset for the end of an answer without a length: of one with this code it does not. It listens later.
 *
 * A way that is lost, as when a firewall forgets a connection on which a model thinks, has the code of one that was never
 * found: what was sent on it may have arrived.
 */
function tellLoss(error: NodeJS.ErrnoException): void {
  if (error.code === 'ETIMEDOUT') error.code = LOST;
  else if (error.code === 'ECONNRESET' || NOT_CONNECTED.has(error.code ?? '')) error.code = RESET;
}

const RESET = 'UPSTREAM_RESET';
const LOST = 'UPSTREAM_LOST_TIMEOUT';

/** Replaced, so that the upstream's answer comes without a content coding and can be read while it streams. */
const REPLACED = ['host', 'accept-encoding', 'expect'];

/** What goes to an upstream. */
export interface UpstreamRequest {
  method: string;
  /** Path and query. */
  url: string;
  /** As they came. */
  headers: RawHeaders;
  /** Names of headers, in lower case, that describe a body which is not sent. */
  without?: readonly string[];
  /** Bytes can be sent again; a stream cannot. */
  body: Uint8Array | AsyncIterable<Uint8Array> | null;
  /** The header with the ticket that the relay of another process, or an internal route, asks for. */
  ticket?: readonly [name: string, value: string] | undefined;
  /** What the answer has to show; without it, it is none. */
  expectedProof?: string | undefined;
}

/** Instead of an answer: it came from another route of Kong than the internal one. */
export const ANOTHER_ROUTE = 'ANOTHER_ROUTE';
/** The same: nobody undoes its transfer coding. */
const UNKNOWN_CODING = 'UNKNOWN_CODING';

/** @param signal aborts when nobody waits for the answer any more */
export async function callUpstream(
  upstream: Upstream,
  request: UpstreamRequest,
  signal: AbortSignal,
): Promise<Called> {
  const until = performance.now() + upstream.readTimeout;
  for (let attempt = 0; ; attempt++) {
    const called = await callOnce(upstream, request, signal);
    if (called.ok || !mayRepeat(request, called.code)) return called;
    if (attempt >= upstream.retries || signal.aborted || performance.now() > until) return called;
  }
}

/** As Kong repeats a request: one for which it found no connection, and one that does no harm twice whose connection ended. */
function mayRepeat({ method, body, ticket }: UpstreamRequest, code: string): boolean {
  const isHeld = body === null || body instanceof Uint8Array;
  const isHarmless = !NOT_IDEMPOTENT.has(method) && ticket === undefined;
  return isHeld && (NOT_CONNECTED.has(code) || (isHarmless && ENDED.has(code)));
}

/** @see https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_next_upstream */
const NOT_IDEMPOTENT: ReadonlySet<string> = new Set(['POST', 'LOCK', 'PATCH']);
/** Before the answer began: as when the upstream closes a connection that it no longer wants to keep. */
const ENDED: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', RESET, 'EPIPE']);
const NOT_CONNECTED: ReadonlySet<string> = new Set([
  ...['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT'],
  ...['PROXY_UNREACHABLE', 'PROXY_TIMEOUT'],
]);

async function callOnce(
  upstream: Upstream,
  { method, url, headers: raw, without = [], body, ticket, expectedProof }: UpstreamRequest,
  signal: AbortSignal,
): Promise<Called> {
  // The length of what is known is known.
  const replaced = body instanceof Uint8Array ? [...REPLACED, ...without, 'content-length'] : REPLACED;
  try {
    // Undici would connect all the same.
    signal.throwIfAborted();
    const reader = new UpstreamReader(signal);
    poolOf(upstream).dispatch(
      {
        method: method as 'GET',
        path: (upstream.internalRoute ?? '') + url,
        headers: [
          ...['Host', upstream.hostHeader, 'Accept-Encoding', 'identity'],
          ...(ticket ?? []),
          ...endToEnd(raw, replaced),
        ],
        body: body instanceof Uint8Array || body === null ? body : Readable.from(body),
      },
      reader,
    );
    const answer = await reader.answer;
    const problem = problemOf(answer, expectedProof);
    if (problem === undefined) return { ok: true, answer };
    await reader.return();
    return { ok: false, why: 'unreachable', code: problem };
  } catch (error) {
    const code = codeOf(error);
    const proxy = error instanceof TunnelError ? { proxy: error.finding } : {};
    return { ok: false, why: noAnswerOf(code), code, ...proxy };
  }
}

function problemOf({ headers }: UpstreamAnswer, expectedProof: string | undefined): string | undefined {
  if (expectedProof !== undefined && !proofsIn(headers).includes(expectedProof)) return ANOTHER_ROUTE;
  return isChunked(headerOf(headers, 'transfer-encoding') ?? 'chunked') ? undefined : UNKNOWN_CODING;
}

/** A cache may have kept another one. */
function proofsIn(headers: RawHeaders): string[] {
  return (headerOf(headers, PROOF_HEADER) ?? '').split(',').map((proof) => proof.trim());
}

/** Whether bytes follow the head. */
export function hasBody(headers: RawHeaders): boolean {
  const length = headerOf(headers, 'content-length');
  return headerOf(headers, 'transfer-encoding') !== undefined || (length !== undefined && length !== '0');
}

/** The part of an error that may be logged. Its message can quote what was sent. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}

export function noAnswerOf(code: string): NoAnswer {
  if (code.endsWith('_TIMEOUT') || code === 'ETIMEDOUT') return 'timeout';
  return NOT_TRUSTED.has(code) ? 'not_trusted' : 'unreachable';
}

/** @see https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const NOT_TRUSTED: ReadonlySet<string> = new Set([
  ...['ERR_TLS_CERT_ALTNAME_INVALID', 'HOSTNAME_MISMATCH', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ...['SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT'],
  ...['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'CERT_CHAIN_TOO_LONG', 'PATH_LENGTH_EXCEEDED', 'INVALID_CA'],
  ...['INVALID_PURPOSE', 'CERT_UNTRUSTED', 'CERT_REJECTED', 'CERT_REVOKED', 'CERT_NOT_YET_VALID'],
  ...['CERT_HAS_EXPIRED', 'CERT_SIGNATURE_FAILURE', 'UNABLE_TO_DECRYPT_CERT_SIGNATURE'],
  ...[
    'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
    'ERROR_IN_CERT_NOT_BEFORE_FIELD',
    'ERROR_IN_CERT_NOT_AFTER_FIELD',
  ],
]);
