/**
 * The entries of a HAR, one by one: a recording of an afternoon has gigabytes, and JSON parsers want all of it.
 *
 * Only as much of JSON is read as tells where `log.entries` is and where an entry of it ends. Each entry is parsed by itself.
 */
import { ItemBytes } from './chunks.ts';

const [QUOTE, BACKSLASH, COLON] = [0x22, 0x5c, 0x3a];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** Depth inside the list of entries: in `{"log": {"entries": [`. */
const IN_ENTRIES = 3;
/** Bytes of a key that are looked at. */
const KEY_LENGTH = 16;

export type HarPiece = { kind: 'entry'; bytes: Buffer } | { kind: 'too_large' } | { kind: 'cut_off' };

export async function* harEntries(input: AsyncIterable<Buffer>, limit: number): AsyncGenerator<HarPiece> {
  const scanner = new EntryScanner(limit);
  for await (const chunk of input) yield* scanner.scan(chunk);
  if (!scanner.isDone) yield { kind: 'cut_off' };
}

class EntryScanner {
  /** The list of entries has ended, and no entry is open. */
  isDone = false;
  readonly #entry: ItemBytes;
  #depth = 0;
  #isInString = false;
  #isEscaped = false;
  #areEntries = false;
  /** The last string above the entries, and the keys that led where we are. */
  #word = '';
  readonly #keys: string[] = [];

  constructor(limit: number) {
    this.#entry = new ItemBytes(limit);
  }

  *scan(chunk: Buffer): Generator<HarPiece> {
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      if (this.#isInString) {
        this.#inString(byte);
        continue;
      }
      if (byte === QUOTE) this.#beginString();
      else if (byte === COLON) {
        if (this.#depth < IN_ENTRIES) this.#keys[this.#depth] = this.#word;
      } else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
        if (this.#areEntries && this.#depth === IN_ENTRIES) start = at;
        this.#open(byte);
      } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) {
        this.#depth--;
        if (!this.#areEntries) continue;
        if (this.#depth === IN_ENTRIES) yield this.#close(chunk.subarray(start, at + 1));
        else if (this.#depth < IN_ENTRIES) this.#endEntries();
      }
    }
    // A chunk may be a view of a buffer that is used again.
    if (this.#areEntries && this.#depth > IN_ENTRIES) this.#entry.add(Buffer.from(chunk.subarray(start)));
  }

  #inString(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === BACKSLASH) this.#isEscaped = true;
    else if (byte === QUOTE) this.#isInString = false;
    else if (this.#depth < IN_ENTRIES && this.#word.length < KEY_LENGTH)
      this.#word += String.fromCharCode(byte);
  }

  #beginString(): void {
    this.#isInString = true;
    this.#word = '';
  }

  #open(byte: number): void {
    const [, top, below] = this.#keys;
    const isHere = this.#depth === IN_ENTRIES - 1 && top === 'log' && below === 'entries';
    if (isHere && byte === OPEN_LIST) this.#areEntries = true;
    this.#depth++;
  }

  #close(last: Buffer): HarPiece {
    this.#entry.add(last);
    const bytes = this.#entry.take();
    return bytes ? { kind: 'entry', bytes } : { kind: 'too_large' };
  }

  #endEntries(): void {
    this.#areEntries = false;
    this.isDone = true;
  }
}
