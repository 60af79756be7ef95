/** From a segment's new text to edits of the body. */
import { type Edit, editJson } from '../body/json/edit.ts';
import { spreadOver } from '../body/text-changes.ts';
import type { Place, Segment, SegmentKind } from './segment.ts';

/** What one segment becomes. */
export interface Rewrite {
  segment: Segment;
  text: string;
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
  escapes: 'AIDR wants to change text that is escaped in a streamed tool call',
};

/** @param value the body's value, in which the segments were found */
export function writeBack(value: unknown, rewrites: readonly Rewrite[]): WrittenBack {
  const texts: PlacedText[] = [];
  const edits: Edit[] = [];
  for (const { segment, text } of rewrites) {
    if (segment.bound) return { ok: false, detail: BOUND[segment.bound] };
    // No fragment is JSON, but what they make together has to stay so.
    const isFragmented = segment.kind === 'tool_arguments' && segment.pieces.length > 1;
    if (isFragmented && isJson(segment.text) && !isJson(text)) return NO_LONGER_JSON;
    const spread = spreadOver(
      segment.pieces.map((piece) => piece.text),
      text,
    );
    segment.pieces.forEach((piece, index) => {
      const next = spread[index] ?? '';
      if (next !== piece.text) texts.push({ place: piece, text: next, kind: segment.kind });
    });
    texts.push(...segment.copies.map((place) => ({ place, text, kind: segment.kind })));
    edits.push(...segment.derived);
  }
  for (const [key, places] of groupByPath(texts)) {
    const edit = editOf(stringAt(value, JSON.parse(key)), places);
    if (!edit.ok) return edit;
    edits.push(...edit.edits);
  }
  return { ok: true, edits };
}

interface PlacedText {
  place: Place;
  text: string;
  kind: SegmentKind;
}

/** Several texts can stand inside one string. */
function groupByPath(texts: PlacedText[]): Map<string, PlacedText[]> {
  const groups = new Map<string, PlacedText[]>();
  for (const text of texts) {
    const key = JSON.stringify(text.place.path);
    groups.set(key, [...(groups.get(key) ?? []), text]);
  }
  return groups;
}

function editOf(old: string, texts: PlacedText[]): WrittenBack {
  const [first] = texts;
  if (!first) return { ok: true, edits: [] };
  const { path, inner, base64After } = first.place;
  if (inner) {
    const innerEdits = texts.map(({ place, text }) => ({ path: place.inner ?? [], text }));
    return { ok: true, edits: [{ path, text: editJson(old, innerEdits) }] };
  }
  if (base64After !== undefined) {
    return {
      ok: true,
      edits: [{ path, text: base64After + Buffer.from(first.text, 'utf8').toString('base64') }],
    };
  }
  if (first.kind === 'tool_arguments' && isJson(old) && !isJson(first.text)) {
    return NO_LONGER_JSON;
  }
  return { ok: true, edits: [{ path, text: first.text }] };
}

function stringAt(value: unknown, path: (string | number)[]): string {
  let at = value;
  for (const step of path) at = (at as Record<string | number, unknown>)[step];
  return typeof at === 'string' ? at : '';
}

/** Objects and lists only: tools that take free text have arguments that are not JSON. */
function isJson(text: string): boolean {
  if (!/^\s*[{[]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
