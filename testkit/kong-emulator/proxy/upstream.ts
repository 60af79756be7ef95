/** Sends a request to its upstream and waits for the head of the answer, with nginx's timeouts and retries. */

import {
  type ClientRequest as HttpRequest,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import type { ConnectionOptions, SecureContextOptions } from 'node:tls';
import type { Exchange, Upstream } from './exchange.ts';

/** The upstream gave no answer: what the client gets instead, 502 or 504. */
export class UpstreamFailure extends Error {
  readonly status: 502 | 504;
  /** Whether the request may have reached the upstream. */
  readonly sent: boolean;

  constructor(status: 502 | 504, sent: boolean, why: string) {
    super(why);
    this.status = status;
    this.sent = sent;
  }
}

/** Methods that nginx does not send twice once the upstream may have seen them. */
const NOT_IDEMPOTENT = ['POST', 'LOCK', 'PATCH'];

/**
 * Sends the request, again after a failure as often as the service allows.
 *
 * @param headers Node's raw form
 * @throws {UpstreamFailure} when every try failed
 */
export async function callUpstream(
  exchange: Exchange,
  upstream: Upstream,
  headers: readonly string[],
  body: Buffer,
): Promise<IncomingMessage> {
  for (let tries = 0; ; tries++) {
    Object.assign(upstream, upstream.targets?.[tries % upstream.targets.length]);
    try {
      return await tryOnce(exchange, upstream, headers, body);
    } catch (failure) {
      if (!(failure instanceof UpstreamFailure)) throw failure;
      exchange.worker.log.write(
        'err',
        `${failure.message} while connecting to upstream ${upstream.host}:${upstream.port}`,
      );
      const again = !failure.sent || !NOT_IDEMPOTENT.includes(exchange.request.method);
      if (!again || tries >= upstream.retries || exchange.clientGone.signal.aborted) throw failure;
    }
  }
}

function tryOnce(
  exchange: Exchange,
  upstream: Upstream,
  headers: readonly string[],
  body: Buffer,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = open(exchange, upstream, headers);
    let connected = false;
    const fail = (status: 502 | 504, why: string): void => {
      clearTimeout(connecting);
      reject(new UpstreamFailure(status, connected, why));
      request.destroy();
    };
    const connecting = setTimeout(() => fail(504, 'upstream timed out'), upstream.connectTimeout);
    const onConnect = (): void => {
      connected = true;
      clearTimeout(connecting);
    };
    request.once('socket', (socket) => {
      if (request.reusedSocket) onConnect();
      else socket.once(upstream.scheme === 'https' ? 'secureConnect' : 'connect', onConnect);
    });
    request.setTimeout(upstream.readTimeout, () => fail(504, 'upstream timed out'));
    request.once('error', (error) => fail(502, error.message));
    request.once('upgrade', (_, socket) => {
      socket.destroy();
      fail(502, 'the embedded gateway tunnels no WebSocket');
    });
    request.once('response', (response) => {
      clearTimeout(connecting);
      // From here on a broken connection shows on the answer.
      request.on('error', () => undefined);
      resolve(response);
    });
    request.end(body);
  });
}

/** Kong does not verify a service's certificate unless told to, and trusts nobody whom its operator does not name. */
function trustOf({ tlsVerify, authorities, identity }: Upstream): ConnectionOptions & SecureContextOptions {
  return {
    rejectUnauthorized: tlsVerify,
    ...(tlsVerify ? { ca: [...authorities] } : {}),
    ...(identity ? { cert: identity.cert, key: identity.key } : {}),
  };
}

function open(exchange: Exchange, upstream: Upstream, headers: readonly string[]): HttpRequest {
  const secure = upstream.scheme === 'https';
  const name = upstream.hostHeader.replace(/:\d+$/, '');
  const options: RequestOptions & SecureContextOptions & ConnectionOptions = {
    host: upstream.host.replace(/^\[(.*)\]$/, '$1'),
    port: upstream.port,
    method: exchange.request.method,
    path: upstream.path,
    headers,
    setHost: false,
    signal: exchange.clientGone.signal,
    agent: secure ? exchange.worker.agents.https : exchange.worker.agents.http,
    ...(secure ? { servername: isIP(name) === 0 ? name : '', ...trustOf(upstream) } : {}),
  };
  return secure ? httpsRequest(options) : httpRequest(options);
}
