/**
 * Texts of a stream whose chunks repeat everything that was said so far: the reader ends up with the last one.
 *
 * Nothing in a chunk says which kind of stream it is from. Of one that repeats, each text begins with all of the one
 * before; deltas do that by chance only, and not for long.
 */
import type { Collector } from './collector.ts';
import type { Piece, Role, Segment, SegmentKind, TextLocation } from './segment.ts';

/** Deltas do not begin with all that was said before so often, or once with so much. */
const SURE = { growths: 3, chars: 32, repetitions: 8 };

/** How to read what the chunks tell together. */
export interface Reading {
  pieces: Piece[];
  /** The other way, as long as the next chunk could show that it is the right one. */
  also?: Piece[];
}

/** @param pieces of one text, in the order of their events */
export function readingOf(pieces: Piece[]): Reading {
  const growth = growthOf(pieces);
  if (growth === 'deltas') return { pieces };
  return growth === 'cumulative'
    ? { pieces: incrementsOf(pieces) }
    : { pieces, also: incrementsOf(pieces, true) };
}

/** A text that arrived in chunks. While it is unclear how to read it, both ways are found, and a live stream waits. */
export function readGrowing(
  out: Collector,
  role: Role,
  kind: SegmentKind,
  pieces: Piece[],
): Segment | undefined {
  const reading: Reading = kind === 'label' ? { pieces } : readingOf(pieces);
  const segment = out.joined(role, kind, reading.pieces);
  claimCopies(out, reading.pieces);
  if (segment && reading.also) readAlso(out, segment, reading.also);
  return segment;
}

export function claimCopies(out: Collector, pieces: readonly Piece[]): void {
  for (const { copies = [] } of pieces) for (const { path } of copies) out.claim(path);
}

/** Another way to read what a segment stands for, while it is unclear which is the reader's. */
export function readAlso(out: Collector, segment: Segment, pieces: Piece[], separator = ''): void {
  const text = pieces.map((piece) => piece.text).join(separator);
  const { raw: _, ...rest } = segment;
  const other: Segment = { ...rest, text, pieces, copies: [], isOutsideConversation: true };
  if (separator !== '') other.separator = separator;
  out.extraction.isUndecided = true;
  out.addReading(other);
}

/** @param pieces as above */
export function growthOf(pieces: readonly Piece[]): 'deltas' | 'cumulative' | 'undecided' {
  let before: Piece | undefined;
  let [growths, repetitions, isSure] = [0, 0, false];
  for (const piece of pieces) {
    if (piece.text === '') continue;
    if (before) {
      if (!isLaterEvent(piece, before) || !piece.text.startsWith(before.text)) return 'deltas';
      if (piece.text.length > before.text.length) growths++;
      else repetitions++;
      isSure ||= growths >= SURE.growths || (growths >= SURE.growths - 1 && piece.text.length >= SURE.chars);
      // Models say the same again and again; texts that are repeated grow.
      if (!isSure && repetitions >= SURE.repetitions) return 'deltas';
    }
    before = piece;
  }
  if (isSure) return 'cumulative';
  return growths + repetitions > 0 ? 'undecided' : 'deltas';
}

function isLaterEvent({ path: [event] }: Piece, { path: [before] }: Piece): boolean {
  return typeof event === 'number' && typeof before === 'number' && event > before;
}

/**
 * @param isApart whether its first place is to be told from that of the same text in deltas
 * @returns what each chunk adds, at the place that holds all of it so far
 */
export function incrementsOf(pieces: readonly Piece[], isApart = false): Piece[] {
  const increments: Piece[] = [];
  let length = 0;
  for (const { text, ...location } of pieces) {
    if (text === '') continue;
    const last = increments.at(-1);
    const cumulative: TextLocation = { ...location, isCumulative: true };
    if (text.length > length) {
      const isFirst = last === undefined && !isApart;
      increments.push({ ...(isFirst ? location : cumulative), text: text.slice(length) });
    } else if (last) {
      last.copies = [...(last.copies ?? []), cumulative];
    }
    length = text.length;
  }
  return increments;
}
