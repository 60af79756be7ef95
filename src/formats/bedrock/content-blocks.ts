/**
 * The content blocks of Converse, which Amazon Nova's own API shares. A block is an object with one key.
 *
 * | block | text | kind, role |
 * |---|---|---|
 * | `text` | the string | text |
 * | `guardContent` | `text.text` | text |
 * | `citationsContent` | `content[].text`: a piece of the answer | text |
 * | | `citations[]`: titles, sources, passages, addresses | citation, tool |
 * | `reasoningContent` | `reasoningText.text`, bound by its signature; `redactedContent` is encrypted | reasoning |
 * | `toolUse` | `name`; leaves of `input` | label; tool_arguments |
 * | `toolResult` | `content[]`: `text`, leaves of `json`, documents, search results | tool_result, tool |
 * | `document` | `source.text`, `source.content[].text`, `source.bytes` of a text | document |
 * | | `name`; `context` | document_title; document_context |
 * | `searchResult` | `content[].text`; `title`, `source` | document; document_title |
 * | `image`, `video`, `audio` | `error.message`; the media are opaque | text |
 * | `cachePoint`, `toolAddition`, `toolRemoval` | names only | |
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html
 */
import type { Path } from '../../body/json/edit.ts';
import type { Collector } from '../collector.ts';
import { type Field, fieldsOf, itemsOf, type Placed } from '../placed.ts';
import { isObject, type JsonObject, type Piece, type Role, type SegmentKind } from '../segment.ts';

/** Every block that this file knows. */
export const BLOCK_NAMES: ReadonlySet<string> = new Set([
  ...['text', 'guardContent', 'citationsContent', 'reasoningContent', 'toolUse', 'toolResult'],
  ...['document', 'searchResult', 'image', 'video', 'audio', 'cachePoint', 'toolAddition', 'toolRemoval'],
]);

/** Adjacent texts are one to the reader: citations and streams cut an answer anywhere. */
export function readBlocks(blocks: Placed[], role: Role, out: Collector): void {
  let said: Piece[] = [];
  const endSaid = () => {
    out.parts(role, plainKind(role), said);
    said = [];
  };
  for (const block of blocks) {
    const { value, path } = block;
    const pieces = piecesSaid(block);
    if (pieces.length === 0) endSaid();
    for (const piece of pieces) said.push(piece);
    if (!isObject(value)) out.leaves(role, plainKind(role), value, path);
    else
      for (const field of fieldsOf(value, path)) {
        if (field.name !== 'text' || typeof field.value !== 'string') readBlock(field, role, out);
      }
  }
  endSaid();
}

/** A plain text, or the pieces of the answer in a block with citations. */
function piecesSaid({ value, path }: Placed): Piece[] {
  if (!isObject(value)) return [];
  const texts = isObject(value.citationsContent)
    ? itemsOf(value.citationsContent.content, [...path, 'citationsContent', 'content'])
    : [];
  return [{ value, path }, ...texts].flatMap((item) =>
    hasText(item.value) ? [{ text: item.value.text, path: [...item.path, 'text'] }] : [],
  );
}

function hasText(value: unknown): value is { text: string } {
  return isObject(value) && typeof value.text === 'string';
}

function plainKind(role: Role): SegmentKind {
  return role === 'tool' ? 'tool_result' : 'text';
}

function readBlock({ name, value, path }: Field, role: Role, out: Collector): void {
  const kind = plainKind(role);
  if (NAMES_ONLY.has(name)) return;
  if (!isObject(value)) out.leaves(role, kind, value, path);
  else if (name === 'guardContent') readGuardContent(value, path, role, out);
  else if (name === 'citationsContent') readCitations(value, path, role, out);
  else if (name === 'reasoningContent') readReasoning(value, path, role, out);
  else if (name === 'toolUse') out.call(() => readCall(value, path, role, out));
  else if (name === 'toolResult') readToolResult(value, path, out);
  else if (name === 'document') readDocument(value, path, role, out);
  else if (name === 'searchResult') readSearchResult(value, path, role, out);
  else if (MEDIA.has(name)) readMedia(value, path, role, out);
  else out.leaves(role, kind, value, path);
}

/** `type` is how other APIs label their blocks. */
const NAMES_ONLY = new Set(['cachePoint', 'toolAddition', 'toolRemoval', 'type']);

const MEDIA = new Set(['image', 'video', 'audio']);

function readCall(call: JsonObject, path: Path, role: Role, out: Collector): void {
  out.identifier(role, call.name, [...path, 'name']);
  out.otherKeys(role, 'tool_arguments', call, CALL_LABELS, path);
}

