/** Which framing a body has: what its bytes say, and where they leave it open, what its content type says. */

import type { JsonDocument } from '../json/document.ts';
import { hasPrelude, parseAwsEventStream } from './aws-event-stream.ts';
import type { ParsedStream, StreamDocument } from './document.ts';
import { parseNdjson } from './ndjson.ts';
import { parseSse } from './sse.ts';

type Framing = (bytes: Uint8Array) => ParsedStream;

const BY_TYPE: Record<string, Framing> = {
  'text/event-stream': parseSse,
  'application/x-ndjson': parseNdjson,
  'application/stream+json': parseNdjson,
  'application/vnd.amazon.eventstream': parseAwsEventStream,
};

/** @returns undefined when the body is no stream, whatever it is labelled */
export function parseStream(bytes: Uint8Array, contentType: string | undefined): ParsedStream | undefined {
  const [type = ''] = (contentType ?? '').split(';');
  const framing = framingOf(bytes, BY_TYPE[type.trim().toLowerCase()]);
  return framing?.(bytes);
}

/** A JSON list of chunks, as Gemini streams without `alt=sse`. */
export function listAsStream(document: JsonDocument): StreamDocument | undefined {
  const { value } = document;
  if (!Array.isArray(value)) return undefined;
  return { ...document, events: value.map((item: unknown) => ({ value: item })) };
}

function framingOf(bytes: Uint8Array, labelled: Framing | undefined): Framing | undefined {
  if (hasPrelude(bytes)) return isAws(labelled) ? parseAwsEventStream : refuseUnclear;
  const head = textOf(bytes, HEAD);
  if (SSE_START.test(head)) return parseSse;
  if (/^\s*[{[]/.test(head)) return framingOfJson(bytes, labelled);
  return labelled;
}

function isAws(labelled: Framing | undefined): boolean {
  return labelled === undefined || labelled === parseAwsEventStream;
}

/** Bytes that are one framing, labelled another: a reader who trusts the label would read something else. */
function refuseUnclear(): ParsedStream {
  return { ok: false, problem: 'corrupt' };
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
  if (isOneLine) return labelled === parseNdjson ? parseNdjson : undefined;
  // Between two brackets like these, one JSON value has a comma or a colon.
  const hasSecond = /[}\]]\s*$/.test(first.slice(-HEAD)) && /^\s*[{[]/.test(text.slice(newline));
  return hasSecond ? parseNdjson : undefined;
}

function textOf(bytes: Uint8Array, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, length)).toString('latin1');
}
