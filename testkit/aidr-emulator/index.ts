/**
 * An emulator of CrowdStrike AIDR's AI Guard API, for tests and for developers without a tenant.
 *
 * It checks keys and bodies as AIDR does, judges by a policy file, encrypts and decrypts (unredact), answers in AIDR's
 * shape, remembers every call, and fails on demand. Its control API, for curl, is described in control.ts.
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { listenForHttp } from '../harness/http-listener.ts';
import { Aidr, type Finding } from './aidr.ts';
import { control } from './control.ts';
import { failure, type Reply } from './envelope.ts';
import { applyFault, type Fault, FaultPlan, type Matchable, type Outgoing } from './faults.ts';
import { parseJson } from './json.ts';
import { checkPolicy, loadPolicy, type Policy } from './policy.ts';
import type { RateLimit } from './rate-limit.ts';

export type { Finding } from './aidr.ts';
export type { Fault } from './faults.ts';
export { loadPolicy, type Policy } from './policy.ts';

const BASE_PATH = '/aidr/aiguard';

export interface EmulatorOptions {
  /** Default: any free port. */
  port?: number;
  /** Default: the loopback address. */
  host?: string | undefined;
  /** Accepted bearer tokens; default `['pts_demo']`. */
  keys?: string[];
  /** Default: policy.yaml beside this file. */
  policy?: Policy;
  /** Analyse only what is new since the last assistant message, as AIDR does; default true. */
  historyBoundary?: boolean;
  /** How many calls each key may make; default: as many as it likes. */
  rateLimit?: RateLimit;
}

/** A call of the API as it came in, polls included, and what it was answered. */
export interface RecordedCall {
  readonly method: string;
  readonly path: string;
  /** All but `authorization`. */
  readonly headers: IncomingHttpHeaders;
  /** Whether the bearer token was an accepted key when the call came. */
  readonly keyKnown: boolean;
  /** The bearer token, if there was one. Not enumerable: a call can be printed, compared and serialised without it. */
  readonly key: string | undefined;
  readonly raw: Buffer;
  /** `raw` as JSON; undefined when it is none. */
  readonly body: unknown;
  /** Undefined until the answer is sent, and for ever if none is: connection cut, or the client gone. */
  answer: { readonly status: number; readonly body: unknown } | undefined;
}

export interface Emulator {
  /** Base URL, e.g. `http://127.0.0.1:8787/aidr/aiguard`; no slash at its end. */
  readonly url: string;
  readonly calls: RecordedCall[];
  readonly findings: Finding[];
  /** One fault for all following calls, or a list used up one call each; undefined clears. */
  fault(faults: Fault | Fault[] | undefined): void;
  /** Accepts these keys from now on and no others: how a test adds, rotates and revokes. */
  setKeys(keys: readonly string[]): void;
  /** Refuses these fields from now on, as an older AIDR does; given as JSON pointers, such as `/span_id`. */
  setUnknownFields(pointers: readonly string[]): void;
  /** Limits each key from now on, polls included; undefined lifts the limit. Throws if it is no limit. */
  limitRate(limit: RateLimit | undefined): void;
  /** Cuts every connection and frees the port. */
  stop(): Promise<void>;
  /** Forgets calls, findings, faults and parked answers; keys and rate limit are those of the start again. */
  reset(): void;
}

/** Starts an emulator on 127.0.0.1. Rejects if the policy is wrong or the port taken. */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const policy = options.policy ? checkPolicy(options.policy) : await loadPolicy();
  const aidr = new Aidr({
    policy,
    keys: options.keys ?? ['pts_demo'],
    historyBoundary: options.historyBoundary ?? true,
    rateLimit: options.rateLimit,
  });
  const faults = new FaultPlan();
  const calls: RecordedCall[] = [];

  const server = await listenForHttp(options.port ?? 0, handle, options.host);
  const url = server.url + BASE_PATH;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const raw = await readAll(request);
    const path = request.url ?? '/';
    const controlled = control(`${request.method} ${path}`, raw, aidr, faults);
    if (controlled) return send(controlled, response);

    const call = record(request, path, raw, aidr);
    calls.push(call);
    const fault = faults.take({ route: routeOf(path), body: call.body });
    const outgoing = applyFault(
      fault,
      () => answer(call, aidr),
      (reply, polls) => aidr.park(reply, polls, url),
    );
    if (fault?.kind === 'held') await fault.until;
    if (fault?.delayMs && !(await waited(fault.delayMs, response))) return;
    if (typeof outgoing === 'object') call.answer = { status: outgoing.status, body: outgoing.body };
    send(outgoing, response);
  }

  return {
    url,
    calls,
    findings: aidr.findings,
    fault: (next) => faults.set(next),
    setKeys: (keys) => aidr.setKeys(keys),
    setUnknownFields: (pointers) => aidr.setUnknownFields(pointers),
    limitRate: (limit) => aidr.limitRate(limit),
    stop: server.stop,
    reset() {
      calls.length = 0;
      faults.set(undefined);
      aidr.reset();
    },
  };
}

function record(request: IncomingMessage, path: string, raw: Buffer, aidr: Aidr): RecordedCall {
  const { authorization = '', ...headers } = request.headers;
  const key = /^Bearer (.+)$/i.exec(authorization)?.[1];
  const call: RecordedCall = {
    method: request.method ?? '',
    path,
    headers,
    keyKnown: aidr.knows(key),
    key,
    raw,
    body: parseJson(raw),
    answer: undefined,
  };
  return Object.defineProperty(call, 'key', { enumerable: false });
}

/** What faults call the route. */
function routeOf(path: string): Matchable['route'] {
  if (path.includes('/request/')) return 'poll';
  return path.endsWith('/v1/unredact') ? 'unredact' : 'guard';
}

/** The right answer to a call. */
function answer({ method, path, key, headers, raw, body }: RecordedCall, aidr: Aidr): Reply {
  const incoming = { key, contentType: headers['content-type'], raw, body };
  const route = `${method} ${path}`;
  if (route === `POST ${BASE_PATH}/v1/guard_chat_completions`) return aidr.guard(incoming);
  if (route === `POST ${BASE_PATH}/v1/unredact`) return aidr.unredact(incoming);
  const polled = /^\/aidr\/aiguard\/request\/([^/?]+)$/.exec(path)?.[1];
  if (method === 'GET' && polled) return aidr.poll(key, polled);
  return failure(404, 'pangea');
}

function send(outgoing: Outgoing, response: ServerResponse): void {
  if (outgoing === 'close') response.socket?.destroy();
  else if (outgoing === 'reset') response.socket?.resetAndDestroy();
  else if (outgoing === 'stall') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 });
    response.flushHeaders();
  } else {
    const { status, headers, body } = outgoing;
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
  }
}

/** Waits, unless the client goes away first: then false. */
async function waited(ms: number, response: ServerResponse): Promise<boolean> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  return sleep(ms, true, { signal: gone.signal }).catch(() => false);
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}
