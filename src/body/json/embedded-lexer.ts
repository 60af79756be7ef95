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
import { copyDecoded, decode, decodedText } from './decoded-string.ts';
import type { EmbeddedSink, RunKind } from './embedded-sink.ts';
import { integerPart, LEAST_DIGITS, LEAST_NUMBER } from './integer-part.ts';
import { NextOf } from './next-of.ts';

/** A quotation mark at the next level takes twice as many backslashes: 255 at this one. */
const MAX_STRING_DEPTH = 8;

export interface LexedJson {
  /** In all of the JSON. */
  values: number;
  /** Strings stand in strings deeper than can be read. */
  isTooDeep: boolean;
}

/** @param lexed adds up what several texts hold */
export function lexEmbedded(text: string, sink: EmbeddedSink, lexed: LexedJson): void {
  new TextLexer(text, sink, 0, lexed).run();
}

/** Whether a text has anything that would be shown in another way than it stands there. */
export function mayHoldEscapes(text: string): boolean {
  // Most texts are prose, and native searches are many times faster than an expression.
  return text.includes('\\') || (mayHoldJson(text) && HAS_EXPONENT.test(text));
}

/** Whether anything in a text looks like JSON, or like Python's way to write the same. */
export function mayHoldJson(text: string): boolean {
  return JSON_SIGNS.some((sign) => text.includes(sign));
}

/** What comes before the value of a key, where the object began before the text does, or has something in it that is no JSON. */
const KEY_END = '":';
const PYTHON_KEY_END = "':";

