/**
 * Reads JSON that stands in a text as its reader reads it: with the escapes of its strings undone, those of JSON in such
 * a string as well, and so on.
 *
 * The JSON may be the whole text, stand in prose, be one value after another, or be cut off. What does not go on as
 * JSON is text again from there on. Whatever was said about a text stays true when more of it arrives, so that a stream
 * can be read while it grows; only an escape that is not complete yet is not shown.
 *
 * One linear pass for each level of nesting. Nothing is built from the values.
 */
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  SPACE,
} from './characters.ts';
import { endOfString } from './check.ts';

/** What shown characters are part of: prose, a string's content, a key, a number, or what gives JSON its structure. */
export type RunKind = 'text' | 'string' | 'key' | 'number' | 'structure';

/** Takes what is shown, in order. Offsets are UTF-16 code units of the text at this level. */
export interface EmbeddedSink {
  /** Nobody asks where what is shown came from. */
  readonly takesTextOnly: boolean;
  /** @param escapes how often a character has to be escaped to stand there */
  copy(text: string, start: number, end: number, kind: RunKind, escapes: number): void;
  /** What an escape stands for. */
  escape(char: string, start: number, end: number, kind: RunKind, escapes: number): void;
  /**
   * What was copied last is a number.
   *
   * @param length of it, as shown
   * @param expansion what it says without its exponent: shown behind it
   */
  number(start: number, end: number, length: number, expansion: string, escapes: number): void;
  /** @returns the sink for what a string says */
  inside(text: string, content: DecodedString): EmbeddedSink;
}

/** A string's content with its escapes undone. */
export interface DecodedString {
  text: string;
  /** Where the content begins. */
  start: number;
  /** Where the decoded characters of escapes stand in `text`, and the escapes around them. */
  escapes: readonly Escape[];
}

export interface Escape {
  at: number;
  start: number;
  end: number;
}

/** A quotation mark at the next level takes twice as many backslashes: 255 at this one. */
const MAX_STRING_DEPTH = 8;

/** Shorter numbers are counts and settings; longer ones are nobody's. */
const LEAST_DIGITS = 7;
const MAX_DIGITS = 64;
const LEAST_VALUE = 10 ** (LEAST_DIGITS - 1);

export interface LexedJson {
  /** In all of the JSON. */
  values: number;
  /** Strings stand in strings deeper than can be read. */
  isTooDeep: boolean;
}

export function lexEmbedded(text: string, sink: EmbeddedSink): LexedJson {
  const lexed: LexedJson = { values: 0, isTooDeep: false };
  new TextLexer(text, sink, 0, lexed).run();
  return lexed;
}

/** Whether a text has anything that would be shown in another way than it stands there. */
export function mayHoldEscapes(text: string): boolean {
  return text.includes('\\') || HAS_EXPONENT.test(text);
}

const HAS_EXPONENT = /\d[eE][+-]?\d/;

/** What may come next inside a JSON value. */
type State = 'value' | 'first_value' | 'key' | 'first_key' | 'colon' | 'next';

class TextLexer {
  readonly #text: string;
  readonly #sink: EmbeddedSink;
  readonly #depth: number;
  readonly #lexed: LexedJson;
  /** Up to here everything was handed to the sink. */
  #shown = 0;
  /** The value that is being read stands where a value is due. */
  #isDocument = false;

  constructor(text: string, sink: EmbeddedSink, depth: number, lexed: LexedJson) {
    this.#text = text;
    this.#sink = sink;
    this.#depth = depth;
    this.#lexed = lexed;
  }

