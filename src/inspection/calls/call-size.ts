/**
 * Cuts calls to the size that AIDR takes: messages are spread over several calls, and a text that fits into none is
 * cut into slices that overlap, so that a value on a cut is whole in one of them.
 */
import { Serialised } from '../../aidr/request.ts';
import { guardInput, guardTool, type Part, type PlannedCall } from './plan-calls.ts';

/** UTF-16 code units that two slices of one text share, if a slice has room for at least as many new ones. */
const OVERLAP = 4_096;
/** With less room not even one character fits. A call that is sent anyway is refused for its size. */
const LEAST_ROOM = 80;
/** A character needs at most so many bytes in a JSON string, and a message so many around its text. */
const MAX_BYTES_A_CHARACTER = 6;
const MESSAGE_BYTES = 64;
const QUOTES = 2;
/** UTF-16 code units that are measured at once. */
const STEP = 4_096;

/** @param room bytes for the messages and tools of one call */
export function fitted(calls: PlannedCall[], room: number): PlannedCall[] {
  return calls.flatMap((call) => {
    if (surelyFits(call, room)) return [call];
    const whole = mayFit(call, room) ? measured(call, room) : undefined;
    return whole ? [whole] : cut(call, Math.max(room, LEAST_ROOM));
  });
}

/** Most calls are so far below the limit that their bytes need not be counted. */
function surelyFits({ parts, tools }: PlannedCall, room: number): boolean {
  let most = 0;
  for (const tool of tools) most += bytesOf(guardTool(tool));
  for (const { text } of parts) most += text.length * MAX_BYTES_A_CHARACTER + MESSAGE_BYTES;
  return most <= room;
}

/** No character takes less than a byte. */
function mayFit({ parts }: PlannedCall, room: number): boolean {
  return parts.reduce((least, { text }) => least + text.length, 0) <= room;
}

function measured(call: PlannedCall, room: number): PlannedCall | undefined {
  const input = new Serialised(guardInput(call));
  return Buffer.byteLength(input.json, 'utf8') <= room ? { ...call, input } : undefined;
}

function cut({ parts, tools }: PlannedCall, room: number): PlannedCall[] {
  const calls: PlannedCall[] = [{ parts: [], tools: [] }];
  let left = room;
  const take = (bytes: number): PlannedCall => {
    if (bytes > left) {
      calls.push({ parts: [], tools: [] });
      left = room;
    }
    left -= bytes;
    return calls.at(-1) as PlannedCall;
  };
  for (const tool of tools) take(bytesOf(guardTool(tool))).tools.push(tool);
  for (const part of parts) {
    for (const { slice, bytes } of slices(part, room)) take(bytes).parts.push(slice);
  }
  const needed = calls.filter((call) => call.parts.length + call.tools.length > 0);
  return needed.length > 1 ? needed.map((call) => ({ ...call, isCut: true })) : needed;
}

function bytesOf(json: unknown): number {
  return Buffer.byteLength(JSON.stringify(json), 'utf8') + 1;
}

/** Each slice is a call of its own: of two assistant messages in one call, AIDR may read only the last. */
function* slices(part: Part, room: number): Generator<{ slice: Part; bytes: number }> {
  const { text } = part;
  const bytes = text.length > room ? undefined : messageBytes(text);
  if (bytes !== undefined && bytes <= room) {
    yield { slice: part, bytes };
    return;
  }
  for (let start = 0; ; ) {
    const end = longestSlice(text, start, room);
    yield { slice: { ...part, text: text.slice(start, end), start: part.start + start }, bytes: room };
    if (end === text.length) return;
    const overlap = Math.min(OVERLAP, Math.floor((end - start) / 2));
    const next = end - overlap - (isPair(text, end - overlap - 1) ? 1 : 0);
    start = next > start ? next : end;
  }
}

function messageBytes(text: string): number {
  return MESSAGE_BYTES + bytesInJson(text);
}

/** Counting them character by character takes many times as long. */
function bytesInJson(text: string): number {
  return Buffer.byteLength(JSON.stringify(text), 'utf8') - QUOTES;
}

/** @returns where the longest slice ends that fits into a message of so many bytes; it holds a character at least */
function longestSlice(text: string, start: number, room: number): number {
  let bytes = MESSAGE_BYTES;
  let end = start;
  // In steps as far as they fit, then character by character.
  while (end < text.length) {
    const next = endOfStep(text, end);
    const more = bytesInJson(text.slice(end, next));
    if (bytes + more > room) break;
    bytes += more;
    end = next;
  }
  while (end < text.length) {
    const next = end + (isPair(text, end) ? 2 : 1);
    const more = bytesInJson(text.slice(end, next));
    if (bytes + more > room && end > start) break;
    bytes += more;
    end = next;
  }
  return end;
}

/** Half a pair is written otherwise than in its pair. */
function endOfStep(text: string, start: number): number {
  const end = Math.min(start + STEP, text.length);
  return isPair(text, end - 1) ? end + 1 : end;
}

function isPair(text: string, at: number): boolean {
  return isIn(text.charCodeAt(at), 0xd800, 0xdbff) && isIn(text.charCodeAt(at + 1), 0xdc00, 0xdfff);
}

function isIn(code: number, first: number, last: number): boolean {
  return code >= first && code <= last;
}
