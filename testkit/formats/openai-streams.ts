/** For the tests of streams: what a format finds in the events' values, and what becomes of them. */
import { editJson } from '../../src/body/json/edit.ts';
import { Collector } from '../../src/formats/collector.ts';
import type { BodyFormat } from '../../src/formats/format.ts';
import type { Extraction, Segment } from '../../src/formats/segment.ts';
import { writeBack } from '../../src/formats/write-back.ts';

/** @returns undefined when the format does not recognise the stream */
export function extractStream(format: BodyFormat, values: unknown[]): Extraction | undefined {
  const out = new Collector();
  const events = values.map((value) => ({ value }));
  return format.readStream?.(events, out) ? out.extraction : undefined;
}

/** `role kind text`, one line a segment; pieces are divided by `|`, copies counted. */
export function textsIn(format: BodyFormat, values: unknown[]): string[] | undefined {
  return extractStream(format, values)?.segments.map(({ role, kind, pieces, copies }) => {
    const told = pieces.map(({ text }) => text).join('|');
    return `${role} ${kind} ${told}${copies.length > 0 ? ` ×${copies.length + 1}` : ''}`;
  });
}

/** @returns the events' values after every segment that `change` has a new text for is rewritten */
export function rewriteStream(
  format: BodyFormat,
  values: unknown[],
  change: (segment: Segment) => string | undefined,
): unknown {
  const rewrites = (extractStream(format, values)?.segments ?? []).flatMap((segment) => {
    const text = change(segment);
    return text === undefined ? [] : [{ segment, text }];
  });
  const written = writeBack(values, rewrites);
  if (!written.ok) return written.detail;
  return JSON.parse(editJson(JSON.stringify(values), written.edits));
}
