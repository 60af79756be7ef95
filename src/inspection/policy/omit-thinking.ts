/** With `on_signed_thinking: omit`: signed thinking that holds something to redact is left out. */
import type { JsonDocument } from '../../body/json/document.ts';
import type { Edit, Path } from '../../body/json/edit.ts';
import type { AnyConfig } from '../../config/mcp-schema.ts';
import type { Direction } from '../../config/schema.ts';
import type { Segment } from '../../formats/segment.ts';
import { omittableThinking } from '../../formats/signed-thinking.ts';

export interface OmittedThinking {
  edits: Edit[];
  /** Texts that go with it. */
  segments: ReadonlySet<Segment>;
}

const NOTHING: OmittedThinking = { edits: [], segments: new Set() };

/**
 * A stream stays as it is: its events are numbered, and what it thinks comes before anybody knows how it ends.
 *
 * @param changed the texts that something is to be redacted in
 */
export function omitThinking(
  direction: Direction,
  config: AnyConfig,
  document: JsonDocument,
  changed: Iterable<Segment>,
): OmittedThinking {
  const isOmitted = 'on_signed_thinking' in config && config.on_signed_thinking === 'omit';
  if (!isOmitted || 'events' in document) return NOTHING;
  const places = new Map<string, Path>();
  const segments = new Set<Segment>();
  for (const segment of changed) {
    const [piece, ...others] = segment.pieces;
    if (segment.immutableBecause !== 'signature' || !piece) continue;
    segments.add(segment);
    if (isBelow(piece.path, places)) continue;
    const paths = others.length === 0 ? omittableThinking(document.value, piece.path, direction) : undefined;
    // Then the redaction cannot be made at all.
    if (!paths) return NOTHING;
    for (const path of paths) places.set(JSON.stringify(path), path);
  }
  return { edits: [...places.values()].map((path) => ({ path, removed: true })), segments };
}

function isBelow(path: Path, places: ReadonlyMap<string, Path>): boolean {
  return path.some((_, index) => places.has(JSON.stringify(path.slice(0, index))));
}
