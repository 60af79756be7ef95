/** What a reader of embedded JSON hands on: shown characters, and where they stand. */

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
