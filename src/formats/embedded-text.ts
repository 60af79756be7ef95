/** From what is shown of a segment's text to the pieces that it was read from. */
import { type EmbeddedText, readEmbedded } from '../body/json/embedded-json.ts';
import { mayHoldJson } from '../body/json/embedded-lexer.ts';
import { EmbeddedMap } from '../body/json/embedded-map.ts';
import type { Segment } from './segment.ts';

/** As they stand in the body: pieces that are joined are one text, divided ones are texts of their own. */
export function rawTexts({ text, raw, pieces, separator }: Segment): string[] {
  return separator === undefined ? [raw ?? text] : pieces.map((piece) => piece.text);
}

/** What is shown of a text, where that is not what stands there. */
export function readAsReader(segment: Segment): EmbeddedText | undefined {
  return readEmbedded(rawTexts(segment), segment.separator);
}

/** As readers read them, joined by the divider they are the segment's text. */
export function shownPieces(segment: Segment): string[] {
  if (segment.separator === undefined) return [segment.text];
  return rawTexts(segment).map((text) => readEmbedded([text])?.shown ?? text);
}

/** Made once for each segment, and for few: most are never changed. */
const maps = new WeakMap<Segment, EmbeddedMap>();

/** @returns undefined where nothing of the text is JSON */
export function embeddedMap(segment: Segment): EmbeddedMap | undefined {
  if (segment.raw === undefined && !mayHoldJson(segment.text)) return undefined;
  const map = maps.get(segment) ?? new EmbeddedMap(rawTexts(segment), segment.separator);
  maps.set(segment, map);
  return map;
}

/**
 * The pieces of a part of a text, told apart by what separates them.
 *
 * @param text of the part, which begins at `start`
 * @param shown the pieces of the segment
 */
export function piecesOfSlice(
  segment: Segment,
  start: number,
  text: string,
  shown: readonly string[] = segment.separator ? shownPieces(segment) : [],
): string[] {
  const { separator } = segment;
  if (!separator) return [text];
  const pieces: string[] = [];
  const end = start + text.length;
  let at = 0;
  for (const piece of shown) {
    const next = at + piece.length;
    if (next >= start && at <= end) pieces.push(piece.slice(Math.max(start - at, 0), end - at));
    at = next + separator.length;
  }
  // Cut in the middle of a separator.
  return pieces.join(separator) === text ? pieces : [text];
}
