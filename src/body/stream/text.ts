/** What the framings that are text have in common: decoding a frame that may break off, and changing parts of it. */

export interface FrameText {
  text: string;
  /** The first bytes of a character that the frame breaks off in. */
  rest: Uint8Array;
}

const NOTHING = new Uint8Array(0);

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @returns undefined for bytes that are no UTF-8, or not only because the end is missing */
export function decodeFrame(bytes: Uint8Array): FrameText | undefined {
  const length = completeLength(bytes);
  try {
    if (length === bytes.length) return { text: UTF8.decode(bytes), rest: NOTHING };
    return { text: UTF8.decode(bytes.subarray(0, length)), rest: bytes.subarray(length) };
  } catch {
    return undefined;
  }
}

/** The length without a character at the end that lacks its last bytes. */
function completeLength(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    const isContinuation = byte >= 0x80 && byte < 0xc0;
    if (isContinuation) continue;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return needed > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** `text.slice(start, end)` becomes `by`. */
export interface Splice {
  start: number;
  end: number;
  by: string;
}

/** @param splices in any order, without overlaps */
export function encodeSpliced({ text, rest }: FrameText, splices: Splice[]): Uint8Array {
  const parts: string[] = [];
  let copied = 0;
  for (const { start, end, by } of splices.sort((a, b) => a.start - b.start)) {
    parts.push(text.slice(copied, start), by);
    copied = end;
  }
  parts.push(text.slice(copied));
  const encoded = Buffer.from(parts.join(''), 'utf8');
  return rest.length === 0 ? encoded : Buffer.concat([encoded, rest]);
}
