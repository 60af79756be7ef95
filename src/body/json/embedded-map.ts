/**
 * The way back from a text as its reader reads it: each shown character with the range of raw characters that it came from,
 * so that whatever is changed can be written back.
 *
 * @example the text `{"note":"a\n078-05-1120"}` is shown with a line break; hiding the number replaces eleven raw
 * characters, and the escape before them stays as it was
 */
import { countWhile } from '../count-while.ts';
import { type Change, changesBetween, moved } from '../text-changes.ts';
import { type NumberToken, type Run, RunList } from './embedded-runs.ts';

/** Why a change cannot be written back: the value under a key would be lost, or JSON would be none any more. */
export type Unchangeable = 'key' | 'structure';

/** From shown characters to raw ones and back. */
export class EmbeddedMap {
  readonly #runs: readonly Run[];
  readonly #numbers: readonly NumberToken[];
  readonly #shown: string;

  /**
   * @param texts as `readEmbedded` takes them
   * @param separator joins them in the raw text too
   */
  constructor(texts: readonly string[], separator = '') {
    const root = new RunList();
    for (const [index, text] of texts.entries()) {
      if (index > 0) root.divide(separator);
      root.read(text);
    }
    this.#runs = root.runs;
    this.#numbers = root.numbers;
    this.#shown = root.parts.join('');
  }

  /** @returns where a shown character begins in the raw text; of a number, where that begins */
  rawOffset(shown: number): number {
    const number = this.#numberAt(shown);
    if (number) return number.raw;
    const run = this.#runs[this.#runAt(shown)];
    if (!run) return 0;
    const ahead = shown - run.shown;
    return ahead >= run.length ? run.rawEnd : run.raw + (isCopied(run) ? ahead : 0);
  }

  /** @returns how many shown characters stand wholly before a raw offset */
  shownOffset(raw: number): number {
    const run = this.#runs[countWhile(this.#runs, ({ rawEnd }) => rawEnd <= raw)];
    if (!run) return this.#shown.length;
    return run.shown + (run.raw < raw && isCopied(run) ? raw - run.raw : 0);
  }

