/** What changes in the strings of a body when the pieces of a text change. */
import { PathMap } from '../body/json/path-map.ts';
import { type Change, moved } from '../body/text-changes.ts';
import type { Piece, TextLocation } from './segment.ts';

export interface PlacedChanges {
  location: TextLocation;
  /** What was read there. */
  old: string;
  /** In order, without overlaps. */
  changes: readonly Change[];
}

/**
 * @param changes of the pieces, one by one
 * @returns the places that change; what stands in a cumulative one changes with every piece before it
 */
export function* placedChanges(
  pieces: readonly Piece[],
  changes: readonly (readonly Change[])[],
): Generator<PlacedChanges> {
  let soFar = '';
  const changesSoFar: Change[] = [];
  for (const [index, piece] of pieces.entries()) {
    const own = changes[index] ?? [];
    for (const change of moved(own, soFar.length)) changesSoFar.push(change);
    soFar += piece.text;
    for (const location of [piece, ...(piece.copies ?? [])]) {
      if (!location.isCumulative && own.length > 0) yield { location, old: piece.text, changes: own };
      else if (location.isCumulative && changesSoFar.length > 0)
        yield { location, old: soFar, changes: [...changesSoFar] };
    }
  }
}

/** A string that was read in two ways can be changed in both: what either hides is hidden. */
export function onePerPlace<Placed extends PlacedChanges>(placed: readonly Placed[]): Placed[] {
  const byPath = new PathMap<Placed>();
  const merged: Placed[] = [];
  for (const one of placed) {
    const entry = byPath.at(one.location.path, one.location.inner);
    if (entry.value?.old === one.old) {
      entry.value.changes = mergeChanges(entry.value.changes, one.changes);
    } else {
      entry.value = { ...one };
      merged.push(entry.value);
    }
  }
  return merged;
}

function mergeChanges(one: readonly Change[], other: readonly Change[]): Change[] {
  const changes = [...one, ...other].sort((a, b) => a.start - b.start || b.end - a.end);
  const merged: Change[] = [];
  for (const change of changes) {
    const last = merged.at(-1);
    if (last && (change.start < last.end || (change.start === last.start && change.end === last.end)))
      last.end = Math.max(last.end, change.end);
    else merged.push({ ...change });
  }
  return merged;
}
