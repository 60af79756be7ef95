/** Which framing a body has: what its bytes say, and where they leave it open, what its content type says. */
import { parseJson } from '../json/document.ts';
import { AWS, hasPrelude } from './aws-event-stream.ts';
import { eventOf, MAX_EVENTS, type ParsedStream, streamBudget } from './document.ts';
import { type Framing, parseFrames } from './framing.ts';
import { NDJSON } from './ndjson.ts';
import { SSE } from './sse.ts';

const BY_TYPE: Record<string, Framing> = {
  'text/event-stream': SSE,
  'application/x-ndjson': NDJSON,
  'application/stream+json': NDJSON,
  'application/vnd.amazon.eventstream': AWS,
};

/** @returns undefined when the body is no stream, whatever it is labelled */
export function parseStream(bytes: Uint8Array, contentType: string | undefined): ParsedStream | undefined {
  const framing = framingOf(bytes, framingOfType(contentType));
  // A reader who trusts the label would read something else.
  if (framing === 'mislabelled') return { ok: false, problem: 'corrupt' };
  const parsed = framing && parseFrames(bytes, framing);
  if (parsed?.ok && framing === NDJSON) parsed.document.isList = true;
  return parsed;
}

/** @returns undefined for content types of bodies that are no stream */
export function framingOfType(contentType: string | undefined): Framing | undefined {
  const [type = ''] = (contentType ?? '').split(';');
  const name = type.trim().toLowerCase();
  return Object.hasOwn(BY_TYPE, name) ? BY_TYPE[name] : undefined;
}

/** What clients take for events, however odd the rest of the type is. */
export function isEventStream(contentType: string | undefined): boolean {
  return /^\s*text\/event-stream\b/i.test(contentType ?? '');
}

/**
 * A JSON list of events, as Gemini streams without `alt=sse`. The steps of a path mean the same in both: its items are the
 * events.
 *
 * @returns undefined for what is not one whole JSON list: it may still be JSON, or say why it is not
 */
export function parseList(bytes: Uint8Array): ParsedStream | undefined {
  if (!/^\s*\[/.test(textOf(bytes, HEAD))) return undefined;
  const parsed = parseJson(bytes, streamBudget(), 'told');
  if (!parsed.ok) return undefined;
  const { value, beside } = parsed.document;
  if (!Array.isArray(value) || value.length > MAX_EVENTS) return undefined;
  const events = value.map((item, index) => eventOf({ value: item }, index === 0 ? beside : undefined));
  return { ok: true, document: { ...parsed.document, events, isList: true } };
}

function framingOf(bytes: Uint8Array, labelled: Framing | undefined): Framing | 'mislabelled' | undefined {
  if (hasPrelude(bytes)) return (labelled ?? AWS) === AWS ? AWS : 'mislabelled';
  const head = textOf(bytes, HEAD);
  if (SSE_START.test(head)) return SSE;
  if (/^\s*[{[]/.test(head)) return framingOfJson(bytes, labelled);
  return labelled;
}

/** Enough to see past some blank lines. */
const HEAD = 256;

/** A field, or a comment, before anything else but a byte-order mark; bytes, not characters. */
const SSE_START = /^(?:\xef\xbb\xbf)?[\r\n]*(?::|(?:data|event|id|retry)(?:[:\r\n]|$))/;

/** One JSON value is a stream only if it is labelled one that has a value on each line. */
function framingOfJson(bytes: Uint8Array, labelled: Framing | undefined): Framing | undefined {
  const text = textOf(bytes, bytes.length).trimStart();
  const newline = text.indexOf('\n');
  const first = newline === -1 ? text : text.slice(0, newline);
  const isOneLine = newline === -1 || text.slice(newline).trim() === '';
  if (isOneLine) return labelled === NDJSON ? NDJSON : undefined;
  // Between two brackets like these, one JSON value has a comma or a colon.
  const hasSecond = /[}\]]\s*$/.test(first.slice(-HEAD)) && /^\s*[{[]/.test(text.slice(newline));
  return hasSecond ? NDJSON : undefined;
}

function textOf(bytes: Uint8Array, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, length)).toString('latin1');
}
