/** The content of a JSON string with its escapes undone, and where each character of it stands. */
import { countWhile } from '../count-while.ts';
import { QUOTE } from './characters.ts';
import type { DecodedString, EmbeddedSink, Escape, RunKind } from './embedded-sink.ts';

/** @returns undefined for what is no content of a string, or not all of it */
export function decodedText(text: string, start: number, end: number): string | undefined {
  const isQuoted = text.charCodeAt(start - 1) === QUOTE && text.charCodeAt(end) === QUOTE;
  const string = isQuoted ? text.slice(start - 1, end + 1) : `"${text.slice(start, end)}"`;
  try {
    return JSON.parse(string);
  } catch {
    return undefined;
  }
}

/** Backslashes that escape nothing stand for themselves; an escape that breaks off for nothing yet. */
export function decode(text: string, start: number, end: number): DecodedString {
  const escapes: Escape[] = [];
  const parts: string[] = [];
  let length = 0;
  let copied = start;
  for (let at = text.indexOf('\\', start); at !== -1 && at < end; at = text.indexOf('\\', at)) {
    const { char, size } = readEscape(text, at, end);
    if (char === undefined) {
      at += size;
      continue;
    }
    parts.push(text.slice(copied, at), char);
    length += at - copied;
    if (char !== '') escapes.push({ at: length++, start: at, end: at + size });
    at += size;
    copied = at;
  }
  parts.push(text.slice(copied, end));
  return { text: parts.join(''), start, escapes };
}

/** @returns no character for what is no escape, an empty one for what may become one */
function readEscape(text: string, at: number, end: number): { char?: string; size: number } {
  if (at + 1 >= end) return { char: '', size: 1 };
  const letter = text.charAt(at + 1);
  const digits = HEX_ESCAPES.get(letter);
  if (digits === undefined) {
    const char = SHORT_ESCAPES.get(letter);
    return char === undefined ? { size: 1 } : { char, size: 2 };
  }
  const hex = text.slice(at + 2, Math.min(at + 2 + digits, end));
  if (!HEX.test(hex)) return { size: 1 };
  if (hex.length < digits) return end === text.length ? { char: '', size: end - at } : { size: 1 };
  return { char: String.fromCharCode(Number.parseInt(hex, 16)), size: 2 + digits };
}

/** With how many digits; JavaScript and Python have the short one. */
const HEX_ESCAPES = new Map([
  ['u', 4],
  ['x', 2],
]);

const SHORT_ESCAPES = new Map([
  ['"', '"'],
  ["'", "'"],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

const HEX = /^[\da-fA-F]*$/;

/** Hands a range of a decoded string to the sink of the level at which it is escaped. */
export function copyDecoded(
  sink: EmbeddedSink,
  text: string,
  content: DecodedString,
  { start, end }: { start: number; end: number },
  kind: RunKind,
  times: number,
): void {
  const { text: decoded, escapes } = content;
  let index = escapesBefore(escapes, start);
  let raw = outerOffset(content, start);
  for (let at = start; at < end; ) {
    const next = escapes[index];
    const until = Math.min(next?.at ?? end, end);
    if (until > at) sink.copy(text, raw, raw + until - at, kind, times);
    if (!next || next.at >= end) break;
    sink.escape(decoded.charAt(next.at), next.start, next.end, kind, times);
    at = next.at + 1;
    raw = next.end;
    index++;
  }
}

/** @returns where a decoded offset stands in the text that the string was read from */
export function outerOffset({ start, escapes }: DecodedString, at: number): number {
  const before = escapes[escapesBefore(escapes, at) - 1];
  return before ? before.end + at - before.at - 1 : start + at;
}

function escapesBefore(escapes: readonly Escape[], at: number): number {
  return countWhile(escapes, (one) => one.at < at);
}
