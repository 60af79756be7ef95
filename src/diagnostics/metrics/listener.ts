/**
 * Serves the metrics over HTTP: `GET /metrics`, and `GET /healthz` for whoever wants to know whether Kong is served.
 *
 * Nothing that happens here may keep the plugins from running, so a port that cannot be had is asked for again:
 * during `kong reload` the process before still has it.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { authorityOf } from '../../network/host.ts';

export interface TcpAddress {
  /** An IP address, without brackets. */
  host: string;
  port: number;
}

export interface Exposed {
  contentType: string;
  /** @returns the text of all metrics */
  metrics(): Promise<string>;
  /** Asked by every look at `/healthz`; may not throw. */
  isHealthy(): Promise<boolean>;
}

/** Milliseconds between two attempts to get the port, and for which a client may take to ask. */
const RETRY_EVERY = 1_000;
const REQUEST_LIMIT = 5_000;
/** A Prometheus or two, and a person with curl. */
const MAX_CONNECTIONS = 16;

export class MetricsListener {
  readonly #address: TcpAddress;
  readonly #server: Server;
  readonly #log: (message: string) => void;
  #retry: NodeJS.Timeout | undefined;
  #lastProblem: string | undefined;
  #isClosed = false;

  constructor(address: TcpAddress, exposed: Exposed, log: (message: string) => void) {
    this.#address = address;
    this.#log = log;
    this.#server = createServer(
      { requestTimeout: REQUEST_LIMIT, headersTimeout: REQUEST_LIMIT },
      (request, response) => void answer(exposed, request, response),
    );
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.on('error', (error) => this.#failed(error));
    this.#server.on('listening', () => this.#listening());
    this.#listen();
  }

  /** Gives the port up at once. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #listen(): void {
    if (!this.#isClosed) this.#server.listen({ ...this.#address, exclusive: true });
  }

  #listening(): void {
    // It was closed while the port was being bound.
    if (this.#isClosed) {
      this.#server.close();
      return;
    }
    this.#lastProblem = undefined;
    const { address, port } = this.#server.address() as AddressInfo;
    this.#log(`metrics on http://${authorityOf({ host: address, port })}/metrics`);
  }

  #failed(error: Error): void {
    const problem = 'code' in error ? String(error.code) : error.name;
    if (problem !== this.#lastProblem) {
      const { host, port } = this.#address;
      this.#log(
        `metrics: cannot listen on ${host} port ${port} yet: ${problem}; the plugins are served anyway`,
      );
    }
    this.#lastProblem = problem;
    this.#retry = setTimeout(() => this.#listen(), RETRY_EVERY).unref();
  }
}

async function answer(
  exposed: Exposed,
  { method, url }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = url?.split('?', 1)[0];
  if (path !== '/metrics' && path !== '/healthz') {
    end(response, 404, 'not found\n');
  } else if (method !== 'GET') {
    end(response.setHeader('Allow', 'GET'), 405, 'GET only\n');
  } else if (path === '/healthz') {
    if (await exposed.isHealthy()) end(response, 200, 'ok\n');
    else end(response, 503, 'the sockets are not served\n');
  } else {
    await exposed.metrics().then(
      (text) => end(response.setHeader('Content-Type', exposed.contentType), 200, text),
      () => end(response, 500, 'the metrics could not be read\n'),
    );
  }
}

function end(response: ServerResponse, status: number, text: string): void {
  if (!response.hasHeader('Content-Type')) response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.statusCode = status;
  response.end(text);
}
