/** A body that a body format reads: what the fuzzers grow others from. */
import type { Provider } from '../../src/config/api-uri.ts';
import type { Direction } from '../../src/config/schema.ts';
import type { JsonObject } from '../../src/formats/segment.ts';

export interface Route {
  name: string;
  route: readonly [Provider, string];
  /** The request's path. */
  path: string;
}

export interface RequestSample extends Route {
  body: JsonObject;
}

export interface AnswerSample extends Route {
  body: unknown;
}

export interface BodySample extends AnswerSample {
  direction: Direction;
}

/** A streamed answer. */
export interface StreamSample extends Route {
  framing: 'sse' | 'ndjson' | 'list' | 'aws';
  /** Amazon's InvokeModel wraps its events once more. */
  isWrapped?: true;
  events: readonly { name?: string; value: unknown }[];
}
