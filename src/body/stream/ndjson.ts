/** One JSON value on each line; blank lines between them mean nothing. */
import { editJson } from '../json/edit.ts';
import {
  editsByEvent,
  MAX_EVENTS,
  type ParsedStream,
  parseEvent,
  type StreamEvent,
  streamBudget,
} from './document.ts';
import { decodeStream, encodeSpliced } from './text.ts';

export function parseNdjson(bytes: Uint8Array): ParsedStream {
  const decoded = decodeStream(bytes);
  if (!decoded) return { ok: false, problem: 'invalid_utf8' };
  const { text } = decoded;
  const events: StreamEvent[] = [];
  const budget = streamBudget();
  const places: { start: number; end: number }[] = [];
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    const line = text.slice(start, end);
    if (line.trim() !== '') {
      const parsed = parseEvent(line, newline === -1, budget);
      if (!parsed.ok) return parsed;
      events.push({ value: parsed.value });
      places.push({ start, end });
    }
    if (events.length > MAX_EVENTS) return { ok: false, problem: 'too_complex' };
    start = end + 1;
  }
  return {
    ok: true,
    document: {
      events,
      value: events.map(({ value }) => value),
      apply: (edits) => {
        const splices = [...editsByEvent(edits)].map(([event, own]) => {
          const { start, end } = places[event] ?? { start: 0, end: 0 };
          const json = editJson(text.slice(start, end), own);
          return { start, end, by: json.replaceAll('\n', ' ') };
        });
        return encodeSpliced(decoded, splices);
      },
    },
  };
}
