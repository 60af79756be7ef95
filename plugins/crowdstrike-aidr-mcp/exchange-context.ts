/** What access knows of an exchange and the response phase needs, carried in the passed-marker, as the other plugins do. */
import * as z from 'zod';
import type { Caller } from '../../src/inspection/calls/metadata.ts';
import { MARKERS } from '../../src/kong/guard-plugin.ts';
import type { PassedMarker } from '../../src/kong/kong-request.ts';
import { PROTOCOL_NAMES } from '../../src/protocols/names.ts';
import type { Exchange } from '../../src/protocols/protocol.ts';
import { markedCaller } from '../shared/request-context.ts';

/** Raised with every change of the fields below. */
const VERSION = 4;

const pendingRequest = z.strictObject({
  ...{ id: z.string(), alike: z.string().optional() },
  ...{ method: z.string(), tool: z.string().optional() },
});

const context = z.strictObject({
  protocol: z.enum(PROTOCOL_NAMES),
  pending: z.array(pendingRequest),
  binding: z.string().optional(),
  readsReply: z.boolean(),
  /** Whether there was a body. */
  hadBody: z.boolean(),
  caller: markedCaller,
});

const marker = z.strictObject({ mcp: z.literal(VERSION), context });

export interface ExchangeContext {
  exchange: Exchange;
  hadBody: boolean;
  caller: Caller;
}

/** The plugin was there, and learned nothing. */
export const EMPTY_EXCHANGE_MARKER = { key: MARKERS.request, value: '{"mcp":0}' };

/** The relay inspects both directions. */
export const RELAYED_EXCHANGE_MARKER = { key: MARKERS.request, value: '{"mcp":"relay"}' };

export const RESPONSE_MARKER = { key: MARKERS.response, value: '1' };

/** In access, where the upstream's answer is to go through the relay, and no other one is to go out. */
export const UPSTREAM_MARKER = { key: MARKERS.response, value: 'upstream' };

export function exchangeMarker({ exchange, hadBody, caller }: ExchangeContext): PassedMarker {
  const { protocol, pending, binding, readsReply } = exchange;
  const carried = { protocol, pending, binding, readsReply, hadBody, caller };
  return { key: MARKERS.request, value: JSON.stringify({ mcp: VERSION, context: carried }) };
}

/** @returns undefined when access learned nothing, or the marker is another plugin's or of another version */
export function contextFromMarker(value: string | undefined): ExchangeContext | undefined {
  if (value === undefined) return undefined;
  const parsed = marker.safeParse(jsonOf(value));
  if (!parsed.success) return undefined;
  const { protocol, pending, binding, readsReply, hadBody, caller } = parsed.data.context;
  const known = pending.map(({ alike, tool, ...request }) => ({
    ...request,
    ...(alike === undefined ? {} : { alike }),
    ...(tool === undefined ? {} : { tool }),
  }));
  const bound = binding === undefined ? {} : { binding };
  return { exchange: { protocol, pending: known, readsReply, ...bound }, hadBody, caller: caller as Caller };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