  run(): void {
    const text = this.#text;
    let isDue = true;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      const isQuoted = code === QUOTE && isDue && isStringAlone(text, at);
      if (code === OPEN_BRACE || code === OPEN_BRACKET || isQuoted) {
        this.#show(at, 'text');
        this.#isDocument = isDue;
        const { end, isWhole } = this.#readValue(at);
        isDue = isWhole;
        at = end - 1;
      } else if (!isBlank(code)) isDue = false;
    }
    this.#show(text.length, 'text');
  }

  /** @returns where it ends, or what stands there is no more JSON */
  #readValue(start: number): { end: number; isWhole: boolean } {
    const text = this.#text;
    const isObject: boolean[] = [];
    let state: State = 'value';
    for (let at = start; at < text.length; ) {
      const code = text.charCodeAt(at);
      if (isBlank(code)) {
        at++;
        continue;
      }
      const isValueDue = state === 'value' || state === 'first_value';
      const isKeyDue: boolean = state === 'key' || state === 'first_key';
      if (code === QUOTE && (isValueDue || isKeyDue)) {
        at = this.#readString(at, isKeyDue ? 'key' : 'string');
        state = isKeyDue ? 'colon' : 'next';
      } else if (code === OPEN_BRACE && isValueDue) {
        isObject.push(true);
        state = 'first_key';
        at++;
      } else if (code === OPEN_BRACKET && isValueDue) {
        isObject.push(false);
        state = 'first_value';
        at++;
      } else if (code === COLON && state === 'colon') {
        state = 'value';
        at++;
      } else if (code === COMMA && state === 'next') {
        state = isObject.at(-1) ? 'key' : 'value';
        this.#lexed.values++;
        at++;
      } else if (endsContainer(code, state, isObject.at(-1))) {
        isObject.pop();
        state = 'next';
        this.#lexed.values++;
        at++;
      } else {
        const end = isValueDue ? this.#readLiteral(at) : at;
        if (end === at) return this.#endValue(at, false);
        state = 'next';
        at = end;
      }
      if (isObject.length === 0 && state === 'next') return this.#endValue(at, true);
    }
    return this.#endValue(text.length, false);
  }

  #endValue(end: number, isWhole: boolean): { end: number; isWhole: boolean } {
    this.#show(end, 'structure');
    return { end, isWhole };
  }

  /** @returns where it ends; `at` when there is none */
  #readLiteral(at: number): number {
    const text = this.#text;
    const code = text.charCodeAt(at);
    if (code !== MINUS && !isDigit(code)) {
      const word = WORDS.find((one) => text.startsWith(one, at) || isCutAt(text, at, one));
      return word === undefined ? at : Math.min(at + word.length, text.length);
    }
    let end = at + 1;
    while (end < text.length && isNumberPart(text.charCodeAt(end))) end++;
    // Where nobody asks what it is, a number that says all that it is needs no second look.
    if (this.#sink.takesTextOnly && end < text.length && !hasExponent(text, at, end)) return end;
    const number = text.slice(at, end);
    const isCut = end === text.length;
    if (!(isCut ? NUMBER_STUMP : NUMBER).test(number)) return at;
    this.#show(at, 'structure');
    this.#sink.copy(text, at, end, 'number', this.#depth);
    this.#shown = end;
    const digits = isCut ? undefined : expanded(number);
    const expansion = digits === undefined ? '' : ` (${digits})`;
    if (this.#mayBeValue(number, expansion))
      this.#sink.number(at, end, number.length, expansion, this.#depth);
    return end;
  }

  /** In prose, and deep inside strings, `[1]` is seldom a list. */
  #mayBeValue(number: string, expansion: string): boolean {
    const isOuter = this.#depth === 0 && this.#isDocument && number !== '-';
    return isOuter || expansion !== '' || Math.abs(Number.parseInt(number, 10)) >= LEAST_VALUE;
  }

  /** @param open offset of its opening quote @returns the offset behind its closing one */
  #readString(open: number, kind: 'key' | 'string'): number {
    const text = this.#text;
    const start = open + 1;
    let end = start;
    let hasEscapes = false;
    for (; end < text.length; end++) {
      const code = text.charCodeAt(end);
      if (code === QUOTE) break;
      if (code !== BACKSLASH) continue;
      hasEscapes = true;
      end++;
    }
    end = Math.min(end, text.length);
    const isPlain = !hasEscapes && !(kind === 'string' && beginsJson(text, start, end));
    if (!(isPlain && this.#sink.takesTextOnly)) {
      this.#show(start, 'structure');
      this.#shown = end;
      if (isPlain) this.#sink.copy(text, start, end, kind, this.#depth + 1);
      else this.#readContent(start, end, kind);
    }
    return Math.min(end + 1, text.length);
  }

  #readContent(start: number, end: number, kind: 'key' | 'string'): void {
    const text = this.#text;
    const known = this.#sink.takesTextOnly ? decodedText(text, start, end) : undefined;
    const content = known ?? decode(text, start, end);
    const mayNest = kind === 'string' && (content.text.includes('\\') || beginsJson(content.text, 0));
    if (mayNest && this.#depth < MAX_STRING_DEPTH) {
      const sink = this.#sink.inside(text, content);
      new TextLexer(content.text, sink, this.#depth + 1, this.#lexed).run();
      return;
    }
    if (mayNest && content.text.includes('\\"')) this.#lexed.isTooDeep = true;
    const whole = { start: 0, end: content.text.length };
    if (known) this.#sink.copy(known.text, 0, whole.end, kind, this.#depth + 1);
    else copyDecoded(this.#sink, text, content, whole, kind, this.#depth + 1);
  }

  #show(end: number, kind: RunKind): void {
    if (end > this.#shown) this.#sink.copy(this.#text, this.#shown, end, kind, this.#depth);
    this.#shown = Math.max(end, this.#shown);
  }
}

