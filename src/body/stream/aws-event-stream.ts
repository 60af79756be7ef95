/**
 * `application/vnd.amazon.eventstream`: frames of total length, headers' length and their CRC, headers, payload, and
 * the CRC of everything before.
 *
 * @see https://docs.aws.amazon.com/transcribe/latest/dg/event-stream.html
 */
import { crc32 } from 'node:zlib';
import { CLOSE_BRACE, OPEN_BRACE } from '../json/characters.ts';
import type { ValueBudget } from '../json/check.ts';
import { parseJson } from '../json/document.ts';
import { type Edit, editJson } from '../json/edit.ts';
import { eventOf, type StreamEvent, type StreamProblem } from './document.ts';
import type { FrameEnds } from './frame-splitter.ts';
import type { Framing } from './framing.ts';

const PRELUDE = 12;
const CRC = 4;

/** @returns whether the bytes begin as a frame does, its first checksum included */
export function hasPrelude(bytes: Uint8Array): boolean {
  if (bytes.length < PRELUDE) return false;
  const prelude = asBuffer(bytes.subarray(0, PRELUDE));
  return crc32(prelude.subarray(0, 8)) === prelude.readUInt32BE(8);
}

/** A frame says first how long it is. */
class LengthPrefixes implements FrameEnds {
  readonly #prelude = Buffer.alloc(PRELUDE);
  /** How much of the frame was seen. */
  #seen = 0;

  next(chunk: Uint8Array, start: number): number | 'corrupt' | undefined {
    const before = this.#seen;
    const arrived = chunk.length - start;
    if (before < PRELUDE) this.#prelude.set(chunk.subarray(start, start + PRELUDE - before), before);
    this.#seen += arrived;
    if (this.#seen < PRELUDE) return undefined;
    const length = this.#prelude.readUInt32BE(0);
    if (before < PRELUDE && (!hasPrelude(this.#prelude) || length < PRELUDE + CRC)) return 'corrupt';
    if (this.#seen < length) return undefined;
    this.#seen = 0;
    return start + length - before;
  }

  isWhole(): boolean {
    return false;
  }
}

/** A last frame that breaks off is an event without a value. */
export const AWS: Framing = {
  frameEnds: () => new LengthPrefixes(),

  readFrame(bytes, { breaksOff }, budget) {
    if (breaksOff) return bytes.length === 0 ? undefined : { value: undefined };
    const parts = partsOf(bytes);
    const headers = parts && readHeaders(parts.headers);
    if (!headers) return 'corrupt';
    const name = nameIn(headers);
    const content = readPayload(parts.payload, name, budget);
    if (typeof content === 'string') return content;
    return { ...(name !== undefined && { name }), ...eventOf(content, besideIn(headers)) };
  },

  editFrame(bytes, _position, edits) {
    const parts = partsOf(bytes);
    const headers = parts && readHeaders(parts.headers);
    if (!headers) throw new Error('a frame that was not read cannot be edited');
    return writeFrame(parts.headers, editPayload(parts.payload, nameIn(headers), edits));
  },
};

interface Parts {
  headers: Buffer;
  payload: Buffer;
}

/** @returns undefined where lengths or checksums do not fit */
function partsOf(bytes: Uint8Array): Parts | undefined {
  const frame = asBuffer(bytes);
  if (frame.length < PRELUDE + CRC) return undefined;
  const headersEnd = PRELUDE + frame.readUInt32BE(4);
  const payloadEnd = frame.length - CRC;
  if (headersEnd > payloadEnd) return undefined;
  if (crc32(frame.subarray(0, payloadEnd)) !== frame.readUInt32BE(payloadEnd)) return undefined;
  return { headers: frame.subarray(PRELUDE, headersEnd), payload: frame.subarray(headersEnd, payloadEnd) };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
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

function nameIn(headers: ReadonlyMap<string, string>): string | undefined {
  return headers.get(':event-type') ?? headers.get(':exception-type');
}

/** Errors that are no exceptions have their message in a header. */
function besideIn(headers: ReadonlyMap<string, string>): string | undefined {
  const texts = [...headers].filter(([name, value]) => !LABELS.has(name) && value !== '');
  return texts.length > 0 ? texts.map(([, value]) => value).join('\n') : undefined;
}

const LABELS = new Set([
  ...[':event-type', ':exception-type', ':message-type', ':content-type', ':error-code'],
]);

function readPayload(
  payload: Buffer,
  name: string | undefined,
  budget: ValueBudget,
): StreamEvent | StreamProblem {
  if (payload.length === 0) return { value: undefined };
  const outer = parseJson(payload, budget, 'told');
  if (!outer.ok) return outer.problem;
  const { value, beside } = outer.document;
  const bytes = bytesIn(value, name);
  if (bytes === undefined) return eventOf(outer.document);
  // Buffer skips what is no base64; another reader might not.
  if (bytes === 'corrupt') return 'invalid_json';
  const parsed = mayBeEvent(bytes) ? parseJson(bytes, budget, 'told') : undefined;
  if (parsed?.ok) return eventOf(parsed.document, beside);
  if (parsed && parsed.problem !== 'invalid_json') return parsed.problem;
  return isPadded(value) ? 'invalid_json' : eventOf(outer.document);
}

/** As the events of a model are. */
function isPadded(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'p' in value;
}

/**
 * InvokeModelWithResponseStream wraps the model's own event, `{"bytes": base64 of JSON, "p": padding}`; InvokeAgent a piece
 * of its text, which can be anything.
 */
function bytesIn(value: unknown, name: string | undefined): Buffer | 'corrupt' | undefined {
  if (name !== 'chunk' || typeof value !== 'object' || value === null || !('bytes' in value))
    return undefined;
  if (typeof value.bytes !== 'string') return undefined;
  const bytes = Buffer.from(value.bytes, 'base64');
  return bytes.toString('base64') === value.bytes ? bytes : 'corrupt';
}

/** A model's event is an object. */
function mayBeEvent(bytes: Buffer): boolean {
  return bytes[0] === OPEN_BRACE && bytes.at(-1) === CLOSE_BRACE;
}

function editPayload(payload: Buffer, name: string | undefined, edits: readonly Edit[]): Buffer {
  const outer = payload.toString('utf8');
  const wrapped = bytesIn(JSON.parse(outer), name);
  const isEvent = Buffer.isBuffer(wrapped) && mayBeEvent(wrapped) && parseJson(wrapped, undefined, 'told').ok;
  if (!isEvent) return Buffer.from(editJson(outer, edits), 'utf8');
  const inner = Buffer.from(editJson(wrapped.toString('utf8'), edits), 'utf8');
  const bytes = JSON.stringify(inner.toString('base64'));
  return Buffer.from(editJson(outer, [{ path: ['bytes'], json: bytes }]), 'utf8');
}

/** @param headers all of them strings */
export function awsFrame(headers: Readonly<Record<string, string>>, payload: unknown): Buffer {
  const parts = Object.entries(headers).flatMap(([name, value]) => {
    const [nameBytes, valueBytes] = [Buffer.from(name, 'utf8'), Buffer.from(value, 'utf8')];
    const lengths = Buffer.from([STRING, valueBytes.length >>> 8, valueBytes.length & 0xff]);
    return [Buffer.from([nameBytes.length]), nameBytes, lengths, valueBytes];
  });
  return writeFrame(Buffer.concat(parts), Buffer.from(JSON.stringify(payload), 'utf8'));
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
