/**
 * Cuts calls to the size that AIDR takes: messages are spread over several calls, and a text that fits into none is
 * cut into slices that overlap, so that what stands on a cut is seen whole in one of them.
 */
import { guardTool, type Part, type PlannedCall } from './calls.ts';

/** UTF-16 code units that two slices of one text share. */
const OVERLAP = 4_096;
/** A character needs at most so many bytes in a JSON string, and a message so many around its text. */
const MAX_BYTES_A_CHARACTER = 6;
const MESSAGE_BYTES = 64;

/** @param room bytes for the messages and tools of one call */
export function fitted(calls: PlannedCall[], room: number): PlannedCall[] {
  return calls.flatMap((call) => (surelyFits(call, room) ? [call] : cut(call, room)));
}

/** Most calls are far below the limit: no need to count bytes then. */
function surelyFits({ parts, tools }: PlannedCall, room: number): boolean {
  let most = 0;
  for (const tool of tools) most += bytesOf(guardTool(tool));
  for (const { text } of parts) most += text.length * MAX_BYTES_A_CHARACTER + MESSAGE_BYTES;
  return most <= room;
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
  return calls.filter((call) => call.parts.length + call.tools.length > 0);
}

function bytesOf(json: unknown): number {
  return Buffer.byteLength(JSON.stringify(json), 'utf8') + 1;
}

function* slices(part: Part, room: number): Generator<{ slice: Part; bytes: number }> {
  const whole = bytesOf(part.text) + MESSAGE_BYTES;
  if (whole <= room) {
    yield { slice: part, bytes: whole };
    return;
  }
  for (let start = 0; ; ) {
    const { end, bytes } = longestSlice(part.text, start, room);
    yield { slice: { ...part, text: part.text.slice(start, end), start }, bytes };
    if (end === part.text.length) return;
    start = notInPair(part.text, Math.max(end - OVERLAP, start + 1));
  }
}

/** Sizes vary with the script, so the slice is shortened until it fits. */
function longestSlice(text: string, start: number, room: number): { end: number; bytes: number } {
  let length = Math.min(text.length - start, room - MESSAGE_BYTES);
  for (;;) {
    const end = start + length === text.length ? text.length : notInPair(text, start + length);
    const bytes = bytesOf(text.slice(start, end)) + MESSAGE_BYTES;
    if (bytes <= room || length <= 2) return { end, bytes };
    length = Math.max(Math.floor((length * room) / bytes) - 1, 2);
  }
}

/** @returns `at`, or the place before it where no surrogate pair is cut */
function notInPair(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff ? at - 1 : at;
}
