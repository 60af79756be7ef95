/** Which strings of a body an extraction has seen. */
import type { Path } from '../src/body/json/edit.ts';
import type { Extraction } from '../src/formats/segment.ts';

/** @returns whether the string at a path is part of some text, or belongs to a tool's definition */
export function coverage({ segments, tools }: Extraction): (path: Path) => boolean {
  const read = new Set<string>();
  const roots = new Set<string>();
  for (const { pieces, copies } of segments)
    for (const { path } of [...pieces, ...copies]) read.add(JSON.stringify(path));
  for (const { places } of tools) for (const place of Object.values(places)) roots.add(JSON.stringify(place));
  return (path) =>
    read.has(JSON.stringify(path)) ||
    path.some((_, length) => roots.has(JSON.stringify(path.slice(0, length + 1))));
}
