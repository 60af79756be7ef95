/**
 * A text as its reader reads it, where JSON stands in it: escapes undone. How to write changes of it back says
 * embedded-map.ts.
 *
 * @example the text `{"note":"a\n078-05-1120"}` is shown with a line break
 */
import { type LexedJson, lexEmbedded, mayHoldEscapes } from './embedded-lexer.ts';
import type { EmbeddedSink } from './embedded-sink.ts';

export interface EmbeddedText extends LexedJson {
  shown: string;
}

/**
 * @param texts each is read by itself
 * @param separator joins the shown texts
 * @returns undefined where they are read as they stand
 */
export function readEmbedded(texts: readonly string[], separator = ''): EmbeddedText | undefined {
  const lexed = { values: 0, isTooDeep: false };
  let [shown, isRead] = ['', false];
  for (let index = 0; index < texts.length; index++) {
    const text = texts[index] ?? '';
    const mayDiffer = mayHoldEscapes(text);
    if (index > 0) shown += separator;
    shown += mayDiffer ? shownText(text, lexed) : text;
    isRead ||= mayDiffer;
  }
  return isRead ? { shown, ...lexed } : undefined;
}

function shownText(text: string, lexed: LexedJson): string {
  const sink = new ShownText();
  lexEmbedded(text, sink, lexed);
  return sink.joined();
}

/** Puts together what is shown, in as few parts as there are escapes. */
class ShownText implements EmbeddedSink {
  readonly takesTextOnly = true;
  #shown = '';
  /** What was copied last and may go on. */
  #text = '';
  #start = 0;
  #end = 0;

  copy(text: string, start: number, end: number): void {
    if (text === this.#text && start === this.#end) {
      this.#end = end;
      return;
    }
    this.#flush();
    this.#text = text;
    this.#start = start;
    this.#end = end;
  }

  escape(char: string): void {
    this.#flush();
    this.#shown += char;
  }

  number(_start: number, _end: number, _length: number, expansion: string): void {
    if (expansion !== '') this.escape(expansion);
  }

  inside(): EmbeddedSink {
    return this;
  }

  joined(): string {
    this.#flush();
    return this.#shown;
  }

  #flush(): void {
    if (this.#end > this.#start) this.#shown += this.#text.slice(this.#start, this.#end);
    this.#start = this.#end;
  }
}
