/**
 * What the request plugin learned and the response plugin needs, carried in the request plugin's passed-marker: the two
 * plugins can run in different processes, and each question to Kong is a round trip. The processes can also be of
 * different versions for a while, so the context has a version and is parsed before it is believed.
 */
import * as z from 'zod';
import { AGENT_TYPES } from '../../src/config/metadata-fields.ts';
import type { Caller } from '../../src/inspection/calls/metadata.ts';
import type { HistoryScope } from '../../src/inspection/history/history.ts';
import { MARKERS } from '../../src/kong/guard-plugin.ts';
import type { PassedMarker } from '../../src/kong/kong-request.ts';

/** Raised with every change of the fields below. */
const VERSION = 5;

/** Whoever asks, as a passed-marker carries it. */
export const markedCaller = z.strictObject({
  consumer: z.string().optional(),
  user: z.string().optional(),
  sourceIp: z.string().optional(),
  service: z.string().optional(),
  route: z.string().optional(),
  groups: z.string().optional(),
  requestId: z.string().optional(),
  traceparent: z.string().optional(),
  fromHeaders: z
    .strictObject({
      session_id: z.string().optional(),
      conversation_id: z.string().optional(),
      span_id: z.string().optional(),
      hostname: z.string().optional(),
      agent_type: z.enum(AGENT_TYPES).optional(),
      is_agent: z.boolean().optional(),
      user_name: z.string().optional(),
      user_group: z.string().optional(),
    })
    .optional(),
});

const encryption = z.strictObject({ context: z.string(), values: z.array(z.string()) });

/** In place of a hash: the prompt was too large to be read, and was let pass. */
export const UNREAD_PROMPT = 'unread';

const requestContext = z.strictObject({
  caller: markedCaller,
  /** The inspector of the request plugin, by which a prompt is inspected again that other plugins have changed. */
  inspector: z.string(),
  /** SHA-256 of the prompt that was let pass, where the batch hook does not keep the prompt itself. */
  promptHash: z.string().optional(),
  /** The request's path. */
  path: z.string(),
  /** Whether there was a prompt. */
  hadBody: z.boolean(),
  /** What the prompt's verdicts encrypted. */
  encryptions: z.array(encryption),
  /** Where turns of this conversation are kept. */
  history: z.custom<HistoryScope>((value) => typeof value === 'string').optional(),
  /** The headers that told the client of the request: an upstream's of the same names would replace them. */
  exposed: z.record(z.string(), z.string()).optional(),
  /** Whether the answer was asked for as a stream; absent when nobody has looked. */
  asksForStream: z.boolean().optional(),
  /** Nothing but media can answer the prompt. */
  asksForMedia: z.literal(true).optional(),
  /** What was read of the prompt; absent when nobody has looked. */
  prompt: z.strictObject({ formats: z.array(z.string()), mayStream: z.boolean() }).optional(),
});

const marker = z.strictObject({ version: z.literal(VERSION), context: requestContext });

/** `exactOptionalPropertyTypes`: what JSON cannot hold is absent. */
type Present<T> = { [K in keyof T]: Exclude<T[K], undefined> };
type Parsed = z.infer<typeof requestContext>;
export type RequestContext = Omit<Present<Parsed>, 'caller'> & { caller: Caller };

export function requestMarker(context: RequestContext): PassedMarker {
  return { key: MARKERS.request, value: JSON.stringify({ version: VERSION, context }) };
}

/** The request plugin was there, and learned nothing. */
export const EMPTY_REQUEST_MARKER = { key: MARKERS.request, value: '{}' };

/** The relay inspects the prompt, and learns what it says. */
export const RELAYED_REQUEST_MARKER = { key: MARKERS.request, value: '{"relay":true}' };

/**
 * @param value what the request plugin left
 * @returns undefined when the request plugin is not on this route, learned nothing, or is of another version
 */
export function contextFromMarker(value: string | undefined): RequestContext | undefined {
  if (value === undefined || value === EMPTY_REQUEST_MARKER.value) return undefined;
  const parsed = marker.safeParse(jsonOf(value));
  return parsed.success ? (parsed.data.context as RequestContext) : undefined;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
