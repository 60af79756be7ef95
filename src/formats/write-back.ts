/** From a segment's new text to edits of the body. */
import { findJsonHazard } from '../body/json/check.ts';
import { type Edit, editJson, type Path } from '../body/json/edit.ts';
import { PathMap } from '../body/json/path-map.ts';
import { spreadOver } from '../body/text-changes.ts';
import { encodeLike } from './file-content.ts';
import { onePerPlace, type PlacedText, placedPieces } from './placed-text.ts';
import type { DerivedGroup, Segment, SegmentKind } from './segment.ts';

/** What one segment becomes. */
export interface Rewrite {
  segment: Segment;
  text: string;
  /** What its pieces become; without it, the text is compared with the old one and spread over them. */
  spread?: readonly string[];
}

/** A text that cannot be written back without breaking what carries it. */
export interface Unwritable {
  ok: false;
  detail: string;
}

const NO_LONGER_JSON: Unwritable = { ok: false, detail: 'changed tool arguments are no longer JSON' };

export type WrittenBack = { ok: true; edits: Edit[] } | Unwritable;

const BOUND: Record<NonNullable<Segment['bound']>, string> = {
  signature: 'AIDR wants to change signed text',
  escapes: 'AIDR wants to change text that stands in escapes',
  frame: 'AIDR wants to change text that a stream has beside its JSON',
  label: 'AIDR wants to change the name of something that is called',
  key: 'AIDR wants to change a key of the body',
  number: 'AIDR wants to change a number of the body',
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
  const texts: TextOfKind[] = [];
  const edits: Edit[] = [];
  const derived = new Set<DerivedGroup>();
  for (const { segment, text, spread: given } of rewrites) {
    if (segment.bound) return { ok: false, detail: BOUND[segment.bound] };
    // No fragment is JSON, but what they make together has to stay so.
    const isFragmented = segment.kind === 'tool_arguments' && segment.pieces.length > 1;
    if (isFragmented && endsBeingJson(segment.text, text)) return NO_LONGER_JSON;
    const spread =
      given ??
      spreadOver(
        segment.pieces.map((piece) => piece.text),
        text,
        segment.divider,
      );
    const { kind } = segment;
    for (const placed of placedPieces(segment.pieces, spread))
      if (isWanted(placed.place.path)) texts.push({ ...placed, kind });
    for (const place of segment.copies)
      if (isWanted(place.path)) texts.push({ place, old: segment.text, text, kind });
    for (const group of segment.derived) derived.add(group);
  }
  for (const group of derived) for (const one of group) if (isWanted(one.path)) edits.push(one);
  const inner: TextOfKind[] = [];
  for (const text of onePerPlace(texts)) {
    if (text.place.inner) inner.push(text);
    else {
      const edit = editOf(value, text);
      if (!('path' in edit)) return edit;
      edits.push(edit);
    }
  }
  for (const group of groupByPath(inner)) edits.push(innerEdit(value, group));
  return { ok: true, edits };
}

interface TextOfKind extends PlacedText {
  kind: SegmentKind;
}

/** Several texts can stand inside one string. */
function groupByPath(texts: readonly TextOfKind[]): TextOfKind[][] {
  const byPath = new PathMap<TextOfKind[]>();
  const groups: TextOfKind[][] = [];
  for (const text of texts) {
    const entry = byPath.at(text.place.path);
    if (entry.value) entry.value.push(text);
    else {
      entry.value = [text];
      groups.push(entry.value);
    }
  }
  return groups;
}

function innerEdit(value: unknown, group: TextOfKind[]): Edit {
  const path = group[0]?.place.path ?? [];
  const edits = group.map(({ place, text }) => ({ path: place.inner ?? [], text }));
  return { path, text: editJson(stringAt(value, path), edits) };
}

function editOf(value: unknown, { place, text, kind }: TextOfKind): Edit | Unwritable {
  const { path, base64After } = place;
  if (base64After !== undefined) {
    const old = stringAt(value, path).slice(base64After.length);
    return { path, text: base64After + encodeLike(old, text) };
  }
  const isBroken = kind === 'tool_arguments' && endsBeingJson(stringAt(value, path), text);
  return isBroken ? NO_LONGER_JSON : { path, text };
}

function stringAt(value: unknown, path: Path): string {
  let at = value;
  for (const step of path) at = (at as Record<string | number, unknown>)[step];
  return typeof at === 'string' ? at : '';
}

/** Whether a text was JSON and its successor is not, or may not be: what takes seconds to parse is not parsed. */
function endsBeingJson(old: string, changed: string): boolean {
  return isJson(old, true) && !isJson(changed, false);
}

/**
 * Objects and lists only: tools that take free text have arguments that are not JSON.
 *
 * @param ifTooComplex what to say of one that begins so and has too many values to be parsed
 */
function isJson(text: string, ifTooComplex: boolean): boolean {
  if (!/^\s*[{[]/.test(text)) return false;
  if (findJsonHazard(text) === 'too_complex') return ifTooComplex;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
