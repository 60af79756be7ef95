/**
 * One request in Kong, and the only code that calls Kong's plugin development kit (PDK).
 *
 * Each method is one round trip to Kong. `prompt`, `facts`, `answer` and `leave` get or leave all that a direction needs:
 * they are one round trip with the batch hook, and several without it. What Kong does not have is `undefined`. If Kong does not give
 * what it must have, a `KongRequestError` is thrown, which refuses the request (phase.ts).
 */

import { BATCH_HOOK } from './batch-hook-plugin.ts';
import type { BodyReservation } from './body-reservation.ts';
import { MARKERS } from './guard-plugin.ts';
import type { Pdk } from './pdk.ts';

export class KongRequestError extends Error {
  override readonly name = 'KongRequestError';
}

/** Header names in lower case, several values joined as HTTP defines. */
export interface Headers {
  get(name: string): string | undefined;
  names: readonly string[];
  /** How many header lines there are. */
  count: number;
}

export interface Consumer {
  username?: string;
  customId?: string;
}

/** What is known of a request beside its body. */
export interface RequestFacts {
  headers: Headers;
  /** As the client sent it, before the route strips anything. */
  path: string;
  consumer: Consumer | undefined;
  /** The client's address behind the proxies that Kong trusts. */
  forwardedIp: string | undefined;
  /** Absent if it was not asked for: it seldom changes, and without the batch hook it costs a round trip. */
  service?: { name: string | undefined };
  /** Name of the Kong route, or its id if it has none. Only the batch hook tells. */
  route?: string | undefined;
  /** Of what was authenticated without a consumer; never the credential itself. Only the batch hook tells. */
  credentialId?: string | undefined;
  /** Names of the consumer groups, in one text. Only the batch hook tells, and only Kong Enterprise has groups. */
  groups?: string | undefined;
  /** Only the batch hook tells. Kong has it since 3.5. */
  requestId?: string | undefined;
  /** Kong's active span, as a `traceparent`. Only the batch hook tells, and only where Kong's tracing is on. */
  kongSpan?: string | undefined;
}

/** What the request plugin needs of a request. */
export interface Prompt extends RequestFacts {
  /** `undefined` when it is larger than was asked for. */
  body: Uint8Array | undefined;
}

/** What the response plugin needs of an answer. */
export interface Answer {
  status: number;
  headers: Headers;
  /** The upstream's bytes, still in their content-encoding. */
  body: Uint8Array;
  /** What the request plugin left. */
  promptMarker: string | undefined;
  /** Whether the guard ran; absent when it was not asked for. */
  isGuarded?: boolean;
  /** Only the batch hook tells. */
  requestId?: string | undefined;
  /** As of a prompt. */
  kongSpan?: string | undefined;
}

/** What the response plugin learns in access. */
export interface ExpectedAnswer {
  /** What the request plugin left. */
  promptMarker: string | undefined;
  /**
   * What became of the prompt that the request plugin let pass: it is the same, another plugin has changed it, or ai-proxy
   * has translated it. Only the batch hook tells, and only where it handed out the prompt.
   */
  promptState?: 'same' | 'changed' | 'translated';
}

export interface PassedMarker {
  key: string;
  value: string;
}

/** What is added to Kong's own record of the request. */
export interface RecordEntry {
  key: string;
  value: object;
}

/** Kong hands out at most this many headers, whatever it is asked for. */
export const MAX_HEADERS = 1000;

export class KongRequest {
  readonly kong: Pdk;
  readonly #bodies: BodyReservation | undefined;
  #hasBatchHook = false;

  /** @param bodies absent in Kong's stock plugin server */
  constructor(kong: Pdk, bodies?: BodyReservation) {
    this.kong = kong;
    this.#bodies = bodies;
  }

  /** Aborts as revoked when another caller is given what the bodies of this phase take. */
  get revocation(): AbortSignal | undefined {
    return this.#bodies?.signal;
  }

  /** @returns false when there is no room for the bodies of this phase: its request is to be refused */
  chargeBodies(caller: string): boolean {
    return this.#bodies?.chargeTo(caller) ?? true;
  }

