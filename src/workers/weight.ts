/**
 * Whether a body is read at once, on the event loop that everybody shares, or in a worker thread.
 *
 * What reading costs is not so much its bytes as what they hold: each value, key, message or event takes microseconds,
 * a character a few nanoseconds. So bodies are weighed by what begins or divides a value, which takes some ten
 * microseconds to count.
 */

/** Bytes of a body that needs no turn of its own, and how often there may be one of `PARTS` in it: a millisecond at worst. */
const SMALL_BYTES = 8_192;
const SMALL_PARTS = 100;
/** Bytes of a body that may be read at once. */
const LIGHT_BYTES = 81_920;
/** How often there may be one of these in it. */
const LIGHT_PARTS = 400;
/** The last one: JSON in a string can have any of the others as `\u002c`. */
const PARTS = [',', '{', '[', '\n', '\r', '\\u00'];
/** Instructions of a pattern times bytes: ten milliseconds at worst. */
const LIGHT_SCAN = 1_000_000;
const SMALL_SCAN = LIGHT_SCAN / 10;

/** Small and light bodies are read at once, light ones in turn; heavy ones in a thread. */
export type Weight = 'small' | 'light' | 'heavy';

/** @param largestPattern instructions of the largest pattern that is looked for in the body */
export function weightOf(bytes: Uint8Array, largestPattern = 0): Weight {
  const { length } = bytes;
  const scan = length * largestPattern;
  if (scan > LIGHT_SCAN || length > LIGHT_BYTES) return 'heavy';
  const parts = countParts(bytes);
  if (parts > LIGHT_PARTS) return 'heavy';
  return length <= SMALL_BYTES && parts <= SMALL_PARTS && scan <= SMALL_SCAN ? 'small' : 'light';
}

/** @returns at most one more than a light body may have */
function countParts({ buffer, byteOffset, length }: Uint8Array): number {
  // A search in a string is a few times as fast as one in a buffer.
  const text = Buffer.from(buffer, byteOffset, length).toString('latin1');
  let parts = 0;
  for (const part of PARTS) {
    for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + 1)) {
      if (!dividesNothing(text, at) && ++parts > LIGHT_PARTS) return parts;
    }
  }
  return parts;
}

/** A comma, a blank and a letter divide no two values, unless the letter begins `true`, `false` or `null`. A CRLF is one line end. */
function dividesNothing(text: string, at: number): boolean {
  const first = text.charCodeAt(at);
  const second = text.charCodeAt(at + 1);
  if (first === CR) return second === LF;
  if (first !== COMMA || second !== BLANK) return false;
  const next = text.charAt(at + 2);
  return LETTER.test(next) && !LITERAL.test(next);
}

const CR = 0x0d;
const LF = 0x0a;
const COMMA = 0x2c;
const BLANK = 0x20;
/** Bytes of other scripts, too. */
const LETTER = /^[a-z\x80-\xff]$/i;
const LITERAL = /^[tfn]$/;
