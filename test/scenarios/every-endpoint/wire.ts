/** A request of an application and the answer to it, with words in every place that can hold a text. */

/** What stands in every place; no API has it among its own words. */
export const WORDS = 'words';

/** The bytes of a file that is no text. */
export const PICTURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 1, 2, 0xff]);

export interface Answer {
  type: string;
  body: Buffer;
}

export interface WireRequest {
  method: string;
  /** With its query; behind the route. */
  path: string;
  headers: Record<string, string>;
  body: Buffer;
}

/** With spaces and escapes of its own, so that a byte more or less is seen. */
export function spelled(value: unknown): string {
  return JSON.stringify(value, null, 1).replaceAll('{', '{ ').replaceAll('ü', '\\u00fc');
}

export function json(value: unknown): Answer {
  return { type: 'application/json', body: Buffer.from(spelled(value)) };
}

export function sse(events: readonly unknown[]): Answer {
  const body = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
  return { type: 'text/event-stream', body: Buffer.from(body) };
}
