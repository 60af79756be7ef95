/**
 * The live relay: a listener on loopback between Kong and the upstream, in the plugin server's process. Kong sends it the
 * requests whose answers are inspected while they stream.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { FairBudget } from '../fair-share/fair-budget.ts';
import { isRevoked, revoke } from '../fair-share/revocation.ts';
import { callerKey } from '../inspection/caller-key.ts';
import { isRefusal } from '../inspection/policy/decision.ts';
import { roomLost } from '../inspection/policy/no-room.ts';
import { asReplied } from '../inspection/refusal/refusal-reply.ts';
import { failure, noAnswer, overloaded } from '../inspection/refusal/rejection.ts';
import { emptyStats } from '../inspection/report/inspection-stats.ts';
import { errorLocation } from '../kong/error-location.ts';
import { ByteReservation } from './byte-reservation.ts';
import { ClientResponse } from './client-response.ts';
import { TICKET_HEADER } from './headers.ts';
import { replyTo } from './refuse.ts';
import { type Admission, CLIENT_LEFT, type Relayed, type RelayOutcome } from './relayed.ts';
import { serve } from './serve.ts';
import { Tickets } from './tickets.ts';
import { type Called, callUpstream, hasBody, MAX_HEADER_BYTES } from './upstream.ts';

/** Requests under way at once. */
const MAX_REQUESTS = 4_096;
export const relayedRequests = new FairBudget(MAX_REQUESTS);
/** Milliseconds for which an idle connection of Kong's is kept: longer than the 60 s after which Kong drops it. */
const KEEP_ALIVE_MS = 75_000;

export class Relay {
  readonly tickets = new Tickets<Admission>();
  readonly #server: Server;

  constructor() {
    // No limit for receiving a request: Kong reads it from the client, and has limits of its own.
    const limits = { keepAliveTimeout: KEEP_ALIVE_MS, maxHeaderSize: MAX_HEADER_BYTES, requestTimeout: 0 };
    this.#server = createServer(limits, (request, response) => void this.#serve(request, response));
  }

  /** Requests in the relay, and those that Kong is about to send. */
  get underWay(): number {
    return relayedRequests.held + this.tickets.waiting;
  }

  /** @returns the port; rejects if it cannot listen */
  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
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
    const admission = this.tickets.claim(String(request.headers[TICKET_HEADER] ?? ''));
    if (!admission) {
      response.writeHead(403, { connection: 'close' }).end();
      return;
    }
    const client = new ClientResponse(response);
    const abort = new AbortController();
    const place = relayedRequests.reserve(callerOf(admission), 1, () => giveUp(admission, abort));
    if (!place) {
      client.reject(replyTo(admission, overloaded('response')));
      return;
    }
    try {
      await relay(admission, request, response, client, abort);
    } finally {
      place.release();
    }
  }
}

function callerOf({ caller, inspector }: Admission): string {
  return callerKey(caller, inspector.id);
}

/** The answer lost its room to another caller. Under `audit` nothing is stopped. */
function giveUp({ isAudit }: Admission, abort: AbortController): void {
  if (!isAudit) revoke(abort);
}

/** Never rejects. */
async function relay(
  admission: Admission,
  request: IncomingMessage,
  response: ServerResponse,
  client: ClientResponse,
  abort: AbortController,
): Promise<void> {
  const began = performance.now();
  // Over HTTP/2 nobody has announced a body to Kong.
  admission.hadBody ||= hasBody(request.rawHeaders);
  admission.client.asksForEvents = ASKS_FOR_EVENTS.test(request.url ?? '');
  const stats = { ...emptyStats(), live: true };
  const { max_body_size: max } = admission.inspector.config;
  const held = new ByteReservation(callerOf(admission), max, () => giveUp(admission, abort));
  let hasLeft = false;
  response.once('close', () => {
    hasLeft = !response.writableFinished;
    abort.abort();
  });
  let ending: RelayOutcome | undefined;
  try {
    const called = await callUpstream(admission.upstream, request, abort.signal);
    if (called.ok) {
      const { answer } = called;
      const relayed = {
        admission,
        answer,
        client,
        held,
        stats,
        abort,
        chunks: resumable(answer.body, stats),
      };
      ending = await serve(relayed, request.method ?? 'GET');
    } else if (isRevoked(abort.signal)) {
      ending = roomLost('response');
      client.reject(replyTo(admission, ending.rejection));
    } else {
      ending = { outcome: 'skipped', why: 'the upstream gave no answer' };
      warnOf(called, admission);
      if (!client.isGone) client.reject(replyTo(admission, noAnswer(called.why)));
    }
  } catch (error) {
    const reason = { class: 'internal' as const, detail: errorLocation(error) };
    ending = { outcome: 'failed_closed', failure: reason, rejection: failure('response', reason) };
    if (client.isOpen) client.cut();
    else client.reject(replyTo(admission, ending.rejection));
  } finally {
    held.release();
  }
  if (!ending) return;
  const decision = hasLeft ? CLIENT_LEFT : asSent(ending, client);
  admission.report({ decision, stats }, performance.now() - began);
}

function asSent(ending: RelayOutcome, { rejectedWith }: ClientResponse): RelayOutcome {
  return rejectedWith !== undefined && isRefusal(ending) ? asReplied(ending, rejectedWith) : ending;
}

/** In the query: Google's APIs stream as a list otherwise. */
const ASKS_FOR_EVENTS = /[?&]alt=sse(?:&|$)/;

type NotCalled = Extract<Called, { ok: false }>;

/** The chunks of a body, with their bytes counted. Leaving a loop over them does not end the body. */
function resumable(body: AsyncIterable<Uint8Array>, stats: Relayed['stats']): AsyncIterable<Uint8Array> {
  const chunks = body[Symbol.asyncIterator]();
  return {
    [Symbol.asyncIterator]: () => ({
      async next() {
        const next = await chunks.next();
        if (!next.done) stats.bytes += next.value.length;
        return next;
      },
    }),
  };
}

function warnOf({ why, code }: NotCalled, { warn, upstream: { host, serverName } }: Admission): void {
  if (why === 'not_trusted') {
    warn(`the live relay does not trust the certificate of ${host} as one of ${serverName} (${code})`);
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    warn(
      `the live relay finds no address for ${host}: it cannot follow Kong's "upstream" entities; name the provider in upstream_url`,
    );
  }
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