  /** Whether this worker of Kong has the batch hook. Once it has it, it keeps it. */
  async isBatchHookThere(): Promise<boolean> {
    return (await this.shared(BATCH_HOOK.key)) === BATCH_HOOK.value;
  }

  /** Call this only if the batch hook is known to be there. Otherwise Kong logs an error and gives nothing. */
  useBatchHook(): void {
    this.#hasBatchHook = true;
  }

  get usesBatchHook(): boolean {
    return this.#hasBatchHook;
  }

  /**
   * @param max bytes of a body whose length is announced
   * @param maxUnannounced bytes of a body without an announced length, if the batch hook is missing: Kong answers the client
   * with 500 if the body is larger
   */
  async prompt(max: number, maxUnannounced: number): Promise<Prompt> {
    if (this.#hasBatchHook) return promptOf(await this.kong.ctx.crowdstrikeAidr.prompt(max));
    const facts = await this.facts();
    return { ...facts, body: await this.#bodyUpTo(max, maxUnannounced, facts.headers) };
  }

  /** For who does not need the body, which may be too large for Kong to hand out. */
  async facts(): Promise<RequestFacts> {
    if (this.#hasBatchHook) return factsOf(tableOf(await this.kong.ctx.crowdstrikeAidr.facts()));
    const headers = await this.requestHeaders();
    const path = await this.requestPath();
    const consumer = await this.consumer();
    return { headers, path, consumer, forwardedIp: await this.forwardedIp() };
  }

  /** The body as it is now, in two round trips; `undefined` when it is larger than was asked for. */
  async currentBody(max: number, maxUnannounced: number): Promise<Uint8Array | undefined> {
    return this.#bodyUpTo(max, maxUnannounced, await this.requestHeaders());
  }

  async #bodyUpTo(max: number, maxUnannounced: number, headers: Headers): Promise<Uint8Array | undefined> {
    const announced = headers.get('content-length');
    const limit = announced === undefined ? maxUnannounced : max;
    return Number(announced ?? 0) > max ? undefined : this.requestBody(limit);
  }

  async answer(): Promise<Answer> {
    if (this.#hasBatchHook) return answerOf(await this.kong.ctx.crowdstrikeAidr.answer());
    const promptMarker = await this.shared(MARKERS.request);
    const status = statusOf(await this.kong.response.getStatus());
    const headers = readHeaders(await this.kong.response.getHeaders(MAX_HEADERS));
    const body = bytesOf(await this.kong.service.response.getRawBody(), UPSTREAM_ANSWER);
    return { status, headers, body, promptMarker };
  }

  /**
   * Leaves the passed-marker by which a direction lets pass, and its record.
   *
   * @param exits statuses with which other plugins may answer by themselves from here on
   * @param hasChangedPrompt whether the plugin itself has changed the prompt since it got it
   */
  async leave(
    marker: PassedMarker,
    record: RecordEntry,
    exits?: string,
    hasChangedPrompt = false,
  ): Promise<void> {
    if (this.#hasBatchHook) {
      const left = [marker.key, marker.value, record.key, record.value] as const;
      if (hasChangedPrompt) await this.kong.ctx.crowdstrikeAidr.leave(...left, exits ?? false, true);
      else await this.kong.ctx.crowdstrikeAidr.leave(...left, ...(exits === undefined ? [] : [exits]));
      return;
    }
    await this.record(record);
    await this.share(marker.key, marker.value);
    if (exits !== undefined) await this.share(MARKERS.exits, exits);
  }

  /**
   * In access: tells the guard that there will be an answer to be inspected.
   *
   * @param exits statuses with which other plugins may answer by themselves from here on
   */
  async expectAnswer(exits: string): Promise<ExpectedAnswer> {
    if (this.#hasBatchHook) return expectedOf(await this.kong.ctx.crowdstrikeAidr.expectAnswer(exits));
    await this.share(MARKERS.exits, exits);
    return { promptMarker: await this.shared(MARKERS.request) };
  }

  /**
   * @param offer asked for only where the batch hook can take it
   * @returns undefined without the batch hook
   */
  async relayInOneCall(offer: () => object): Promise<unknown> {
    return this.#hasBatchHook ? this.kong.ctx.crowdstrikeAidr.relay(offer()) : undefined;
  }

  async requestHeaders(): Promise<Headers> {
    return readHeaders(await this.kong.request.getHeaders(MAX_HEADERS));
  }

  /**
   * Kong answers the client with 500 when the body is larger than `max`, so look at content-length first.
   *
   * @param max bytes; without it Kong would not read a body that it has put on disk
   */
  async requestBody(max: number): Promise<Uint8Array> {
    return bytesOf(await this.kong.request.getRawBody(max), 'the request body');
  }

  /** As the client sent it, before the route strips anything. */
  async requestPath(): Promise<string> {
    return stringOf(await this.kong.request.getPath()) ?? '/';
  }

  /** @returns the first of that name, decoded */
  async queryArgument(name: string): Promise<string | undefined> {
    return stringOf(await this.kong.request.getQueryArg(name));
  }

  async consumer(): Promise<Consumer | undefined> {
    return consumerOf(await this.kong.client.getConsumer());
  }

  /** The client's address behind the proxies that Kong trusts. */
  async forwardedIp(): Promise<string | undefined> {
    return stringOf(await this.kong.client.getForwardedIp());
  }

  async serviceName(): Promise<string | undefined> {
    return stringOf((await this.service())?.name);
  }

  /** The Kong service as it is configured; fields that are not set are missing, or `null`. */
  async service(): Promise<Readonly<Record<string, unknown>> | undefined> {
    const service = await this.kong.router.getService();
    return typeof service === 'object' && service !== null ? (service as Record<string, unknown>) : undefined;
  }

  /** The Kong route as it is configured; fields that are not set are missing, or `null`. */
  async route(): Promise<Readonly<Record<string, unknown>> | undefined> {
    const route = await this.kong.router.getRoute();
    return typeof route === 'object' && route !== null ? (route as Record<string, unknown>) : undefined;
  }

  /** What Kong will send as `Host`, if that is not the service's own; on a route with ai-proxy, the provider. */
  async upstreamHost(): Promise<string | undefined> {
    return stringOf(await this.kong.nginx.getVar('upstream_host'));
  }

  async upstreamScheme(): Promise<string | undefined> {
    return stringOf(await this.kong.nginx.getVar('upstream_scheme'));
  }

  /** Sends this request elsewhere, once, over plain HTTP. */
  async sendTo(host: string, port: number, header: { name: string; value: string }): Promise<void> {
    await this.kong.service.setTarget(host, port);
    await this.kong.service.setRetries(0);
    await this.kong.service.request.setScheme('http');
    await this.kong.service.request.setHeader(header.name, header.value);
  }

  /** In milliseconds, for this request. */
  async setTimeouts(connect: number, write: number, read: number): Promise<void> {
    await this.kong.service.setTimeouts(connect, write, read);
  }

  /** A value of the request context, which all plugins of a request share. */
  async shared(key: string): Promise<string | undefined> {
    return stringOf(await this.kong.ctx.shared.get(key));
  }

  async share(key: string, value: string): Promise<void> {
    await this.kong.ctx.shared.set(key, value);
  }

  /** Kong hands this request's answer through as it comes, and skips the response phase. */
  async passUnbuffered(): Promise<void> {
    await this.kong.nginx.setCtx('buffered_proxying', false);
  }

  /**
   * Whether Kong's ai-proxy made the request, and so will translate its answer: it notes in ngx.ctx which of its
   * filters ran. Kong has this since 3.9.
   */
  async isBesideAiProxy(): Promise<boolean> {
    const filters = await this.kong.nginx.getCtx('ai_executed_filters');
    return typeof filters === 'object' && filters !== null && 'normalize-request' in filters;
  }

  /** Works in access too: for the coming answer, and for one that the plugin gives itself. */
  async setAnswerHeaders(headers: Record<string, string>): Promise<void> {
    await this.kong.response.setHeaders(headers);
  }

  /** The current value of a `{vault://…}` reference. */
  async secret(reference: string): Promise<string | undefined> {
    return stringOf(await this.kong.vault.get(reference));
  }

  /** Adds an entry to what every log plugin of Kong writes about this request. */
  async record({ key, value }: RecordEntry): Promise<void> {
    await this.kong.log.setSerializeValue(key, value);
  }

  /** Logs a line in Kong, because Kong's default log level hides the plugin server's own output. */
  async log(level: 'err' | 'warn' | 'notice', message: string): Promise<void> {
    await this.kong.log[level](message);
  }
}

function promptOf(prompt: unknown): Prompt {
  const { body, problem, ...facts } = tableOf(prompt);
  return { ...factsOf(facts), body: promptBodyOf(body, problem) };
}

function factsOf(facts: Record<string, unknown>): RequestFacts {
  const { headers, path, consumer, credential, groups, ip, service, route, request_id, span } = facts;
  return {
    headers: readHeaders(headers),
    path: stringOf(path) ?? '/',
    consumer: consumerOf(consumer),
    forwardedIp: stringOf(ip),
    service: { name: stringOf(service) },
    route: stringOf(route),
    credentialId: stringOf(credential),
    groups: stringOf(groups),
    requestId: stringOf(request_id),
    kongSpan: stringOf(span),
  };
}

/** Kong may also fail to read a body that is not too large. That must not be treated as too large. */
function promptBodyOf(body: unknown, problem: unknown): Uint8Array | undefined {
  const isTooLarge = stringOf(problem)?.includes('too big') ?? true;
  return isMissing(body) && isTooLarge ? undefined : bytesOf(body, 'the request body');
}

function answerOf(answer: unknown): Answer {
  const { status, headers, body, prompt_marker: promptMarker, ...others } = tableOf(answer);
  return {
    status: statusOf(status),
    headers: readHeaders(headers),
    body: bytesOf(body, UPSTREAM_ANSWER),
    promptMarker: stringOf(promptMarker),
    isGuarded: stringOf(others.guard_marker) !== undefined,
    requestId: stringOf(others.request_id),
    kongSpan: stringOf(others.span),
  };
}

const PROMPT_STATES = ['same', 'changed', 'translated'] as const;

export function expectedOf(expected: unknown): ExpectedAnswer {
  const { prompt_marker: marker, prompt_state: state } = tableOf(expected);
  const promptState = PROMPT_STATES.find((one) => one === state);
  return { promptMarker: stringOf(marker), ...(promptState ? { promptState } : {}) };
}

const UPSTREAM_ANSWER = "the upstream's answer";

function isMissing(value: unknown): boolean {
  return value === undefined || value === null;
}

export function tableOf(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new KongRequestError('the batch hook gave nothing');
  return value as Record<string, unknown>;
}

function statusOf(status: unknown): number {
  if (typeof status !== 'number') throw new KongRequestError('Kong gave no status of the answer');
  return status;
}

export function consumerOf(consumer: unknown): Consumer | undefined {
  if (typeof consumer !== 'object' || consumer === null) return undefined;
  const { username, custom_id: customId } = consumer as Record<string, unknown>;
  return {
    ...(typeof username === 'string' ? { username } : {}),
    ...(typeof customId === 'string' ? { customId } : {}),
  };
}

export function readHeaders(headers: unknown): Headers {
  if (typeof headers !== 'object' || headers === null) throw new KongRequestError('Kong gave no headers');
  const lines = new Map<string, string[]>();
  let count = 0;
  for (const [name, values] of Object.entries(headers)) {
    const list = (Array.isArray(values) ? values : [values]).map(String);
    lines.set(name.toLowerCase(), list);
    count += Math.max(list.length, 1);
  }
  return {
    get: (name) => lines.get(name)?.join(', '),
    get names() {
      return [...lines.keys()];
    },
    count,
  };
}

function bytesOf(body: unknown, what: string): Uint8Array {
  if (body instanceof Uint8Array) return body;
  if (typeof body === 'string') return Buffer.from(body, 'utf8');
  throw new KongRequestError(`Kong did not hand out ${what}`);
}

export function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
