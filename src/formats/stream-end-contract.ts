/** What a provider says of how its streams end that are broken off. */
import type { StreamEvent } from '../body/stream/document.ts';
import type { Framing } from '../body/stream/framing.ts';
import { isObject, type JsonObject, wordOf } from './segment.ts';

/** One event, or its only content where events have no names. */
export interface LastEvent {
  name?: string;
  value: JsonObject;
  /** As in `NamedEvent`. */
  isUnspaced?: true;
}

/** One API's. */
export interface StreamEnd {
  isOurs(event: StreamEvent): boolean;
  /**
   * @param seen the events that the client has: nothing of others may be repeated
   * @param message for whoever reads the error
   * @returns in their order, so that the client shows the message and completes no call of a tool that was cut off
   */
  lastEvents(seen: readonly StreamEvent[], message: string): readonly LastEvent[];
  /** Events end with `[DONE]`. */
  isDoneAfter?: true;
}

export interface BinaryStreamEnd {
  framing: Framing;
  /** @returns the last frame */
  lastFrame(message: string): Uint8Array;
}

/** What an event calls itself; a chunk of chat completions has no such name, whatever its frame is called. */
export function typeOfEvent({ name, value }: StreamEvent): string {
  if (!isObject(value)) return wordOf(name);
  return Array.isArray(value.choices) ? '' : wordOf(value.type ?? value.event_type ?? name);
}

/** With the fields that most clients look for. */
export function errorEvent(_seen: readonly StreamEvent[], message: string): readonly LastEvent[] {
  return [{ name: 'error', value: { type: 'error', error: { type: 'api_error', message } } }];
}
