/**
 * Connections through a forward proxy, opened with CONNECT: the proxy sees a host and a port, and then passes bytes on.
 *
 * undici has a ProxyAgent. It is not used, because it joins headers of the same name that a client has sent, has no time
 * limit for CONNECT, and tells a refusal of the proxy's only in the message of an error.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-connect
 */
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { authorityOf } from './host.ts';
import { MACHINE_EXHAUSTED } from './machine-exhausted.ts';
import type { Target } from './no-proxy.ts';
import type { ForwardProxy } from './proxies.ts';

/** Why a proxy gave no connection. No code of it is a code of Node.js's, so that undici takes none for one of its own. */
export class TunnelError extends Error {
  override readonly name = 'TunnelError';
  readonly code: TunnelProblem;
  /** What the proxy did, for the operator: without its credentials, and without anything that it sent. */
  readonly finding: string;

  constructor(code: TunnelProblem, finding: string) {
    super(finding);
    this.code = code;
    this.finding = finding;
  }
}

export type TunnelProblem =
  /** No connection to the proxy. */
  | 'PROXY_UNREACHABLE'
  /** The proxy's own certificate is not trusted. */
  | 'PROXY_NOT_TRUSTED'
  /** It asks for credentials, or for other ones. */
  | 'PROXY_AUTHENTICATION'
  /** It refused to connect. */
  | 'PROXY_REFUSED'
  /** It did not answer in time. */
  | 'PROXY_TIMEOUT'
  /** It hung up, or does not speak HTTP. */
  | 'PROXY_BROKEN';

/** Bytes of the head of a proxy's answer. */
const MAX_HEAD_BYTES = 16_384;

/**
 * @param limit milliseconds until the proxy has to be connected with the target
 * @throws TunnelError
 */
export async function openTunnel(proxy: ForwardProxy, target: Target, limit: number): Promise<Socket> {
  const over = new AbortController();
  const request = connectRequest(proxy, target);
  const late = sleep(limit, undefined, { signal: over.signal, ref: false }).then(() => {
    throw new TunnelError(
      'PROXY_TIMEOUT',
      `the proxy ${authorityOf(proxy)} did not connect within ${limit} ms`,
    );
  });
  try {
    return await Promise.race([answered(request, proxy), late]);
  } catch (error) {
    request.on('error', () => undefined).destroy();
    throw error;
  } finally {
    late.catch(() => undefined);
    over.abort();
  }
}

function connectRequest(proxy: ForwardProxy, target: Target): ClientRequest {
  const authority = authorityOf(target);
  const options = {
    host: proxy.host,
    port: proxy.port,
    method: 'CONNECT',
    path: authority,
    headers: {
      host: authority,
      ...(proxy.authorization === undefined ? {} : { 'proxy-authorization': proxy.authorization }),
    },
    // Each tunnel has a connection of its own.
    agent: false,
    maxHeaderSize: MAX_HEAD_BYTES,
  } as const;
  // The proxy is the operator's, and credentials go there: nothing turns its verification off.
  return proxy.isTls ? requestTls({ ...options, rejectUnauthorized: true }) : requestPlain(options);
}

async function answered(request: ClientRequest, proxy: ForwardProxy): Promise<Socket> {
  request.end();
  // With any status an answer to CONNECT comes as this event.
  const [answer, socket, head] = (await once(request, 'connect').catch((error: unknown) => {
    throw problemOf(error, request, proxy);
  })) as [IncomingMessage, Socket, Buffer];
  socket.on('error', () => undefined);
  const { statusCode = 0 } = answer;
  if (statusCode >= 200 && statusCode < 300) {
    if (head.length === 0) return socket;
    // Neither HTTP nor TLS begins with the server; undici would connect again and again.
    socket.destroy();
    throw new TunnelError('PROXY_BROKEN', `the proxy ${authorityOf(proxy)} sends data that nobody asked for`);
  }
  socket.destroy();
  if (statusCode === 407) {
    const asks =
      proxy.authorization === undefined ? 'asks for a user and a password' : 'refuses our credentials';
    throw new TunnelError('PROXY_AUTHENTICATION', `the proxy ${authorityOf(proxy)} ${asks} (407)`);
  }
  throw new TunnelError(
    'PROXY_REFUSED',
    `the proxy ${authorityOf(proxy)} refuses to connect (${statusCode})`,
  );
}

function problemOf(error: unknown, request: ClientRequest, proxy: ForwardProxy): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'no code';
  const name = authorityOf(proxy);
  if (MACHINE_EXHAUSTED.has(code)) return error;
  if (NO_CONNECTION.has(code))
    return new TunnelError('PROXY_UNREACHABLE', `the proxy ${name} cannot be reached (${code})`);
  if (proxy.isTls && !isSecured(request))
    return new TunnelError('PROXY_NOT_TRUSTED', `no TLS connection to the proxy ${name} (${code})`);
  if (code.startsWith('HPE_'))
    return new TunnelError('PROXY_BROKEN', `the proxy ${name} does not speak HTTP (${code})`);
  return new TunnelError('PROXY_BROKEN', `the proxy ${name} closed the connection (${code})`);
}

const NO_CONNECTION: ReadonlySet<string> = new Set([
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT'],
]);

function isSecured({ socket }: ClientRequest): boolean {
  return socket !== null && 'authorized' in socket && socket.authorized === true;
}
