/** A JSON list of events, as Gemini streams without `alt=sse`: a frame is an item, with what divides it from others. */
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  SPACE,
} from '../json/characters.ts';
import { editJson } from '../json/edit.ts';
import { parseEvent } from './document.ts';
import type { FrameEnds } from './frame-splitter.ts';
import type { Framing } from './framing.ts';
import { decodeFrame, encodeSpliced } from './text.ts';

/** A frame ends with its item; whether what divides the items is right is not looked at here. */
class ItemEnds implements FrameEnds {
  #depth = 0;
  #isInString = false;
  #isEscaped = false;
  /** A number or a word has begun: only what follows it says where it ends. */
  #isInLiteral = false;

  next(chunk: Uint8Array, start: number): number | undefined {
    for (let at = start; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      if (this.#isInString) {
        if (this.#endsString(byte) && this.#depth === 1) return at + 1;
      } else if (this.#isInLiteral && isDelimiter(byte)) {
        this.#isInLiteral = false;
        return at;
      } else if (this.#endsItem(byte)) return at + 1;
    }
    return undefined;
  }

  isWhole(): boolean {
    return false;
  }

  #endsString(byte: number): boolean {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === BACKSLASH) this.#isEscaped = true;
    else if (byte === QUOTE) this.#isInString = false;
    return !this.#isInString;
  }

  #endsItem(byte: number): boolean {
    if (byte === QUOTE) this.#isInString = true;
    else if (byte === OPEN_BRACKET || byte === OPEN_BRACE) this.#depth++;
    else if (byte === CLOSE_BRACKET || byte === CLOSE_BRACE) return --this.#depth === 1;
    else if (this.#depth === 1 && !isDelimiter(byte)) this.#isInLiteral = true;
    return false;
  }
}

function isDelimiter(byte: number): boolean {
  return byte <= SPACE || byte === COMMA || byte === CLOSE_BRACKET;
}

/** What stands before an item. */
const BEFORE_FIRST = /^[ \t\r\n]*\[[ \t\r\n]*/;
const BEFORE_NEXT = /^[ \t\r\n]*,[ \t\r\n]*/;

const LIST_END = /^[ \t\r\n]*\][ \t\r\n]*$/;
const EMPTY_LIST = /^[ \t\r\n]*\[[ \t\r\n]*\][ \t\r\n]*$/;

export const JSON_LIST: Framing = {
  frameEnds: () => new ItemEnds(),

  readFrame(frame, { isFirst, breaksOff }, budget) {
    const decoded = decodeFrame(frame);
    if (!decoded || decoded.rest.length > 0) return 'invalid_utf8';
    const { text } = decoded;
    if (breaksOff) return (isFirst ? EMPTY_LIST : LIST_END).test(text) ? undefined : 'invalid_json';
    const start = itemStart(text, isFirst);
    if (start === undefined) return 'invalid_json';
    const parsed = parseEvent(text.slice(start), false, budget);
    return parsed.ok ? { value: parsed.value } : parsed.problem;
  },

  editFrame(frame, { isFirst }, edits) {
    const decoded = decodeFrame(frame);
    const start = decoded && itemStart(decoded.text, isFirst);
    if (!decoded || start === undefined) throw new Error('a frame that was not read cannot be edited');
    const { text } = decoded;
    return encodeSpliced(decoded, [{ start, end: text.length, by: editJson(text.slice(start), edits) }]);
  },
};

/** @returns undefined where something else stands before the item */
function itemStart(text: string, isFirst: boolean): number | undefined {
  return (isFirst ? BEFORE_FIRST : BEFORE_NEXT).exec(text)?.[0].length;
}
