/** For the tests of body formats: what they find, as lines, and what becomes of a body that is rewritten. */
import { editJson } from '../../src/body/json/edit.ts';
import { Collector } from '../../src/formats/collector.ts';
import type { BodyFormat } from '../../src/formats/format.ts';
import type { Reading } from '../../src/formats/read.ts';
import type { Extraction, JsonObject, Segment } from '../../src/formats/segment.ts';
import { writeBack } from '../../src/formats/write-back.ts';
import { plantEverywhere } from './plant-everywhere.ts';

type Direction = 'request' | 'response';

/** @returns undefined when the format does not recognise the body */
export function extract(format: BodyFormat, direction: Direction, body: JsonObject): Extraction | undefined {
  const out = new Collector();
  const isRecognised =
    direction === 'request' ? format.readRequest(body, out) : format.readResponse(body, out);
  return isRecognised ? out.extraction : undefined;
}

/** `role kind /pointer: text`, one line a segment; the pieces of a joined text are divided by `|`. */
export function linesOf(found: Extraction | undefined): string[] | undefined {
  return found?.segments.map(
    ({ role, kind, text, raw, pieces }) =>
      `${role} ${kind} /${pieces[0]?.path.join('/')}: ${raw === undefined ? pieces.map((piece) => piece.text).join('|') : text}`,
  );
}

/** Rewrites every segment that `change` has a new text for. */
export function rewrite(
  format: BodyFormat,
  direction: Direction,
  body: JsonObject,
  change: (segment: Segment) => string | undefined,
): { body: unknown } | { refused: string } {
  const rewrites = (extract(format, direction, body)?.segments ?? []).flatMap((segment) => {
    const text = change(segment);
    return text === undefined ? [] : [{ segment, text }];
  });
  const written = writeBack(body, rewrites);
  if (!written.ok) return { refused: written.detail };
  return { body: JSON.parse(editJson(JSON.stringify(body), written.edits)) };
}

/** @param values the values of the events, in order */
export function extractStream(
  format: BodyFormat,
  values: readonly unknown[],
  names: readonly string[] = [],
): Extraction | undefined {
  const out = new Collector();
  const events = values.map((value, index) => ({ value, ...(names[index] ? { name: names[index] } : {}) }));
  return format.readStream?.(events, out) ? out.extraction : undefined;
}

/** Rewrites every text of a stream that `change` has a new one for. */
export function rewriteStream(
  format: BodyFormat,
  values: readonly unknown[],
  change: (segment: Segment) => string | undefined,
): { values: unknown } | { refused: string } {
  const rewrites = (extractStream(format, values)?.segments ?? []).flatMap((segment) => {
    const text = change(segment);
    return text === undefined ? [] : [{ segment, text }];
  });
  const written = writeBack(values, rewrites);
  if (!written.ok) return { refused: written.detail };
  return { values: JSON.parse(editJson(JSON.stringify(values), written.edits)) };
}

/** What no reader of a format has claimed and no shape excuses: strings, keys and large numbers. */
export function restOf({ segments }: Extraction): string[] {
  return segments.flatMap(({ isOutsideConversation, immutableBecause, pieces, text }) => {
    if (!isOutsideConversation) return [];
    return immutableBecause === 'key' ? text.split('\n') : pieces.map((piece) => piece.text);
  });
}

/**
 * Plants words in one kind of leaf after the other.
 *
 * @returns where AIDR would not see them
 */
export function placesThatHide(body: unknown, read: (body: unknown) => Reading): string[] {
  return plantEverywhere(body, read).unseen;
}