const CALL_LABELS = new Set(['toolUseId', 'name', 'type', 'status']);

function readGuardContent(block: JsonObject, path: Path, role: Role, out: Collector): void {
  const { text, image, ...rest } = block;
  if (isObject(text)) {
    out.text(role, 'text', text.text, [...path, 'text', 'text']);
    out.otherKeys(role, 'text', text, new Set(['text', 'qualifiers']), [...path, 'text']);
  } else {
    out.text(role, 'text', text, [...path, 'text']);
  }
  if (image !== undefined) readSourceOfMedia(image, [...path, 'image'], role, out);
  out.leaves(role, 'text', rest, path);
}

/** Locations count characters of the source, not of the answer: they stay true when the answer is changed. */
function readCitations(block: JsonObject, path: Path, role: Role, out: Collector): void {
  const { citations, content, ...rest } = block;
  for (const item of itemsOf(content, [...path, 'content'])) {
    // Its text is read as a piece of the answer.
    if (hasText(item.value)) out.otherKeys(role, 'text', item.value, new Set(['text']), item.path);
    else out.leaves(role, 'text', item.value, item.path);
  }
  out.leaves('tool', 'citation', citations, [...path, 'citations']);
  out.leaves(role, 'text', rest, path);
}

function readReasoning(block: JsonObject, path: Path, role: Role, out: Collector): void {
  const { reasoningText, redactedContent, ...rest } = block;
  if (redactedContent) out.opaque('encrypted', redactedContent, [...path, 'redactedContent']);
  const at = [...path, 'reasoningText'];
  if (isObject(reasoningText)) {
    const segment = out.text(role, 'reasoning', reasoningText.text, [...at, 'text']);
    if (segment && reasoningText.signature) segment.immutableBecause = 'signature';
    out.otherKeys(role, 'reasoning', reasoningText, new Set(['text', 'signature']), at);
  } else {
    out.leaves(role, 'reasoning', reasoningText, at);
  }
  out.leaves(role, 'reasoning', rest, path);
}

function readToolResult(block: JsonObject, path: Path, out: Collector): void {
  readBlocks(itemsOf(block.content, [...path, 'content']), 'tool', out);
  out.otherKeys('tool', 'tool_result', block, new Set(['content', ...CALL_LABELS]), path);
}

function readSearchResult(block: JsonObject, path: Path, role: Role, out: Collector): void {
  out.text(role, 'document_title', block.title, [...path, 'title']);
  out.text(role, 'document_title', block.source, [...path, 'source']);
  out.otherKeys(role, 'document', block, new Set(['title', 'source', 'citations']), path);
}

function readDocument(block: JsonObject, path: Path, role: Role, out: Collector): void {
  const { name, context, source, format, citations: _, ...rest } = block;
  out.text(role, 'document_title', name, [...path, 'name']);
  out.text(role, 'document_context', context, [...path, 'context']);
  const at = [...path, 'source'];
  if (isObject(source)) readSource(source, at, format, role, out);
  else out.leaves(role, 'document', source, at);
  out.leaves(role, 'document', rest, path);
}

/** The formats whose bytes are text, by their names in Converse. */
const TEXT_FORMATS: Record<string, string> = {
  txt: 'text/plain',
  md: 'text/markdown',
  csv: 'text/csv',
  html: 'text/html',
};

function readSource(source: JsonObject, path: Path, format: unknown, role: Role, out: Collector): void {
  const { bytes, s3Location, ...texts } = source;
  if (typeof bytes === 'string') {
    const type = typeof format === 'string' && Object.hasOwn(TEXT_FORMATS, format);
    out.base64(role, 'document', bytes, type ? TEXT_FORMATS[format] : undefined, [...path, 'bytes']);
  } else {
    out.leaves(role, 'document', bytes, [...path, 'bytes']);
  }
  if (s3Location !== undefined) out.reference([...path, 's3Location']);
  out.leaves(role, 'document', texts, path);
}

function readMedia(block: JsonObject, path: Path, role: Role, out: Collector): void {
  readSourceOfMedia(block, path, role, out);
  out.otherKeys(role, plainKind(role), block, new Set(['format', 'source']), path);
}

function readSourceOfMedia(media: unknown, path: Path, role: Role, out: Collector): void {
  const source = isObject(media) && isObject(media.source) ? media.source : {};
  out.base64(role, 'document', source.bytes, undefined, [...path, 'source', 'bytes']);
}
