/** What the strings of a body become when the pieces of a text do. */
import { PathMap } from '../body/json/path-map.ts';
import { type Change, changesBetween, spreadChanges } from '../body/text-changes.ts';
import type { Piece, TextLocation } from './segment.ts';

export interface PlacedText {
  location: TextLocation;
  /** What was read there. */
  old: string;
  text: string;
}

/**
 * @param next what the pieces become, one by one
 * @returns the places that change; what stands in a cumulative one changes with every piece before it
 */
export function* placedPieces(pieces: readonly Piece[], next: readonly string[]): Generator<PlacedText> {
  let [oldSoFar, soFar, isChanged] = ['', '', false];
  for (const [index, piece] of pieces.entries()) {
    const text = next[index] ?? '';
    oldSoFar += piece.text;
    soFar += text;
    isChanged ||= text !== piece.text;
    for (const location of [piece, ...(piece.copies ?? [])]) {
      if (!location.isCumulative && text !== piece.text) yield { location, old: piece.text, text };
      else if (location.isCumulative && isChanged) yield { location, old: oldSoFar, text: soFar };
    }
  }
}

/** A string that was read in two ways can be changed in both: what either hides is hidden. */
export function onePerPlace<Placed extends PlacedText>(texts: readonly Placed[]): Placed[] {
  const byPath = new PathMap<Placed>();
  const merged: Placed[] = [];
  for (const placed of texts) {
    const entry = byPath.at(placed.location.path, placed.location.inner);
    if (entry.value?.old === placed.old) {
      entry.value.text = mergeTexts(placed.old, entry.value.text, placed.text);
    } else {
      entry.value = { ...placed };
      merged.push(entry.value);
    }
  }
  return merged;
}

function mergeTexts(old: string, one: string, other: string): string {
  if (one === other) return one;
  const changes = [...changesBetween(old, one), ...changesBetween(old, other)];
  changes.sort((a, b) => a.start - b.start || b.end - a.end);
  const merged: Change[] = [];
  for (const change of changes) {
    const last = merged.at(-1);
    if (last && (change.start < last.end || (change.start === last.start && change.end === last.end)))
      last.end = Math.max(last.end, change.end);
    else merged.push({ ...change });
  }
  return spreadChanges([old], merged).join('');
}
