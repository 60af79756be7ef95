/** Events of our own, in the text framings of the providers' streams. */
import type { JsonObject } from './segment.ts';

export interface NamedEvent {
  /** Absent where the API's events have no names. */
  name?: string;
  value: JsonObject | '[DONE]';
}

/** @see https://html.spec.whatwg.org/multipage/server-sent-events.html */
export function sseText({ name, value }: NamedEvent): string {
  const data = typeof value === 'string' ? value : JSON.stringify(value);
  return `${name === undefined ? '' : `event: ${name}\n`}data: ${data}\n\n`;
}

/** One JSON value a line. */
export function jsonLine(value: JsonObject): string {
  return `${JSON.stringify(value)}\n`;
}
