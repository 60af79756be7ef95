/**
 * W3C trace context: which span a request belongs to.
 *
 * @see https://www.w3.org/TR/trace-context/#traceparent-header
 */

export interface TraceContext {
  /** 32 hexadecimal digits. */
  traceId: string;
  /** 16 hexadecimal digits. */
  spanId: string;
  isSampled: boolean;
}

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/;
const SAMPLED = 1;

/** @returns undefined for what is no `traceparent` */
export function parseTraceparent(header: string | undefined): TraceContext | undefined {
  if (header === undefined) return undefined;
  const [, traceId, spanId, flags = '00'] = TRACEPARENT.exec(header.trim()) ?? [];
  if (traceId === undefined || spanId === undefined) return undefined;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & SAMPLED) !== 0 };
}

export function traceparentOf({ traceId, spanId, isSampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-0${isSampled ? SAMPLED : 0}`;
}

/**
 * The span whose children our spans are: that of Kong, in the trace that the client began. Kong's tracing plugins put Kong's
 * spans into the client's trace, but they run after us.
 *
 * @param client `traceparent` of the request
 * @param kong Kong's active span, as a `traceparent`; only the batch hook tells
 * @returns a `traceparent` that is well-formed; undefined where there is neither
 */
export function parentOf(client: string | undefined, kong: string | undefined): string | undefined {
  const own = parseTraceparent(client);
  const active = parseTraceparent(kong);
  if (!active) return own && traceparentOf(own);
  if (!own) return traceparentOf(active);
  return traceparentOf({ ...active, traceId: own.traceId, isSampled: own.isSampled && active.isSampled });
}

/** The same when Kong's tracing plugins have run, and know whether the trace is sampled. @param before as it was known in access */
export function laterParentOf(before: string | undefined, kong: string | undefined): string | undefined {
  const active = parseTraceparent(kong);
  if (!active) return before;
  return traceparentOf({ ...active, traceId: parseTraceparent(before)?.traceId ?? active.traceId });
}