  /**
   * Each change over the whole of a number that it touches: what hides a part of a number is no number any more, and
   * becomes a string.
   *
   * @param changes of the shown text, in order, without overlaps
   */
  overWholeNumbers(changes: readonly Change[]): Change[] {
    if (this.#numbers.length === 0) return [...changes];
    const groups: { start: number; end: number; changes: Change[] }[] = [];
    for (const change of changes) {
      const [first, last] = [
        this.#numberAt(change.start),
        this.#numberAt(Math.max(change.end - 1, change.start)),
      ];
      const start = Math.min(first?.start ?? change.start, change.start);
      const end = Math.max(last?.expansionEnd ?? change.end, change.end);
      const before = groups.at(-1);
      if (before && start < before.end) {
        before.changes.push(change);
        before.end = Math.max(before.end, end);
      } else groups.push({ start, end, changes: [change] });
    }
    return groups.map((group) => ({ start: group.start, end: group.end, text: this.#changed(group) }));
  }

  /**
   * @param changes of the shown text, in order, without overlaps
   * @param isParsed a program parses the text and looks up values by their keys, so that it has to stay JSON
   * @returns the same of the raw text
   */
  rawChanges(changes: readonly Change[], isParsed: boolean): Change[] | Unchangeable {
    const result: Change[] = [];
    for (const change of this.overWholeNumbers(changes).flatMap((one) => this.#apart(one))) {
      const parts =
        change.start === change.end ? this.#inserted(change, isParsed) : this.#rawParts(change, isParsed);
      if (typeof parts === 'string') return parts;
      for (const part of parts) result.push(part);
    }
    return result;
  }

  /**
   * Where little stands between two values that change, they are one change: `1","2` that becomes `*","*`. What is
   * between them stays where it can be found again, so that each value becomes what was to become of it.
   */
  #apart(change: Change): Change[] {
    const kept = this.#betweenValues(change);
    const places = kept.length === 0 ? undefined : placesOf(kept, change.text, this.#shown);
    if (!places) return [change];
    const parts: Change[] = [];
    let [start, from] = [change.start, 0];
    const ends = [...kept, { start: change.end, end: change.end }];
    for (const [index, { start: end, end: next }] of ends.entries()) {
      const text = change.text.slice(from, places[index] ?? change.text.length);
      if (start === end && text !== '') return [change];
      if (text !== this.#shown.slice(start, end)) parts.push(...this.#ofNumber({ start, end, text }));
      [start, from] = [next, from + text.length + next - end];
    }
    return parts;
  }

  /** Of a number and what it says without its exponent, a change tells by itself which of the two it is about. */
  #ofNumber(change: Change): Change[] {
    const { start, end, text } = change;
    const number = this.#numberAt(start);
    if (number?.start !== start || number.expansionEnd !== end || number.end === end) return [change];
    return this.overWholeNumbers(moved(changesBetween(this.#shown.slice(start, end), text), start));
  }

  /** Structure and keys within a change. */
  #betweenValues({ start, end }: Change): { start: number; end: number }[] {
    const between: { start: number; end: number }[] = [];
    for (let index = this.#runAt(start); index < this.#runs.length; index++) {
      const run = this.#runs[index];
      if (!run || run.shown + run.length > end) break;
      if (run.shown < start || run.length === 0 || (run.kind !== 'structure' && run.kind !== 'key')) continue;
      const last = between.at(-1);
      if (last?.end === run.shown) last.end += run.length;
      else between.push({ start: run.shown, end: run.shown + run.length });
    }
    return between;
  }

  /** What is put in stands in the first part. */
  #rawParts({ start, end, text }: Change, isParsed: boolean): Change[] | Unchangeable {
    const parts: Change[] = [];
    for (let index = this.#runAt(start); index < this.#runs.length; index++) {
      const run = this.#runs[index];
      if (!run || run.shown >= end) break;
      if (run.kind === 'expansion' || (isParsed && isOuterStructure(run))) continue;
      if (isParsed && run.kind === 'key' && run.escapes === 1) return 'key';
      const next = parts.length === 0 ? text : '';
      const number = run.kind === 'number' ? this.#numberAt(run.shown) : undefined;
      if (number) {
        if (parts.at(-1)?.start === number.raw) continue;
        const isAlone = number.start === start && number.expansionEnd === end;
        const become = isAlone || isParsed ? numberOr(next, number.escapes) : escaped(next, number.escapes);
        parts.push({ start: number.raw, end: number.rawEnd, text: become });
        continue;
      }
      const from = isCopied(run) ? run.raw + Math.max(start - run.shown, 0) : run.raw;
      const to = isCopied(run) ? run.raw + Math.min(end - run.shown, run.length) : run.rawEnd;
      parts.push({ start: from, end: to, text: escaped(next, run.escapes) });
    }
    return parts.length === 0 ? 'structure' : parts;
  }

  #inserted({ start: at, text }: Change, isParsed: boolean): Change[] | Unchangeable {
    const index = this.#runAt(at);
    const around = [this.#runs[index], this.#runs[index - 1]];
    const run =
      around.find((one) => one?.kind === 'string' || one?.kind === 'text') ??
      around.find((one) => one && one.kind !== 'expansion' && !isParsed);
    if (!run) return this.#runs.length === 0 ? [{ start: 0, end: 0, text }] : 'structure';
    const ahead = Math.max(at - run.shown, 0);
    const raw = ahead === 0 ? run.raw : isCopied(run) ? run.raw + ahead : run.rawEnd;
    return [{ start: raw, end: raw, text: escaped(text, run.escapes) }];
  }

  /** What a range becomes. Of a number and what it says without its exponent, the one that was changed counts. */
  #changed({ start, end, changes }: { start: number; end: number; changes: readonly Change[] }): string {
    const startsBefore = (at: number) => countWhile(this.#numbers, (number) => number.start < at);
    const dropped = this.#numbers
      .slice(startsBefore(start), startsBefore(end))
      .filter((number) => number.end < number.expansionEnd)
      .flatMap(({ start: from, end: to, expansionEnd }) =>
        changes.some((change) => change.end > to + ' ('.length && change.start < expansionEnd)
          ? [
              { start: from, end: to + ' ('.length },
              { start: expansionEnd - 1, end: expansionEnd },
            ]
          : [{ start: to, end: expansionEnd }],
      );
    let result = '';
    let at = start;
    const keep = (until: number) => {
      for (; at < until; at++) {
        const inDropped = dropped.find((range) => range.start <= at && at < range.end);
        if (!inDropped) result += this.#shown.charAt(at);
      }
    };
    for (const change of changes) {
      keep(change.start);
      const isDropped = dropped.some((range) => range.start <= change.start && change.end <= range.end);
      if (!isDropped) result += change.text;
      at = Math.max(at, change.end);
    }
    keep(end);
    return result;
  }

  /** @returns the last run that begins at a shown offset or before it */
  #runAt(shown: number): number {
    return Math.max(0, countWhile(this.#runs, (run) => run.shown <= shown) - 1);
  }

  #numberAt(shown: number): NumberToken | undefined {
    const number = this.#numbers[countWhile(this.#numbers, ({ start }) => start <= shown) - 1];
    return number && shown < number.expansionEnd ? number : undefined;
  }
}

/** @returns where parts of a text stand in another one, in their order; undefined where there is none or another way */
function placesOf(
  parts: readonly { start: number; end: number }[],
  text: string,
  of: string,
): number[] | undefined {
  const places: number[] = [];
  let from = 0;
  for (const { start, end } of parts) {
    const place = text.indexOf(of.slice(start, end), from);
    if (place === -1) return undefined;
    places.push(place);
    from = place + end - start;
  }
  let until = text.length;
  for (let index = parts.length - 1; index >= 0; index--) {
    const { start, end } = parts[index] ?? { start: 0, end: 0 };
    until -= end - start;
    if (text.lastIndexOf(of.slice(start, end), until) !== places[index]) return undefined;
    until = places[index] ?? 0;
  }
  return places;
}

/** Of the JSON itself, not of JSON in one of its strings. */
function isOuterStructure({ kind, escapes }: Run): boolean {
  return kind === 'structure' && escapes === 0;
}

/** One raw character for each shown one. */
function isCopied({ length, raw, rawEnd }: Run): boolean {
  return rawEnd - raw === length;
}

function escaped(text: string, times: number): string {
  let result = text;
  for (let time = 0; time < times; time++) result = JSON.stringify(result).slice(1, -1);
  return result;
}

/** A number where it still is one, as an encrypted one may be; otherwise a string. */
function numberOr(text: string, escapes: number): string {
  return JSON_NUMBER.test(text) ? text : escaped(JSON.stringify(text), escapes);
}

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;
