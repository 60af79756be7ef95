/** One provider API's body shape: the contract of the files beside this one. */
import type { StreamEvent } from '../body/stream/document.ts';
import type { Collector } from './collector.ts';
import type { JsonObject } from './segment.ts';
import type { Shape } from './shape.ts';

export interface Shapes {
  request: Shape;
  response: Shape;
  /** Of each event of a streamed answer; as `response` without it. */
  event?: Shape;
}

export interface BodyFormat {
  /** `<provider>.<api>`, for the record. */
  name: string;
  /**
   * Top-level keys of a request that this API defines, whether they hold text or not: those of its shape (`keysOf`), or
   * fewer where a shape has what several APIs take. They tell which API a body is of, and of what nobody knows the key,
   * another API may read the value as the prompt.
   */
  requestKeys: ReadonlySet<string>;
  /** What of its bodies is no text; without it, nothing is known to be none. */
  shapes?: Shapes;
  /** It takes any body: only a path or the configuration names it. */
  takesAny?: true;
  /**
   * @param isLast no other format reads the body: one that looks like another API's is read as well as may be
   * @returns false when the body has nothing that this API's requests have
   */
  readRequest(body: JsonObject, out: Collector, isLast?: boolean): boolean;
  /** Where an endpoint takes a list; without it, its lists cannot be read. */
  readRequestList?(body: readonly unknown[], out: Collector): void;
  /** @returns false when the body has nothing that this API's answers have */
  readResponse(body: unknown, out: Collector): boolean;
  /**
   * Reads a streamed answer; the first step of every path is the number of the event.
   *
   * @returns false when no event is one of this API's
   */
  readStream?(events: readonly StreamEvent[], out: Collector): boolean;
}
