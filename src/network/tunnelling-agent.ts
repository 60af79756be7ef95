/** Connections of Node.js's own HTTP client: directly, or through the proxy that is set for their target. */
import { Agent as PlainAgent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { proxyFor } from './proxies.ts';
import { openTunnel } from './tunnel.ts';

/**
 * @param protocol `http:` or `https:`
 * @param limit milliseconds until a proxy has to be connected with the target
 */
export function tunnellingAgent(protocol: string, limit: number): PlainAgent {
  const isTls = protocol === 'https:';
  const agent = isTls ? new TlsAgent({ keepAlive: true }) : new PlainAgent({ keepAlive: true });
  const direct: PlainAgent['createConnection'] = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const target = { host: options.host ?? '', port: Number(options.port) };
    const proxy = proxyFor({ ...target, isTls });
    if (!proxy) return direct(options, callback);
    openTunnel(proxy, target, limit).then(
      (socket) => callback?.(null, isTls ? secured(socket, target.host) : socket),
      // Node.js looks at the error alone.
      (error: Error) => (callback as ((error: Error) => void) | undefined)?.(error),
    );
    return undefined;
  };
  return agent;
}

/** The name of an address is never asked for, and its certificate is verified all the same. */
function secured(socket: Socket, host: string): TLSSocket {
  return connectTls({ socket, host, ...(isIP(host) === 0 ? { servername: host } : {}) });
}
