/** With `on_signed_thinking: omit`: signed thinking that holds something to redact is left out. */
import type { JsonDocument } from '../../body/json/document.ts';
import type { Edit, Path } from '../../body/json/edit.ts';
import type { StreamDocument } from '../../body/stream/document.ts';
import type { AnyConfig } from '../../config/mcp-schema.ts';
import type { Direction } from '../../config/schema.ts';
import type { Segment } from '../../formats/segment.ts';
import { omittableThinking } from '../../formats/signed-thinking.ts';
import { omittableEvents } from '../../formats/streamed-thinking.ts';

export interface OmittedThinking {
  edits: Edit[];
  /** Texts that go with it. */
  segments: ReadonlySet<Segment>;
}

const NOTHING: OmittedThinking = { edits: [], segments: new Set() };

/**
 * @param changed the texts that something is to be redacted in
 */
export function omitThinking(
  direction: Direction,
  config: AnyConfig,
  document: JsonDocument,
  changed: Iterable<Segment>,
): OmittedThinking {
  const isOmitted = 'on_signed_thinking' in config && config.on_signed_thinking === 'omit';
  if (!isOmitted) return NOTHING;
  if (isStream(document)) return omitEvents(document, changed);
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

function isStream(document: JsonDocument): document is StreamDocument {
  return 'events' in document;
}

/** Only where the whole stream is known: live, thoughts leave before anybody knows how the answer ends. */
function omitEvents({ events }: StreamDocument, changed: Iterable<Segment>): OmittedThinking {
  const segments = new Set([...changed].filter((one) => one.immutableBecause === 'signature'));
  const edits = segments.size > 0 ? omittableEvents(events) : undefined;
  if (!edits) return NOTHING;
  const gone = new Set(edits.flatMap((edit) => ('removed' in edit ? [edit.path[0]] : [])));
  const isGone = ({ pieces }: Segment) => pieces.every(({ path: [event] }) => gone.has(event ?? -1));
  return [...segments].every(isGone) ? { edits, segments } : NOTHING;
}

function isBelow(path: Path, places: ReadonlyMap<string, Path>): boolean {
  return path.some((_, index) => places.has(JSON.stringify(path.slice(0, index))));
}
