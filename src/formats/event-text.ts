/** Events of our own, in the text framings of the providers' streams. */
import type { JsonObject } from './segment.ts';

export interface NamedEvent {
  /** Absent where the API's events have no names. */
  name?: string;
  value: JsonObject | '[DONE]';
  /** The API's clients take a blank behind a colon for a part of the value. */
  isUnspaced?: true;
}

/** @see https://html.spec.whatwg.org/multipage/server-sent-events.html */
export function sseText({ name, value, isUnspaced }: NamedEvent): string {
  const data = typeof value === 'string' ? value : JSON.stringify(value);
  const colon = isUnspaced ? ':' : ': ';
  return `${name === undefined ? '' : `event${colon}${name}\n`}data${colon}${data}\n\n`;
}

/** One JSON value a line. */
export function jsonLine(value: JsonObject): string {
  return `${JSON.stringify(value)}\n`;
}
