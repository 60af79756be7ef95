/**
 * The relay: a listener on loopback between Kong and the upstream, in the plugin server's process. Kong sends it the
 * requests that are inspected there rather than in Kong's phases, and those whose answers are inspected while they stream.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Direction } from '../config/schema.ts';
import { FairBudget } from '../fair-share/fair-budget.ts';
import { callerKey } from '../inspection/caller-key.ts';
import type { Caller } from '../inspection/calls/metadata.ts';
import { unreadExchange } from '../inspection/messages/read-messages.ts';
import { messageReply } from '../inspection/messages/refuse-messages.ts';
import { failure, overloaded, type Rejection } from '../inspection/refusal/rejection.ts';
import { LEADS_BACK } from '../kong/send-to-relay.ts';
import { maxOpenFiles } from '../network/open-files.ts';
import { isAsKongSends } from './as-kong-sends.ts';
import { ClientResponse } from './client-response.ts';
import { giveUpExchange, relayExchange } from './exchange/relay-exchange.ts';
import { lookup } from './headers.ts';
import { replyTo } from './refuse.ts';
import { giveUp, relayRequest } from './relay-request.ts';
import { type Admitted, isExchange } from './relayed.ts';
import { broughtTicket, isBackAgain } from './ticket-headers.ts';
import { Tickets } from './tickets.ts';
import { MAX_HEADER_BYTES } from './upstream.ts';

/** Where the relay listens: other machines cannot reach it. */
export const RELAY_HOST = '127.0.0.1';
/** Requests under way at once; each takes a descriptor for the upstream, and one of Kong's connections. */
const MAX_REQUESTS = Math.min(4_096, Math.floor(maxOpenFiles() / 8));
export const relayedRequests = new FairBudget(MAX_REQUESTS);
/** Kong's connections, used or kept for later. One too many is closed: to Kong a 502. */
const MAX_CONNECTIONS = Math.min(8_192, Math.floor(maxOpenFiles() / 4));
/** Milliseconds for which an idle connection of Kong's is kept: longer than the 60 s after which Kong drops it. */
const KEEP_ALIVE_MS = 75_000;

export interface ConnectionLimits {
  connections: number;
  /** While there are more, none is kept after its answer: Kong's workers do not share theirs, and others need them. */
  kept: number;
}

export class Relay {
  readonly tickets = new Tickets<Admitted>();
  readonly #server: Server;
  readonly #maxKept: number;
  #connected = 0;

  constructor(
    { connections, kept }: ConnectionLimits = { connections: MAX_CONNECTIONS, kept: MAX_REQUESTS },
  ) {
    // No limit for receiving a request: Kong reads it from the client, and has limits of its own.
    const limits = { keepAliveTimeout: KEEP_ALIVE_MS, maxHeaderSize: MAX_HEADER_BYTES, requestTimeout: 0 };
    this.#server = createServer(limits, (request, response) => void this.#serve(request, response));
    this.#server.maxConnections = connections;
    this.#maxKept = kept;
    this.#server.on('connection', (socket: Socket) => {
      this.#connected += 1;
      socket.once('close', () => {
        this.#connected -= 1;
      });
    });
  }

  /** Requests in the relay, and those that Kong is about to send. */
  get underWay(): number {
    return relayedRequests.held + this.tickets.waiting;
  }

  /** @returns the port; rejects if it cannot listen */
  async listen(): Promise<number> {
    this.#server.listen(0, RELAY_HOST);
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (typeof address !== 'object' || address === null) throw new Error('the relay has no port');
    return address.port;
  }

  /** Cuts off requests under way. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#connected > this.#maxKept) response.shouldKeepAlive = false;
    const { ticket, isGuarded } = broughtTicket(request);
    const admitted = this.tickets.claim(ticket);
    if (!admitted || !isAsKongSends(request)) {
      response.writeHead(admitted ? 400 : 403, { connection: 'close' }).end();
      return;
    }
    const client = new ClientResponse(response);
    if (isBackAgain(request, this.tickets.process)) {
      const { warn } = isExchange(admitted)
        ? admitted.reports.request
        : (admitted.answer ?? admitted.prompt ?? {});
      warn?.(LEADS_BACK);
      rejectAny(admitted, client, leadsBack);
      request.resume();
      return;
    }
    const abort = new AbortController();
    const caller = admitted.callerOf(lookup(request.rawHeaders));
    const place = relayedRequests.reserve(keyOf(admitted, caller), 1, () => giveUpAny(admitted, abort));
    if (!place) {
      rejectAny(admitted, client, overloaded);
      request.resume();
      return;
    }
    try {
      const kongs = { request, response, client, abort, isGuarded };
      await (isExchange(admitted)
        ? relayExchange(admitted, caller, kongs)
        : relayRequest(admitted, caller, kongs));
    } finally {
      place.release();
    }
  }
}

function giveUpAny(admitted: Admitted, abort: AbortController): void {
  if (isExchange(admitted)) giveUpExchange(admitted, abort);
  else giveUp(admitted, abort);
}

function keyOf(admitted: Admitted, caller: Caller): string {
  const { inspector } = isExchange(admitted) ? admitted : (admitted.answer ?? admitted.prompt ?? {});
  return callerKey(caller, inspector?.id ?? '');
}

/** The address of the internal route is one of a route with plugins of ours. */
function leadsBack(direction: Direction): Rejection {
  return failure(direction, { class: 'internal', detail: '', hint: LEADS_BACK });
}

/** In the words of the direction that is inspected. */
function rejectAny(
  admitted: Admitted,
  client: ClientResponse,
  rejectionOf: (direction: Direction) => Rejection,
): void {
  if (isExchange(admitted)) {
    client.reject(
      messageReply(admitted.inspector, rejectionOf('request'), unreadExchange(admitted.inspector)),
    );
    return;
  }
  const { prompt, answer } = admitted;
  if (prompt)
    client.reject(
      replyTo({ ...prompt, client: { isTranslated: prompt.isTranslated } }, rejectionOf('request')),
    );
  else if (answer) client.reject(replyTo(answer, rejectionOf('response')));
  else client.cut();
}

let ofProcess: Promise<{ relay: Relay; port: number }> | undefined;
let listening: Relay | undefined;

/** In the relay of this process. */
export function requestsUnderWay(): number {
  return listening?.underWay ?? 0;
}

/** The relay of this process. It starts to listen when it is first needed, because loading a plugin must not open a port. */
export function relayOfProcess(): Promise<{ relay: Relay; port: number }> {
  ofProcess ??= startRelay();
  // The next request tries again.
  ofProcess.catch(() => {
    ofProcess = undefined;
  });
  return ofProcess;
}

async function startRelay(): Promise<{ relay: Relay; port: number }> {
  const relay = new Relay();
  const port = await relay.listen();
  listening = relay;
  return { relay, port };
}