/** Hands a range of a decoded string to the sink of the level at which it is escaped. */
export function copyDecoded(
  sink: EmbeddedSink,
  text: string,
  { start: first, text: decoded, escapes }: DecodedString,
  { start, end }: { start: number; end: number },
  kind: RunKind,
  times: number,
): void {
  let index = firstFrom(escapes, start);
  let raw = rawOffset(first, escapes[index - 1], start);
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

/** @returns where a decoded offset stands, behind the last escape before it */
export function rawOffset(first: number, before: Escape | undefined, at: number): number {
  return before ? before.end + at - before.at - 1 : first + at;
}

/** @returns the first escape at `at` or behind it */
export function firstFrom(escapes: readonly Escape[], at: number): number {
  let low = 0;
  let high = escapes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((escapes[middle]?.at ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** @returns undefined for what is no content of a string, or not all of it */
function decodedText(text: string, start: number, end: number): DecodedString | undefined {
  try {
    return { text: JSON.parse(`"${text.slice(start, end)}"`), start, escapes: [] };
  } catch {
    return undefined;
  }
}

/** Backslashes that escape nothing stand for themselves; an escape that breaks off for nothing yet. */
function decode(text: string, start: number, end: number): DecodedString {
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
  if (letter !== 'u') {
    const char = SHORT_ESCAPES.get(letter);
    return char === undefined ? { size: 1 } : { char, size: 2 };
  }
  const hex = text.slice(at + 2, Math.min(at + 6, end));
  if (!HEX.test(hex)) return { size: 1 };
  if (hex.length < 4) return end === text.length ? { char: '', size: end - at } : { size: 1 };
  return { char: String.fromCharCode(Number.parseInt(hex, 16)), size: 6 };
}

const SHORT_ESCAPES = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

const HEX = /^[\da-fA-F]*$/;

const WORDS = ['true', 'false', 'null', 'NaN', 'Infinity'];

const MINUS = 0x2d;
const PLUS = 0x2b;
const DOT = 0x2e;

const NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

const NUMBER_STUMP = /^-?(?:\d+(?:\.\d*)?(?:[eE][+-]?\d*)?)?$/;

function isNumberPart(code: number): boolean {
  return isDigit(code) || code === DOT || code === MINUS || code === PLUS || code === 0x65 || code === 0x45;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isBlank(code: number): boolean {
  return code === SPACE || code === 0x0a || code === 0x0d || code === 0x09;
}

function endsContainer(code: number, state: State, isObject: boolean | undefined): boolean {
  if (code === CLOSE_BRACE) return isObject === true && (state === 'next' || state === 'first_key');
  if (code === CLOSE_BRACKET) return isObject === false && (state === 'next' || state === 'first_value');
  return false;
}

function isCutAt(text: string, at: number, word: string): boolean {
  return text.length - at < word.length && word.startsWith(text.slice(at));
}

/** JSON written twice, or a string that is all there is: otherwise a quotation mark begins a quotation. */
function isStringAlone(text: string, open: number): boolean {
  const next =
    text.charCodeAt(open + 1) === BACKSLASH ? text.charCodeAt(open + 2) : text.charCodeAt(open + 1);
  if (next === OPEN_BRACE || next === OPEN_BRACKET) return true;
  const last = text.trimEnd().length - 1;
  if (last <= open || text.charCodeAt(last) !== QUOTE) return false;
  return endOfString(text, open) === last;
}

function hasExponent(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if ((text.charCodeAt(at) | 0x20) === 0x65) return true;
  return false;
}

function beginsJson(text: string, start: number, end = text.length): boolean {
  let at = start;
  while (at < end && isBlank(text.charCodeAt(at))) at++;
  const code = text.charCodeAt(at);
  return at < end && (code === OPEN_BRACE || code === OPEN_BRACKET);
}

/** @returns the digits of the integer part, where an exponent hides them and they are many enough to be a value */
function expanded(number: string): string | undefined {
  const digits = /[eE][+-]?0*[1-9]/.test(number) ? integerPart(number) : undefined;
  return digits !== undefined && digits.length >= LEAST_DIGITS ? digits : undefined;
}

/**
 * @param number as JSON writes it
 * @returns its digits before the point, without an exponent; undefined where they are more than anybody has
 */
export function integerPart(number: string): string | undefined {
  const [, whole = '', fraction = '', exponent = '0'] = PARTS.exec(number) ?? [];
  const length = whole.length + Number(exponent);
  if (length > MAX_DIGITS) return undefined;
  return (whole + fraction).padEnd(length, '0').slice(0, Math.max(length, 0));
}

const PARTS = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
