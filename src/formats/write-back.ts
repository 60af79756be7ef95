/** From a segment's new text to edits of the body. */
import type { Edit, Path } from '../body/json/edit.ts';
import type { Unchangeable } from '../body/json/embedded-map.ts';
import { type Change, changesByPiece, changesInPieces, withChanges } from '../body/text-changes.ts';
import { embeddedMap, shownPieces } from './embedded-text.ts';
import { encodeLike } from './file-content.ts';
import { valueAt } from './placed.ts';
import { onePerPlace, type PlacedChanges, placedChanges } from './placed-changes.ts';
import type { DerivedGroup, Segment } from './segment.ts';

/** What one segment becomes. */
export type Rewrite =
  | { segment: Segment; text: string }
  /** What changes in its text, in order, without overlaps. */
  | { segment: Segment; changes: readonly Change[] };

/** A text that cannot be written back without breaking what carries it. */
export interface Unwritable {
  ok: false;
  detail: string;
}

const UNCHANGEABLE: Record<Unchangeable, Unwritable> = {
  key: { ok: false, detail: 'AIDR wants to change a key of JSON that a program reads' },
  structure: { ok: false, detail: 'AIDR wants to change what gives JSON its structure' },
};

/** Somebody else's place: to write there would hit another text. */
const MISPLACED: Unwritable = { ok: false, detail: 'a text no longer stands where it was read' };

export type WrittenBack = { ok: true; edits: Edit[] } | Unwritable;

const BOUND: Record<NonNullable<Segment['immutableBecause']>, string> = {
  signature: 'AIDR wants to change signed text',
  escapes: 'AIDR wants to change text that stands in escapes',
  frame: 'AIDR wants to change text that a stream has outside its JSON',
  label: 'AIDR wants to change the name of something that is called',
  key: 'AIDR wants to change a key of the body',
  id: 'AIDR wants to change an id, a name or a setting of the API',
  hidden: 'AIDR wants to change a value that another value of the same key hides',
};

/**
 * @param value the body's value, in which the segments were found
 * @param isWanted whether what stands at a path is to be written; the rest is left as it is
 */
export function writeBack(
  value: unknown,
  rewrites: readonly Rewrite[],
  isWanted: (path: Path) => boolean = () => true,
): WrittenBack {
  const placed: PlacedChanges[] = [];
  const edits: Edit[] = [];
  const derived = new Set<DerivedGroup>();
  for (const rewrite of rewrites) {
    const { segment } = rewrite;
    if (segment.immutableBecause) return { ok: false, detail: BOUND[segment.immutableBecause] };
    const changes = rawChanges(rewrite);
    if ('detail' in changes) return changes;
    for (const one of placesOf(segment, changes)) if (isWanted(one.location.path)) placed.push(one);
    for (const group of segment.derived) derived.add(group);
  }
  for (const group of derived) for (const one of group) if (isWanted(one.path)) edits.push(one);
  for (const one of onePerPlace(placed)) {
    const edit = editOf(value, one);
    if (!('path' in edit)) return edit;
    edits.push(edit);
  }
  return { ok: true, edits };
}

/** @returns a segment's pieces as they stand in the body then, joined; undefined where the changes cannot be written there */
export function rawTextWith(segment: Segment, changes: readonly Change[]): string | undefined {
  const old = segment.raw ?? segment.text;
  const raw = changes.length === 0 ? [] : rawChanges({ segment, changes });
  return 'detail' in raw ? undefined : withChanges(old, raw);
}

/** @returns what changes in the segment's pieces, joined */
function rawChanges(rewrite: Rewrite): readonly Change[] | Unwritable {
  const { segment } = rewrite;
  const inText =
    'changes' in rewrite
      ? rewrite.changes
      : changesInPieces(shownPieces(segment), rewrite.text, segment.separator ?? '');
  const map = embeddedMap(segment);
  const inRaw = map ? map.rawChanges(inText, isParsed(segment)) : inText;
  return typeof inRaw === 'string' ? UNCHANGEABLE[inRaw] : inRaw;
}

/** A tool's arguments, unless the tool takes free text. */
function isParsed({ kind, raw, text }: Segment): boolean {
  return kind === 'tool_arguments' && /^\s*[{[]/.test(raw ?? text);
}

function* placesOf(segment: Segment, changes: readonly Change[]): Generator<PlacedChanges> {
  const { pieces, copies, separator = '' } = segment;
  const texts = pieces.map((piece) => piece.text);
  yield* placedChanges(pieces, changesByPiece(texts, changes, separator));
  const old = segment.raw ?? segment.text;
  for (const location of copies) yield { location, old, changes };
}

function editOf(value: unknown, { location, old, changes }: PlacedChanges): Edit | Unwritable {
  const { path, base64After, isNumber } = location;
  if (isNumber) return { path, json: JSON.stringify(withChanges(old, changes)) };
  const now = valueAt(value, path);
  if (base64After !== undefined && typeof now === 'string') {
    const text = withChanges(old, changes);
    return { path, text: base64After + encodeLike(now.slice(base64After.length), text) };
  }
  return now === old ? { path, changes } : MISPLACED;
}
