/** An HTTP server, on 127.0.0.1 unless told otherwise: what the emulator and the mock providers listen with. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';

export interface HttpListener {
  /** e.g. `http://127.0.0.1:4010`, for a client on this machine; no path, no slash at its end. */
  readonly url: string;
  /** Cuts every connection and frees the port. */
  stop(): Promise<void>;
}

/** Where only programs of this machine reach it. */
const LOOPBACK = '127.0.0.1';
/** Every address of this machine: for containers, which reach each other by name. */
const EVERYWHERE = '0.0.0.0';

/** Longer than Kong keeps a connection (60 s): a POST on one that closes just then would be a 502. */
const KEEP_ALIVE_MS = 75_000;

/**
 * @param port 0 for any that is free
 * @param handle what it throws is told on stderr and to the client, unless that has left
 * @param host the address to listen on
 * @throws if the port is taken
 */
export async function listenForHttp(
  port: number,
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  host: string = LOOPBACK,
): Promise<HttpListener> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    handle(request, response).catch((error: unknown) => {
      // A client that left is its own affair; anything else is a bug, perhaps in a test's script.
      if (response.headersSent || response.destroyed) {
        response.destroy();
        return;
      }
      console.error(error);
      response.writeHead(500).end(String(error));
    });
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {
    url: `http://${inUrl(host)}:${(server.address() as AddressInfo).port}`,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function inUrl(host: string): string {
  if (host === EVERYWHERE) return LOOPBACK;
  return isIP(host) === 6 ? `[${host}]` : host;
}
