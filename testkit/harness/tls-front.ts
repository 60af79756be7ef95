/** TLS before an HTTP server on this machine, with or without certificates of its clients. */
import { once } from 'node:events';
import { request as requestHttp } from 'node:http';
import { createServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';

export interface TlsFront {
  port: number;
  /** Common names of the certificates that clients showed, one a request. */
  clients: string[];
  /** Where the requests go: `http://127.0.0.1:<port>`. */
  target: string;
  stop(): Promise<void>;
}

/** @param host to listen on */
export async function startTlsFront(
  options: ServerOptions,
  target = '',
  host = '127.0.0.1',
): Promise<TlsFront> {
  const clients: string[] = [];
  const server = createServer(options, (request, response) => {
    const { subject } = (request.socket as TLSSocket).getPeerCertificate();
    if (subject) clients.push(String(subject.CN));
    const { method, url, headers } = request;
    const passed = requestHttp(`${front.target}${url}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    passed.on('error', () => response.destroy());
    request.pipe(passed);
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, host);
  await once(server, 'listening');
  const front = {
    port: (server.address() as AddressInfo).port,
    clients,
    target,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return front;
}
