/**
 * `application/vnd.amazon.eventstream`: frames of total length, headers' length and their CRC, headers, payload, and
 * the CRC of everything before.
 *
 * @see https://docs.aws.amazon.com/transcribe/latest/dg/event-stream.html
 */
import { crc32 } from 'node:zlib';
import type { ValueBudget } from '../json/check.ts';
import { parseJson } from '../json/document.ts';
import { type Edit, editJson } from '../json/edit.ts';
import {
  editsByEvent,
  MAX_EVENTS,
  type ParsedStream,
  type StreamEvent,
  type StreamProblem,
  streamBudget,
} from './document.ts';

const PRELUDE = 12;
const CRC = 4;

interface Frame {
  start: number;
  end: number;
  headers: Buffer;
  payload: Buffer;
}

/** Where the value of a frame stands: in its payload, or in base64 inside that. */
interface Content {
  value: unknown;
  inner?: string;
}

/** A last frame that breaks off is an event without a value. */
export function parseAwsEventStream(bytes: Uint8Array): ParsedStream {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frames: Frame[] = [];
  const contents: Content[] = [];
  const events: StreamEvent[] = [];
  const budget = streamBudget();
  let start = 0;
  while (start < body.length) {
    if (events.length > MAX_EVENTS) return { ok: false, problem: 'too_complex' };
    const frame = readFrame(body, start);
    if (frame === 'corrupt') return { ok: false, problem: frame };
    if (frame === 'cut') {
      events.push({ value: undefined });
      break;
    }
    const headers = readHeaders(frame.headers);
    if (!headers) return { ok: false, problem: 'corrupt' };
    const name = headers.get(':event-type') ?? headers.get(':exception-type');
    const content = readContent(frame.payload, name, budget);
    if (typeof content === 'string') return { ok: false, problem: content };
    frames.push(frame);
    contents.push(content);
    events.push({ ...(name !== undefined && { name }), value: content.value });
    start = frame.end;
  }
  return {
    ok: true,
    document: {
      events,
      value: events.map(({ value }) => value),
      apply: (edits) => {
        const parts: Uint8Array[] = [];
        let copied = 0;
        for (const [event, own] of [...editsByEvent(edits)].sort(([a], [b]) => a - b)) {
          const [frame, content] = [frames[event], contents[event]];
          if (!frame || !content) throw new Error('an edit leads to no frame');
          parts.push(body.subarray(copied, frame.start));
          parts.push(writeFrame(frame.headers, editPayload(frame.payload, content, own)));
          copied = frame.end;
        }
        return Buffer.concat([...parts, body.subarray(copied)]);
      },
    },
  };
}

/** @returns whether the bytes begin as a frame does, its first checksum included */
export function hasPrelude(bytes: Uint8Array): boolean {
  if (bytes.length < PRELUDE) return false;
  const prelude = Buffer.from(bytes.buffer, bytes.byteOffset, PRELUDE);
  return crc32(prelude.subarray(0, 8)) === prelude.readUInt32BE(8);
}

function readFrame(body: Buffer, start: number): Frame | 'cut' | 'corrupt' {
  const rest = body.subarray(start);
  if (rest.length < PRELUDE) return 'cut';
  if (!hasPrelude(rest)) return 'corrupt';
  const [length, headersLength] = [rest.readUInt32BE(0), rest.readUInt32BE(4)];
  const headersEnd = PRELUDE + headersLength;
  const payloadEnd = length - CRC;
  if (headersEnd > payloadEnd) return 'corrupt';
  if (rest.length < length) return 'cut';
  if (crc32(rest.subarray(0, payloadEnd)) !== rest.readUInt32BE(payloadEnd)) return 'corrupt';
  return {
    start,
    end: start + length,
    headers: rest.subarray(PRELUDE, headersEnd),
    payload: rest.subarray(headersEnd, payloadEnd),
  };
}

/** How long a header's value is, by its type; types 6 and 7 say so themselves. */
const VALUE_LENGTHS = [0, 0, 1, 2, 4, 8, undefined, undefined, 8, 16];
const STRING = 7;

/** @returns the headers that are strings, or undefined for what is not a list of headers */
function readHeaders(bytes: Buffer): Map<string, string> | undefined {
  const headers = new Map<string, string>();
  let at = 0;
  while (at < bytes.length) {
    const nameEnd = at + 1 + (bytes[at] ?? 0);
    const type = bytes[nameEnd] ?? VALUE_LENGTHS.length;
    if (type >= VALUE_LENGTHS.length) return undefined;
    let value = nameEnd + 1;
    let length = VALUE_LENGTHS[type];
    if (length === undefined) {
      if (value + 2 > bytes.length) return undefined;
      length = bytes.readUInt16BE(value);
      value += 2;
    }
    if (value + length > bytes.length) return undefined;
    if (type === STRING)
      headers.set(bytes.toString('utf8', at + 1, nameEnd), bytes.toString('utf8', value, value + length));
    at = value + length;
  }
  return headers;
}

/** InvokeModelWithResponseStream wraps the model's own event: `{"bytes": base64 of JSON, "p": padding}`. */
function readContent(
  payload: Buffer,
  name: string | undefined,
  budget: ValueBudget,
): Content | StreamProblem {
  if (payload.length === 0) return { value: undefined };
  const outer = parseJson(payload, budget);
  if (!outer.ok) return outer.problem;
  const { value } = outer.document;
  if (name !== 'chunk' || typeof value !== 'object' || value === null || !('bytes' in value))
    return { value };
  if (typeof value.bytes !== 'string') return { value };
  const inner = Buffer.from(value.bytes, 'base64');
  // Buffer skips what is no base64; another reader might not.
  if (inner.toString('base64') !== value.bytes) return 'invalid_json';
  const parsed = parseJson(inner, budget);
  return parsed.ok ? { value: parsed.document.value, inner: inner.toString('utf8') } : parsed.problem;
}

function editPayload(payload: Buffer, { inner }: Content, edits: readonly Edit[]): Buffer {
  const outer = payload.toString('utf8');
  if (inner === undefined) return Buffer.from(editJson(outer, edits), 'utf8');
  const bytes = Buffer.from(editJson(inner, edits), 'utf8').toString('base64');
  return Buffer.from(editJson(outer, [{ path: ['bytes'], json: JSON.stringify(bytes) }]), 'utf8');
}

function writeFrame(headers: Buffer, payload: Buffer): Buffer {
  const frame = Buffer.alloc(PRELUDE + headers.length + payload.length + CRC);
  frame.writeUInt32BE(frame.length, 0);
  frame.writeUInt32BE(headers.length, 4);
  frame.writeUInt32BE(crc32(frame.subarray(0, 8)), 8);
  headers.copy(frame, PRELUDE);
  payload.copy(frame, PRELUDE + headers.length);
  frame.writeUInt32BE(crc32(frame.subarray(0, frame.length - CRC)), frame.length - CRC);
  return frame;
}
