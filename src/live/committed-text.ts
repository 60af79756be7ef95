/**
 * How far one text of a stream is settled.
 *
 * AIDR is asked about windows that overlap. What a verdict says of the end of its window may look different once more
 * of the text is known, so only what ends an overlap earlier is settled, and a change that reaches beyond waits. What
 * is settled can leave, so it never changes again.
 */
import { findText } from '../body/find-text.ts';
import { mayHoldJson } from '../body/json/embedded-lexer.ts';
import { isSamePath } from '../body/json/path-map.ts';
import { type Change, changesBetween, moved, withChanges } from '../body/text-changes.ts';
import { embeddedMap } from '../formats/embedded-text.ts';
import type { Piece, Segment } from '../formats/segment.ts';
import type { Window } from '../inspection/inspect-window.ts';

interface Verdict {
  window: Window;
  changes: readonly Change[];
}

export class CommittedText {
  /** Everything before it is settled. */
  boundary = 0;
  /** Settled, in order, without overlaps. */
  changes: Change[] = [];
  /** No more of the text is expected, and all of it is settled. */
  isComplete = false;
  /** What the last verdict changes beyond the boundary. */
  #pending: Change[] = [];
  #text = '';
  #pieces = 0;
  #lastPlace: Piece | undefined;
  /** Up to where AIDR was asked. */
  #asked = 0;

  /** @returns whether the segment is this text, perhaps with more at its end */
  goesOnIn({ text, pieces }: Segment): boolean {
    const last = pieces[this.#pieces - 1];
    return text.startsWith(this.#text) && isSamePlace(last, this.#lastPlace);
  }

  /** @returns what there is to ask about; undefined when nothing is new */
  windowIn({ text }: Segment, overlap: number): Window | undefined {
    const end = beforeHalfPair(text, text.length);
    if (end <= this.#asked) return undefined;
    const start = beforeHalfPair(text, Math.max(0, this.boundary - overlap));
    // Cut in two, what was changed could look like something else.
    const cut = this.changes.find((change) => change.start < start && change.end > start);
    return { start: cut?.start ?? start, end };
  }

  /**
   * @param verdict what was asked about, and what the verdict changes there; undefined when nothing was asked
   * @param isEnding no more of the text is expected
   */
  commit(segment: Segment, verdict: Verdict | undefined, isEnding: boolean, overlap: number): void {
    if (verdict) {
      this.#asked = verdict.window.end;
      this.#pending = this.#beyond(verdict, segment.text) ?? this.#rest(verdict.changes, segment.text);
      this.#follow(segment);
    }
    this.#moveTo(
      segment,
      isEnding ? this.#asked : Math.min(this.#asked - overlap, startOfLastNumber(segment)),
    );
    this.isComplete = isEnding && this.boundary === segment.text.length;
  }

  /**
   * The last word, for whatever has not left.
   *
   * @param changes of the whole text
   * @param left how much of the text has left
   * @returns whether what has left should have been another text
   */
  settleAll(segment: Segment, changes: readonly Change[], left: number): boolean {
    const { text } = segment;
    this.changes = this.changes.filter(({ start }) => start < left || left === text.length);
    this.boundary = Math.max(left, this.changes.at(-1)?.end ?? 0);
    const later = this.#beyond({ window: { start: 0, end: text.length }, changes }, text);
    this.changes = this.changes.concat(later ?? this.#rest(changes, text));
    this.#pending = [];
    this.boundary = text.length;
    this.isComplete = true;
    return later === undefined;
  }

  #follow({ text, pieces }: Segment): void {
    this.#text = text;
    this.#pieces = pieces.length;
    this.#lastPlace = pieces.at(-1);
  }

  #moveTo(segment: Segment, target: number): void {
    let end = Math.max(target, this.boundary);
    for (const change of this.#pending) {
      const taken = takenBy(segment, change);
      if (taken.start < end && taken.end > end) end = Math.max(taken.start, this.boundary);
    }
    for (const change of this.#pending) if (change.end <= end) this.changes.push(change);
    this.#pending = this.#pending.filter((change) => change.end > end);
    this.boundary = end;
  }

  /**
   * What a verdict changes beyond the boundary. What of AIDR's answer stands for which part of the text cannot always be
   * told, so the answer is followed to where what was settled ends in it.
   *
   * @returns undefined when the verdict does not agree with what was settled
   */
  #beyond({ window: { start, end }, changes }: Verdict, text: string): Change[] | undefined {
    const { boundary } = this;
    const committed = sliceWith(text, this.changes, start, boundary);
    const answer = sliceWith(text, changes, start, end);
    const from = endOf(committed, answer, start > 0);
    if (from === undefined) return undefined;
    return moved(changesBetween(text.slice(boundary, end), answer.slice(from)), boundary);
  }

  /** What a verdict that does not agree changes behind the boundary: of a change that reaches back, the rest. */
  #rest(changes: readonly Change[], text: string): Change[] {
    const { boundary } = this;
    const later = changes.filter(({ start, end }) => start >= boundary && end > boundary);
    const across = changes.find(({ start, end }) => start < boundary && end > boundary);
    if (!across) return later;
    const rest = this.#restOf(across, changes, text) ?? across.text;
    return [{ start: boundary, end: across.end, text: rest }, ...later];
  }