const JSON_SIGNS = ['{', '[', KEY_END, PYTHON_KEY_END];

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
  readonly #braces: NextOf;
  readonly #brackets: NextOf;
  readonly #keyEnds: NextOf;
  readonly #pythonKeyEnds: NextOf;
  readonly #backslashes: NextOf;
  /** The last one that was found. */
  #opening = -1;
  /** The value that is being read stands where a value is due. */
  #isDocument = false;

  constructor(text: string, sink: EmbeddedSink, depth: number, lexed: LexedJson) {
    this.#text = text;
    this.#sink = sink;
    this.#depth = depth;
    this.#lexed = lexed;
    this.#braces = new NextOf(text, '{');
    this.#brackets = new NextOf(text, '[');
    this.#keyEnds = new NextOf(text, KEY_END);
    this.#pythonKeyEnds = new NextOf(text, PYTHON_KEY_END);
    this.#backslashes = new NextOf(text, '\\');
  }

  run(): void {
    const text = this.#text;
    let isDue = true;
    for (let at = 0; at < text.length; ) {
      const start = isDue ? this.#startOfValue(at) : at;
      const opening = isDue && text.charCodeAt(start) === QUOTE ? start : this.#nextOpening(start);
      const keyEnd = opening > at ? this.#nextKeyEnd(at) : text.length;
      if (keyEnd < opening) {
        this.#show(keyEnd + 1, 'text');
        this.#isDocument = false;
        isDue = false;
        at = this.#readValue(keyEnd + 1, 'colon').end;
        continue;
      }
      if (opening === text.length) break;
      this.#isDocument = isDue && opening === start;
      this.#show(opening, 'text');
      const { end, isWhole } = this.#readValue(opening);
      isDue = isWhole;
      at = end;
    }
    this.#show(text.length, 'text');
  }

  /** Blanks may stand before a value. */
  #startOfValue(at: number): number {
    let start = at;
    while (start < this.#text.length && isBlank(this.#text.charCodeAt(start))) start++;
    return start;
  }

  #nextOpening(from: number): number {
    if (this.#opening >= from) return this.#opening;
    let opening = from - 1;
    do opening = Math.min(this.#braces.from(opening + 1), this.#brackets.from(opening + 1));
    while (opening < this.#text.length && !this.#mayOpen(opening));
    this.#opening = opening;
    return opening;
  }

  #nextKeyEnd(from: number): number {
    return Math.min(this.#keyEnds.from(from), this.#pythonKeyEnds.from(from));
  }

  /** Programs have many brackets, behind most of which is no JSON. Where that would be shown as it stands, it is passed over. */
  #mayOpen(at: number): boolean {
    const text = this.#text;
    if (!this.#sink.takesTextOnly) return true;
    const next = text.charCodeAt(this.#startOfValue(at + 1));
    if (text.charCodeAt(at) === OPEN_BRACE) return isQuote(next) || next === CLOSE_BRACE;
    return isQuote(next) || isDigit(next) || LIST_STARTS.has(next);
  }

  /** @returns where it ends, or what stands there is no more JSON */
  #readValue(start: number, first: 'value' | 'colon' = 'value'): { end: number; isWhole: boolean } {
    const text = this.#text;
    const isObject: boolean[] = first === 'colon' ? [true] : [];
    let state: State = first;
    for (let at = start; at < text.length; ) {
      const code = text.charCodeAt(at);
      if (isBlank(code)) {
        at++;
        continue;
      }
      const isValueDue = state === 'value' || state === 'first_value';
      const isKeyDue: boolean = state === 'key' || state === 'first_key';
      if (isQuote(code) && (isValueDue || isKeyDue)) {
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
    if (this.#sink.takesTextOnly && end < text.length && !hasExponent(text, at, end))
      return isNumberAlone(text, at, end) ? end : at;
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
    return isOuter || expansion !== '' || Math.abs(Number.parseInt(number, 10)) >= LEAST_NUMBER;
  }

  /** @param open offset of its opening quote @returns the offset behind its closing one */
  #readString(open: number, kind: 'key' | 'string'): number {
    const text = this.#text;
    const start = open + 1;
    const end = this.#endOfString(start, text.charAt(open));
    const hasEscapes = this.#backslashes.from(start) < end;
    const isPlain = !hasEscapes && !(kind === 'string' && beginsJson(text, start, end));
    if (!(isPlain && this.#sink.takesTextOnly)) {
      this.#show(start, 'structure');
      this.#shown = end;
      if (isPlain) this.#sink.copy(text, start, end, kind, this.#depth + 1);
      else this.#readContent(start, end, kind);
    }
    return Math.min(end + 1, text.length);
  }

  /** @returns the offset of the quotation mark that ends a string, or of the text's end */
  #endOfString(start: number, mark: string): number {
    const text = this.#text;
    for (let quote = text.indexOf(mark, start); quote !== -1; quote = text.indexOf(mark, quote + 1)) {
      let backslashes = 0;
      while (quote - backslashes > start && text.charCodeAt(quote - 1 - backslashes) === BACKSLASH)
        backslashes++;
      if (backslashes % 2 === 0) return quote;
    }
    return text.length;
  }

  #readContent(start: number, end: number, kind: 'key' | 'string'): void {
    const text = this.#text;
    const known = this.#sink.takesTextOnly ? decodedText(text, start, end) : undefined;
    const content = known === undefined ? decode(text, start, end) : { text: known, start, escapes: [] };
    const mayNest = kind === 'string' && (mayHoldEscapes(content.text) || beginsJson(content.text, 0));
    if (mayNest && this.#depth < MAX_STRING_DEPTH) {
      const sink = this.#sink.inside(text, content);
      new TextLexer(content.text, sink, this.#depth + 1, this.#lexed).run();
      return;
    }
    if (mayNest && ESCAPED_QUOTE.test(content.text)) this.#lexed.isTooDeep = true;
    const whole = { start: 0, end: content.text.length };
    if (known !== undefined) this.#sink.copy(known, 0, whole.end, kind, this.#depth + 1);
    else copyDecoded(this.#sink, text, content, whole, kind, this.#depth + 1);
  }

  #show(end: number, kind: RunKind): void {
    if (end > this.#shown) this.#sink.copy(this.#text, this.#shown, end, kind, this.#depth);
    this.#shown = Math.max(end, this.#shown);
  }
}

const WORDS = ['true', 'false', 'null', 'NaN', 'Infinity', 'True', 'False', 'None', 'undefined'];

/** What may stand first in a list, beside strings and digits; of words, their first letters. */
const LIST_STARTS = new Set(['-', '{', '[', ']', ...WORDS].map((start) => start.charCodeAt(0)));

const ESCAPED_QUOTE = /\\(?:["']|u002[27])/;

const APOSTROPHE = 0x27;
const MINUS = 0x2d;
const PLUS = 0x2b;
const DOT = 0x2e;

const NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

const NUMBER_STUMP = /^-?(?:\d+(?:\.\d*)?(?:[eE][+-]?\d*)?)?$/;

function isNumberPart(code: number): boolean {
  return isDigit(code) || code === DOT || code === MINUS || code === PLUS || code === 0x65 || code === 0x45;
}

/** Python writes its values with either. */
function isQuote(code: number): boolean {
  return code === QUOTE || code === APOSTROPHE;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isBlank(code: number): boolean {
  return code === SPACE || code === 0x0a || code === 0x0d || code === 0x09;
}

function endsContainer(code: number, state: State, isObject: boolean | undefined): boolean {
  // People and models leave a comma behind the last one, which many readers take.
  if (code === CLOSE_BRACE)
    return isObject === true && (state === 'next' || state === 'first_key' || state === 'key');
  if (code === CLOSE_BRACKET)
    return isObject === false && (state === 'next' || state === 'first_value' || state === 'value');
  return false;
}

function isCutAt(text: string, at: number, word: string): boolean {
  return text.length - at < word.length && word.startsWith(text.slice(at));
}

/** Digits, and one point or minus at most where they may stand: the rest is seldom, and looked at closely. */
function isNumberAlone(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at++)
    if (!isDigit(text.charCodeAt(at))) return NUMBER.test(text.slice(start, end));
  return true;
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
