/**
 * How far one text of a stream is committed: what may be sent to the client, and with which changes.
 *
 * AIDR is asked about windows of the text that overlap. It may judge the end of a window differently once it sees more of
 * the text. So only text that ends an overlap before the end of the window is committed, and a change that reaches further
 * waits. Committed text may be sent, so it never changes again.
 *
 * For example, with an overlap of 10 characters and numbers that AIDR replaces by `<SSN>`:
 *
 * 1. `Call her at 078-05` has arrived, and AIDR finds nothing in it. The boundary moves to 8, ten characters before the
 *    end: `Call her` may be sent.
 * 2. `Call her at 078-05-1120 or at work.` has arrived. The next window starts an overlap before the boundary, here at 0.
 *    AIDR hides 078-05-1120 (12 to 23). The boundary moves to 25, so the change is committed: `Call her at <SSN> o` may be
 *    sent.
 * 3. If only `Call her at 078-05-1120` had arrived, the boundary would have had to be at 13, within that number. Then it
 *    moves to 12 only, and the change waits for the next window.
 * 4. When the text ends, the rest is committed: `r at work.`
 */
import { findText } from '../body/find-text.ts';
import { mayHoldJson } from '../body/json/embedded-lexer.ts';
import { isSamePath } from '../body/json/path-map.ts';
import { type Change, changesInPieces, moved, withChanges } from '../body/text-changes.ts';
import { embeddedMap, piecesOfSlice } from '../formats/embedded-text.ts';
import type { Piece, Segment } from '../formats/segment.ts';
import type { Window } from '../inspection/inspect-window.ts';

interface Verdict {
  window: Window;
  changes: readonly Change[];
}

export class CommittedText {
  /** Everything before it is committed. */
  boundary = 0;
  /** Committed, in order, without overlaps. */
  changes: Change[] = [];
  /** No more of the text is expected, and all of it is committed. */
  isComplete = false;
  /** What the last verdict changes beyond the boundary. */
  #pending: Change[] = [];
  #text = '';
  #pieces = 0;
  #lastPlace: Piece | undefined;
  /** AIDR was asked about the text up to here. */
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
    // A changed value that is cut in two could look like something else.
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
      this.#pending = this.#beyond(verdict, segment) ?? this.#rest(verdict.changes, segment.text);
      this.#follow(segment);
    }
    this.#moveTo(
      segment,
      isEnding ? this.#asked : Math.min(this.#asked - overlap, startOfLastNumber(segment)),
    );
    this.isComplete = isEnding && this.boundary === segment.text.length;
  }

  /**
   * Commits all that was not sent yet, with the verdict on the whole text.
   *
   * @param changes of the whole text
   * @param left how much of the text was sent
   * @returns whether the verdict changes something in what was sent
   */
  commitAll(segment: Segment, changes: readonly Change[], left: number): boolean {
    const { text } = segment;
    this.changes = this.changes.filter(({ start }) => start < left || left === text.length);
    this.boundary = Math.max(left, this.changes.at(-1)?.end ?? 0);
    const later = this.#beyond({ window: { start: 0, end: text.length }, changes }, segment);
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
   * What a verdict changes after the boundary. It is not always clear which part of AIDR's answer belongs to which part of
   * the text. So the end of the committed text is looked up in the answer, and what follows it there is compared.
   *
   * @returns undefined if the verdict contradicts what was committed
   */
  #beyond({ window: { start, end }, changes }: Verdict, segment: Segment): Change[] | undefined {
    const { boundary } = this;
    const { text, separator = '' } = segment;
    const committed = sliceWith(text, this.changes, start, boundary);
    const answer = sliceWith(text, changes, start, end);
    const from = endOf(committed, answer, start > 0);
    if (from === undefined) return undefined;
    const pieces = piecesOfSlice(segment, boundary, text.slice(boundary, end));
    return moved(changesInPieces(pieces, answer.slice(from), separator), boundary);
  }

  /** What a contradicting verdict changes after the boundary; of a change across the boundary, the rest. */
  #rest(changes: readonly Change[], text: string): Change[] {
    const { boundary } = this;
    const later = changes.filter(({ start, end }) => start >= boundary && end > boundary);
    const across = changes.find(({ start, end }) => start < boundary && end > boundary);
    if (!across) return later;
    const rest = this.#restOf(across, changes, text) ?? across.text;
    return [{ start: boundary, end: across.end, text: rest }, ...later];
  }

  /** @returns what replaces the text after the boundary; undefined if the change does not begin with what was committed */
  #restOf(across: Change, changes: readonly Change[], text: string): string | undefined {
    const start = startOfChain(across.start, this.changes, changes);
    const committed = sliceWith(text, this.changes, start, this.boundary);
    const wanted = sliceWith(text, changes, start, across.end);
    return wanted.startsWith(committed) ? wanted.slice(committed.length) : undefined;
  }
}

/** @returns the start of the first in a chain of changes that overlap each other up to `start`; both lists are in order */
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

/** A number is replaced as a whole. */
function takenBy(segment: Segment, change: Change): Window {
  return embeddedMap(segment)?.overWholeNumbers([change])[0] ?? change;
}

/** No number has more characters. */
const MAX_NUMBER = 64;

/** A number at the end of the text may not be complete, and a change of a part of it replaces all of it. */
function startOfLastNumber({ text }: Segment): number {
  let at = text.length;
  if (!mayHoldJson(text)) return at;
  while (at > 0 && text.length - at < MAX_NUMBER && IN_NUMBER.has(text.charAt(at - 1))) at--;
  return at;
}

const IN_NUMBER = new Set('0123456789.-+eE');

/** @returns `at`, or one before it if a surrogate pair would be cut, even if its low surrogate has not arrived yet */
function beforeHalfPair(text: string, at: number): number {
  const code = text.charCodeAt(at - 1);
  return at > 0 && code >= 0xd800 && code <= 0xdbff ? at - 1 : at;
}

/**
 * Where the committed text ends in AIDR's answer. The beginning of a window can cut a value, which AIDR then leaves unchanged.
 * In that case the second half of the committed text is looked up, if it occurs in the answer once.
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
