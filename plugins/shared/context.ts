/**
 * What the request leg learned and the response leg needs, carried in the request leg's mark: the two legs can run
 * in different processes, and each question to Kong is a round trip.
 */
import { MARKS } from '../../src/config/guard-plugin.ts';
import { formatsOfPath } from '../../src/formats/registry.ts';
import type { Inquiry, Legacy } from '../../src/guard/guard.ts';
import type { Caller } from '../../src/guard/metadata.ts';
import type { Exchange, Headers, Mark, Prompt } from '../../src/kong/exchange.ts';
import type { Instance } from './instance.ts';

export interface RequestContext extends Legacy {
  caller: Caller;
  /** The request's path. */
  path: string;
  /** Whether there was a prompt. */
  hadBody: boolean;
  /** The headers that told the client of the request leg: an upstream's of the same names would replace them. */
  exposed?: Record<string, string>;
  /** Whether the answer was asked for as a stream; absent when nobody has looked. */
  asksForStream?: boolean;
  /** What was read of the prompt; absent when nobody has looked. */
  prompt?: { formats: string[]; mayStream: boolean };
}

export function requestMark(context: RequestContext): Mark {
  return { key: MARKS.request, value: JSON.stringify(context) };
}

/** The request leg was there, and learned nothing. */
export const EMPTY_REQUEST_MARK = { key: MARKS.request, value: '{}' };

/**
 * @param mark what the request leg left
 * @returns undefined when the request plugin is not on this route, or learned nothing
 */
export function contextFromMark(mark: string | undefined): RequestContext | undefined {
  return mark === undefined || mark === EMPTY_REQUEST_MARK.value ? undefined : JSON.parse(mark);
}

/**
 * Without the request plugin on the route, the response leg asks Kong itself; only an announced body counts. It asks
 * one by one: the prompt would come along, which nobody reads here, and which may be too large for Kong to hand out.
 */
export async function readContext(instance: Instance, exchange: Exchange): Promise<RequestContext> {
  const headers = await exchange.requestHeaders();
  const path = await exchange.requestPath();
  const consumer = await exchange.consumer();
  const forwardedIp = await exchange.forwardedIp();
  const caller = await callerOf(instance, exchange, { consumer, forwardedIp });
  return { caller, path, hadBody: announcesBody(headers), encryptions: [] };
}

/** Over HTTP/2 nobody has to announce a body. */
export async function readContextAndBody(instance: Instance, exchange: Exchange): Promise<RequestContext> {
  const context = await readContext(instance, exchange);
  if (context.hadBody) return context;
  const body = await exchange.requestBody(instance.maxUnannounced);
  return { ...context, hadBody: body.length > 0 };
}

export async function callerOf(
  instance: Instance,
  exchange: Exchange,
  { consumer, forwardedIp: sourceIp, service: known }: Pick<Prompt, 'consumer' | 'forwardedIp' | 'service'>,
): Promise<Caller> {
  const service = known ? known.name : await instance.serviceName(exchange);
  const { username, customId } = consumer ?? {};
  return {
    ...(consumer ? { consumer: JSON.stringify([username ?? null, customId ?? null]) } : {}),
    user: username ?? customId,
    sourceIp,
    service,
  };
}

/** For what Kong waits for: its vault can be asked meanwhile, and it may have to end early. */
export function inquiryOf(exchange: Exchange, caller: Caller): Inquiry {
  const { revocation } = exchange;
  const vault = (reference: string) => exchange.secret(reference);
  return { caller, vault, ...(revocation ? { signal: revocation } : {}) };
}

/** An empty body is a broken prompt where the API wants one, and none at all elsewhere: `POST …/cancel` sends none. */
export function expectsBody(headers: Headers, path: string): boolean {
  return announcesBody(headers) && (headers.get('content-length') !== '0' || formatsOfPath(path).length > 0);
}

/** A request with neither header has no body over HTTP/1.1; over HTTP/2 only its bytes tell. */
function announcesBody(headers: Headers): boolean {
  return headers.get('content-length') !== undefined || headers.get('transfer-encoding') !== undefined;
}
