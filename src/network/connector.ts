/** How connections to AIDR and to providers are opened: directly, or through the proxy that is set for them. */
import { buildConnector } from 'undici';
import type { ClientIdentity } from './client-identity.ts';
import { proxyFor } from './proxies.ts';
import { openTunnel } from './tunnel.ts';

export interface ConnectOptions {
  /** The certificate of the target is verified. */
  rejectUnauthorized: boolean;
  /** Milliseconds for connecting; with a proxy, for the tunnel and for TLS each. */
  timeout: number;
  /** HTTP/2 may be used where the target offers it. */
  allowH2: boolean;
  /** Shown to a target that asks for a certificate. */
  identity?: ClientIdentity | undefined;
}

/** @returns for undici, in each pool of which it does what undici's own does */
export function connectorFor({ identity, ...connect }: ConnectOptions): buildConnector.connector {
  const { cert, key, passphrase } = identity ?? {};
  const direct = buildConnector({
    ...connect,
    ...(cert && key ? { cert, key } : {}),
    ...(passphrase ? { passphrase } : {}),
  });
  return (options, callback) => {
    const isTls = options.protocol === 'https:';
    const target = { host: options.hostname, port: Number(options.port) || (isTls ? 443 : 80) };
    const proxy = proxyFor({ ...target, isTls });
    if (!proxy) {
      direct(options, callback);
      return;
    }
    openTunnel(proxy, target, connect.timeout).then(
      (socket) => {
        if (isTls) direct({ ...options, httpSocket: socket }, callback);
        else callback(null, socket);
      },
      (error: Error) => callback(error, null),
    );
  };
}
