/** What a provider says of how its clients are told that something is refused, before anything was sent to them. */
import { jsonLine, type NamedEvent, sseText } from './event-text.ts';
import type { BodyFormat } from './format.ts';
import type { JsonObject } from './segment.ts';

/** What a client is told. */
export interface Refused {
  httpStatus: number;
  /** Stable, and the same for all providers. */
  code: string;
  /** One sentence for people. */
  message: string;
  /** AIDR's id of the call that decided. */
  requestId?: string;
}

/** What the clients of one API read. */
export interface ApiRefusals {
  /** The API's own formats, and those of its other endpoints whose clients read the same. */
  formats: readonly BodyFormat[];
  /** The members that stand beside `reason`, `status` and `code`. */
  error(refused: Refused): JsonObject;
  headers?(refused: Refused): Record<string, string>;
  /** A refusal as an ordinary answer; absent where the API's answers hold no sentences. */
  answer?: RefusingAnswer;
}

/** An ordinary answer that says nothing but why there is none. */
export interface RefusingAnswer {
  /** Paths of the same format whose answers are others, such as those that count tokens. */
  notAt?: RegExp;
  /** @returns undefined where it is not known which answer the client expects */
  whole(said: Said): JsonObject | undefined;
  /** @returns as above */
  streamed(said: Said): StreamedAnswer | undefined;
}

export interface StreamedAnswer {
  contentType: string;
  body: string | Uint8Array;
}

export interface Said {
  /** The sentence. */
  text: string;
  /** What the request asked for; empty where that is not known. */
  model: string;
  /** Unique, and of characters that every provider's ids may have. */
  id: string;
  /** Seconds since 1970. */
  created: number;
  /** The request's path. */
  path: string;
  /** The query asks for an event stream, where the API streams otherwise too. */
  asksForEvents: boolean;
}

/** The members that most providers' clients look for, for those of which nothing is known. */
export function errorForAll({ httpStatus, code, message }: Refused): JsonObject {
  const type = httpStatus < 500 ? 'invalid_request_error' : 'api_error';
  return { message, type: 'error', error: { type, message, code, param: null } };
}

export function eventStream(events: readonly NamedEvent[]): StreamedAnswer {
  return { contentType: 'text/event-stream', body: events.map(sseText).join('') };
}

/** Events that are named after their `type`. */
export function typedEvents(values: readonly (JsonObject & { type: string })[]): StreamedAnswer {
  return eventStream(values.map((value) => ({ name: value.type, value })));
}

/** One JSON value a line. */
export function jsonLines(contentType: string, values: readonly JsonObject[]): StreamedAnswer {
  return { contentType, body: values.map(jsonLine).join('') };
}
