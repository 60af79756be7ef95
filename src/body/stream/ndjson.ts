/** One JSON value on each line; blank lines between them mean nothing. */
import { editJson } from '../json/edit.ts';
import { parseEvent } from './document.ts';
import type { FrameEnds } from './frame-splitter.ts';
import type { Framing } from './framing.ts';
import { decodeFrame, encodeSpliced } from './text.ts';

const LF = 0x0a;
const SPACE = 0x20;

/** A frame ends with its line; blank lines before it are part of it. */
class LineEnds implements FrameEnds {
  #isBlank = true;

  next(chunk: Uint8Array, start: number): number | undefined {
    for (let at = start; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      if (byte > SPACE) this.#isBlank = false;
      else if (byte === LF && !this.#isBlank) {
        this.#isBlank = true;
        return at + 1;
      }
    }
    return undefined;
  }

  isWhole(): boolean {
    return false;
  }
}

export const NDJSON: Framing = {
  frameEnds: () => new LineEnds(),

  readFrame(frame, { breaksOff }, budget) {
    const decoded = decodeFrame(frame);
    if (!decoded) return 'invalid_utf8';
    if (decoded.text.trim() === '') return undefined;
    const parsed = parseEvent(decoded.text, breaksOff, budget);
    return parsed.ok ? parsed.event : parsed.problem;
  },

  editFrame(frame, _position, edits) {
    const decoded = decodeFrame(frame);
    if (!decoded) throw new Error('a frame that was not read cannot be edited');
    const { text } = decoded;
    const start = text.length - text.trimStart().length;
    const end = text.trimEnd().length;
    const by = editJson(text.slice(start, end), edits).replaceAll('\n', ' ');
    return encodeSpliced(decoded, [{ start, end, by }]);
  },
};
