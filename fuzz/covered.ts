/** Which strings of a body an extraction has seen. */
import type { Path } from '../src/body/json/edit.ts';
import type { Extraction } from '../src/formats/segment.ts';

/** @returns whether the string at a path is part of some text, is quoted from one, stands as a key too, or belongs to a tool's definition */
export function coverage({ segments, tools }: Extraction): (path: Path, text?: string) => boolean {
  const read = new Set<string>();
  const roots = new Set<string>();
  const keys = new Set<string>();
  for (const { pieces, copies, immutableBecause, text } of segments) {
    const copiesOfPieces = pieces.flatMap((piece) => piece.copies ?? []);
    for (const { path } of [...pieces, ...copies, ...copiesOfPieces]) read.add(JSON.stringify(path));
    for (const key of immutableBecause === 'key' ? text.split('\n') : []) keys.add(key);
  }
  for (const { name, places } of tools)
    for (const place of Object.values(places))
      if (place !== places.name || name !== '') roots.add(JSON.stringify(place));
  return (path, text) =>
    read.has(JSON.stringify(path)) ||
    (text !== undefined && (keys.has(text) || isQuoted(segments, text))) ||
    path.some((_, length) => roots.has(JSON.stringify(path.slice(0, length + 1))));
}

/** Shorter ones stand in other texts by chance. */
const LEAST_QUOTED = 12;

function isQuoted(segments: Extraction['segments'], text: string): boolean {
  return text.length >= LEAST_QUOTED && segments.some((segment) => segment.text.includes(text));
}