  /** @returns what is to stand behind the boundary; undefined when the change is not what was settled, and more */
  #restOf(across: Change, changes: readonly Change[], text: string): string | undefined {
    const start = startOfChain(across.start, this.changes, changes);
    const committed = sliceWith(text, this.changes, start, this.boundary);
    const wanted = sliceWith(text, changes, start, across.end);
    return wanted.startsWith(committed) ? wanted.slice(committed.length) : undefined;
  }
}

/** @returns where the first of the changes begins that reach, one over the other, to `start`; both are in order */
function startOfChain(start: number, ...lists: (readonly Change[])[]): number {
  const lasts = lists.map((changes) => changes.length - 1);
  let first = start;
  for (let hasMoved = true; hasMoved; ) {
    hasMoved = false;
    for (const [index, changes] of lists.entries()) {
      let last = lasts[index] ?? -1;
      while ((changes[last]?.start ?? -1) >= first) last--;
      lasts[index] = last;
      const change = changes[last];
      if (!change || change.end <= first) continue;
      first = change.start;
      hasMoved = true;
    }
  }
  return first;
}

function isSamePlace(one: Piece | undefined, other: Piece | undefined): boolean {
  if (!one || !other) return one === other;
  return isSamePath(one.path, other.path) && isSamePath(one.inner ?? [], other.inner ?? []);
}

/** A number goes as a whole. */
function takenBy(segment: Segment, change: Change): Window {
  return embeddedMap(segment)?.overWholeNumbers([change])[0] ?? change;
}

/** More characters than any number has. */
const MAX_NUMBER = 64;

/** A number at the end of a text may go on; what hides a part of it stands for all of it. */
function startOfLastNumber({ text }: Segment): number {
  let at = text.length;
  if (!mayHoldJson(text)) return at;
  while (at > 0 && text.length - at < MAX_NUMBER && IN_NUMBER.has(text.charAt(at - 1))) at--;
  return at;
}

const IN_NUMBER = new Set('0123456789.-+eE');

/** @returns `at`, or the place before it where no surrogate pair is cut, be it that the other half is still to come */
function beforeHalfPair(text: string, at: number): number {
  const code = text.charCodeAt(at - 1);
  return at > 0 && code >= 0xd800 && code <= 0xdbff ? at - 1 : at;
}

/**
 * Where what was settled ends in an answer. A window's beginning can cut a value, which AIDR then leaves: there the second
 * half tells, if it stands in the answer once.
 */
function endOf(committed: string, answer: string, mayBeCut: boolean): number | undefined {
  if (answer.startsWith(committed)) return committed.length;
  if (!mayBeCut) return undefined;
  const half = committed.slice(committed.length / 2);
  const at = findText(answer, half);
  return at !== -1 && findText(answer, half, at + 1) === -1 ? at + half.length : undefined;
}

/** A part of the text, with the changes that lie within it. */
function sliceWith(text: string, changes: readonly Change[], start: number, end: number): string {
  const within = changes.filter((change) => change.start >= start && change.end <= end);
  return withChanges(text.slice(start, end), moved(within, -start));
}
