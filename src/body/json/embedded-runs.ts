/** Where each shown character of a text comes from: runs of characters, and the numbers among them. */
import { copyDecoded, outerOffset } from './decoded-string.ts';
import { lexEmbedded } from './embedded-lexer.ts';
import type { DecodedString, EmbeddedSink, RunKind } from './embedded-sink.ts';

/** Shown characters that stand together and are of one kind. */
export interface Run {
  kind: RunKind | 'expansion';
  /** Offset in the shown text. */
  shown: number;
  length: number;
  /** Offsets in the raw text. */
  raw: number;
  rawEnd: number;
  escapes: number;
}

export interface NumberToken {
  /** Offsets in the shown text. */
  start: number;
  end: number;
  /** Behind what it says without its exponent. */
  expansionEnd: number;
  raw: number;
  rawEnd: number;
  escapes: number;
}

/** Lists the runs of a text; strings inside strings add theirs with the offsets of the outermost one. */
export class RunList implements EmbeddedSink {
  readonly takesTextOnly = false;
  readonly runs: Run[] = [];
  readonly numbers: NumberToken[] = [];
  readonly parts: string[] = [];
  #shown = 0;
  /** Where the text that is being read begins in the raw one. */
  #base = 0;

  read(text: string): void {
    lexEmbedded(text, this, { values: 0, isTooDeep: false });
    this.#base += text.length;
  }

  divide(separator: string): void {
    if (separator !== '') this.#add(separator, 0, separator.length, 'text', 0);
    this.#base += separator.length;
  }

  copy(text: string, start: number, end: number, kind: RunKind, escapes: number): void {
    this.#add(text.slice(start, end), start, end, kind, escapes);
  }

  escape(char: string, start: number, end: number, kind: RunKind, escapes: number): void {
    this.#add(char, start, end, kind, escapes);
  }

  number(raw: number, rawEnd: number, length: number, expansion: string, escapes: number): void {
    const end = this.#shown;
    if (expansion !== '') this.#add(expansion, rawEnd, rawEnd, 'expansion', escapes);
    const [from, to] = [this.#base + raw, this.#base + rawEnd];
    this.numbers.push({
      ...{ start: end - length, end, expansionEnd: this.#shown },
      ...{ raw: from, rawEnd: to, escapes },
    });
  }

  inside(text: string, content: DecodedString): EmbeddedSink {
    return new NestedRuns(this, text, content);
  }

  #add(shown: string, start: number, end: number, kind: Run['kind'], escapes: number): void {
    const [raw, rawEnd] = [this.#base + start, this.#base + end];
    this.runs.push({ kind, shown: this.#shown, length: shown.length, raw, rawEnd, escapes });
    this.parts.push(shown);
    this.#shown += shown.length;
  }
}

/** Hands what is said inside a string to the level at which it is escaped. */
class NestedRuns implements EmbeddedSink {
  readonly takesTextOnly = false;
  readonly #outer: EmbeddedSink;
  readonly #text: string;
  readonly #content: DecodedString;

  constructor(outer: EmbeddedSink, text: string, content: DecodedString) {
    this.#outer = outer;
    this.#text = text;
    this.#content = content;
  }

  copy(_decoded: string, start: number, end: number, kind: RunKind, escapes: number): void {
    copyDecoded(this.#outer, this.#text, this.#content, { start, end }, kind, escapes);
  }

  escape(char: string, start: number, end: number, kind: RunKind, escapes: number): void {
    this.#outer.escape(char, this.#outside(start), this.#outside(end), kind, escapes);
  }

  number(start: number, end: number, length: number, expansion: string, escapes: number): void {
    this.#outer.number(this.#outside(start), this.#outside(end), length, expansion, escapes);
  }

  inside(text: string, content: DecodedString): EmbeddedSink {
    return new NestedRuns(this, text, content);
  }

  #outside(at: number): number {
    return outerOffset(this.#content, at);
  }
}
