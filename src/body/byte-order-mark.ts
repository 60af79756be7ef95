/** Bodies that begin with U+FEFF: some readers pass over it, others take it for broken JSON. */
import type { JsonDocument, ParsedJson } from './json/document.ts';
import type { ParsedStream, StreamDocument } from './stream/document.ts';

const MARK = Buffer.from('\ufeff', 'utf8');

type Parsed = ParsedJson | ParsedStream;

/** Parses what stands behind the passed-marker, if there is one; the passed-marker stays in the bytes. */
export function parseBehindMark(bytes: Uint8Array, parse: (bytes: Uint8Array) => Parsed): Parsed {
  if (!MARK.equals(bytes.subarray(0, MARK.length))) return parse(bytes);
  const parsed = parse(bytes.subarray(MARK.length));
  return parsed.ok ? { ok: true, document: marked(parsed.document) } : parsed;
}

function marked<Document extends JsonDocument | StreamDocument>(document: Document): Document {
  return { ...document, apply: (edits) => Buffer.concat([MARK, document.apply(edits)]) };
}
