/**
 * What Cohere's APIs share: documents, and citations of them.
 *
 * | where | text | kind |
 * |---|---|---|
 * | a document: a string, `{id, data}`, or an object of free keys | every string but the `id` | document |
 * | `citations[]` | `text`, and in `sources[]` every string of `document` and `tool_output` | citation |
 *
 * @see https://docs.cohere.com/docs/rag-citations
 */
import type { Path } from '../../body/json/edit.ts';
import type { Collector } from '../collector.ts';
import { itemsOf } from '../placed.ts';
import { type Derived, isObject, type Role, type SegmentKind } from '../segment.ts';

/** @param kind `document`, or that of whatever comes in the form of documents, such as the output of a tool */
export function readDocuments(
  role: Role,
  kind: SegmentKind,
  documents: unknown,
  path: Path,
  out: Collector,
): void {
  for (const { value: document, path: at } of itemsOf(documents, path))
    out.otherKeys(role, kind, document, ID, at);
}

const ID = new Set(['id']);

/** Citations repeat parts of the answer and say where they stand in it: they go when it is changed. */
export function citationsDerived(citations: unknown, path: Path): Derived[] {
  return Array.isArray(citations) && citations.length > 0 ? [{ path: path, json: '[]' }] : [];
}

export function readCitations(citations: unknown, path: Path, out: Collector): void {
  for (const { value: citation, path: at } of itemsOf(citations, path)) {
    out.otherKeys('tool', 'citation', citation, CITATION_KEYS, at);
    if (isObject(citation)) readSources(citation.sources, [...at, 'sources'], out);
  }
}

const CITATION_KEYS = new Set(['type', 'sources', 'document_ids']);

function readSources(sources: unknown, path: Path, out: Collector): void {
  for (const { value: source, path: at } of itemsOf(sources, path)) {
    out.otherKeys('tool', 'citation', source, SOURCE_KEYS, at);
    if (isObject(source)) readDocuments('tool', 'citation', source.document, [...at, 'document'], out);
  }
}

const SOURCE_KEYS = new Set(['type', 'id', 'document']);
