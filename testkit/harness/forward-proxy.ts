/** A forward proxy as companies have them, on loopback: CONNECT with Basic authentication, and what can go wrong with it. */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';

export interface ForwardProxyOptions {
  /** Asked for with 407; default: nothing is asked for. */
  credentials?: { user: string; password: string };
  /** In place of connecting. */
  misbehave?: (socket: Socket, request: IncomingMessage) => void;
  /** PEM, for a proxy that speaks TLS itself. */
  tls?: { key: Buffer | string; cert: Buffer | string };
}

export interface ForwardProxy {
  /** With the scheme, without credentials. */
  url: string;
  port: number;
  /** The target of each CONNECT, those that were refused included. */
  targets: string[];
  /** Tunnels that are open now, and the most that ever were. */
  open: { now: number; most: number };
  stop(): Promise<void>;
}

/** Whatever name is asked for is on this machine, at the port that is asked for. */
export async function startForwardProxy(options: ForwardProxyOptions = {}): Promise<ForwardProxy> {
  const { credentials, misbehave, tls } = options;
  const targets: string[] = [];
  const open = { now: 0, most: 0 };
  const sockets = new Set<Socket>();
  const server = tls ? createTlsServer(tls) : createServer();
  server.on(tls ? 'secureConnection' : 'connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', () => undefined);
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    targets.push(request.url ?? '');
    if (misbehave) misbehave(socket, request);
    else if (credentials && request.headers['proxy-authorization'] !== basic(credentials))
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic realm="p"\r\n\r\n');
    else pass(socket, request, open);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    ...{ port, targets, open },
    async stop() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await closed;
    },
  };
}

function basic({ user, password }: { user: string; password: string }): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

function pass(socket: Socket, { url = '' }: IncomingMessage, open: ForwardProxy['open']): void {
  const host = url.startsWith('[::1]') ? '::1' : '127.0.0.1';
  const target = connect({ host, port: Number(url.slice(url.lastIndexOf(':') + 1)) });
  open.now += 1;
  open.most = Math.max(open.most, open.now);
  target.on('connect', () => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    socket.pipe(target).pipe(socket);
  });
  target.on('error', () => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
  target.on('close', () => socket.destroy());
  socket.on('close', () => {
    open.now -= 1;
    target.destroy();
  });
}
