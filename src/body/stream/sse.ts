/**
 * Server-sent events, read as browsers read them.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
import { editJson } from '../json/edit.ts';
import { eventOf, MAX_EVENTS, parseEvent, type StreamEvent } from './document.ts';
import type { FrameEnds } from './frame-splitter.ts';
import type { Framing } from './framing.ts';
import { decodeFrame, encodeSpliced, type Splice } from './text.ts';

const LF = 0x0a;
const CR = 0x0d;

/** A frame ends with a blank line; blank lines before it are part of it. */
class BlankLines implements FrameEnds {
  #isLineEmpty = true;
  #hasLines = false;
  /** The line end may go on with LF. */
  #isAfterCr = false;
  #isBlank = false;

  next(chunk: Uint8Array, start: number): number | undefined {
    for (let at = start; at < chunk.length; at++) {
      if (!this.#isLineEmpty) at = endOfLine(chunk, at);
      if (at === chunk.length) break;
      const byte = chunk[at];
      const isSecondHalf = this.#isAfterCr && byte === LF;
      if (this.#isBlank) return this.#endFrame(isSecondHalf ? at + 1 : at);
      this.#isAfterCr = byte === CR;
      if (isSecondHalf) continue;
      if (byte !== LF && byte !== CR) this.#isLineEmpty = false;
      else if (!this.#isLineEmpty) {
        this.#hasLines = true;
        this.#isLineEmpty = true;
      } else if (this.#hasLines) {
        if (byte === LF) return this.#endFrame(at + 1);
        this.#isBlank = true;
      }
    }
    return undefined;
  }

  isWhole(): boolean {
    return this.#isBlank;
  }

  #endFrame(end: number): number {
    this.#hasLines = false;
    this.#isBlank = false;
    this.#isAfterCr = false;
    return end;
  }
}

function endOfLine(chunk: Uint8Array, start: number): number {
  let at = start;
  while (at < chunk.length && chunk[at] !== LF && chunk[at] !== CR) at++;
  return at;
}

/**
 * An event whose data is `[DONE]` or empty has no JSON; any other that is not JSON is a problem. Without data, what
 * stands beside it is an event too.
 */
export const SSE: Framing = {
  frameEnds: () => new BlankLines(),

  readFrame(frame, { isFirst, breaksOff }, budget) {
    const decoded = decodeFrame(frame);
    if (!decoded) return 'invalid_utf8';
    const { text } = decoded;
    const { name, lines, others } = readFields(text, isFirst);
    const beside = others.length > 0 ? others.join('\n') : undefined;
    if (lines.length === 0) return beside === undefined ? undefined : { value: undefined, beside };
    if (lines.length > MAX_EVENTS) return 'too_complex';
    const data = joinLines(text, lines);
    const parsed = hasNoJson(data)
      ? { ok: true as const, event: { value: undefined } as StreamEvent }
      : parseEvent(data, breaksOff, budget);
    if (!parsed.ok) return parsed.problem;
    const event = beside === undefined ? parsed.event : eventOf(parsed.event, beside);
    if (name !== undefined) event.name = name;
    return event;
  },

  editFrame(frame, { isFirst }, edits) {
    const decoded = decodeFrame(frame);
    if (!decoded) throw new Error('a frame that was not read cannot be edited');
    const { lines } = readFields(decoded.text, isFirst);
    const json = editJson(joinLines(decoded.text, lines), edits);
    return encodeSpliced(decoded, spreadOverLines(json, lines));
  },
};

/** The content of one `data` line. */
interface DataLine {
  start: number;
  end: number;
  /** The line is the field's name alone: content needs a colon first. */
  isBare: boolean;
}

interface Fields {
  name?: string;
  lines: DataLine[];
  /** Comments and lines that are no known field, unless they only keep the connection alive. */
  others: string[];
}

function hasNoJson(data: string): boolean {
  const trimmed = data.trim();
  return trimmed === '' || trimmed === '[DONE]';
}

/** What servers send so that nobody takes a silent connection for a dead one. */
const KEEP_ALIVE = /^(?:ok|ping|keep-?alive|heartbeat|OPENROUTER PROCESSING|ping - [\d :.+-]{1,40})$/i;

/** Padding and rulers do not. */
const SAYS_SOMETHING = /[\p{L}\p{N}]/u;

/** Their values are ids and numbers. */
const WITHOUT_TEXT = /^(?:id(?:: ?\S*)?|retry(?:: ?\d{0,9})?)$/;

function readFields(text: string, isFirst: boolean): Fields {
  const fields: Fields = { lines: [], others: [] };
  const lineEnd = /[\r\n]/g;
  let start = isFirst && text.startsWith('\ufeff') ? 1 : 0;
  while (start < text.length) {
    // CRLF ends another, empty line: inside a frame that means nothing.
    lineEnd.lastIndex = start;
    const end = lineEnd.test(text) ? lineEnd.lastIndex - 1 : text.length;
    const data = fieldAt(text, 'data', start, end);
    const name = data ? undefined : fieldAt(text, 'event', start, end);
    if (data) fields.lines.push(data);
    else if (name) addName(text.slice(name.start, name.end), fields);
    else if (start < end) addOther(text.slice(start, end), fields.others);
    start = end + 1;
  }
  return fields;
}

/** @returns undefined for another field, also where the name goes on */
function fieldAt(text: string, name: string, start: number, end: number): DataLine | undefined {
  if (!text.startsWith(name, start)) return undefined;
  const colon = start + name.length;
  const isBare = colon === end;
  if (!isBare && text[colon] !== ':') return undefined;
  return { start: isBare ? end : colon + (text[colon + 1] === ' ' ? 2 : 1), end, isBare };
}

/** Names of events have no blanks. */
function addName(name: string, fields: Fields): void {
  fields.name = name;
  if (/\S\s+\S/.test(name)) addOther(name, fields.others);
}

function addOther(line: string, others: string[]): void {
  const text = line.startsWith(':') ? line.slice(1).trim() : line;
  if (SAYS_SOMETHING.test(text) && !KEEP_ALIVE.test(text) && !WITHOUT_TEXT.test(line)) others.push(text);
}

function joinLines(text: string, lines: readonly DataLine[]): string {
  return lines.map(({ start, end }) => text.slice(start, end)).join('\n');
}

/** JSON may break lines wherever it may have a space, so it can have as many lines as there are. */
function spreadOverLines(json: string, lines: readonly DataLine[]): Splice[] {
  const parts = json.split(/\r\n|\r|\n/);
  return lines.map(({ start, end, isBare }, index) => {
    const isLast = index === lines.length - 1;
    const content = isLast ? parts.slice(index).join(' ') : (parts[index] ?? '');
    return { start, end, by: isBare && content !== '' ? `:${content}` : content };
  });
}
