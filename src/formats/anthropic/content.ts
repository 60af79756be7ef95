/**
 * Anthropic's content blocks: the same in prompts and answers, and inside each other.
 *
 * | block | text | kind |
 * |---|---|---|
 * | `text` | `text`; consecutive ones are joined: citations cut one answer into many | the speaker's |
 * | | `citations[]`: `cited_text`, titles, `source`, `url` | citation |
 * | `thinking` | `thinking`, bound by `signature` | reasoning |
 * | `redacted_thinking` | none: `data` is encrypted, and so is every `encrypted_content` | |
 * | `tool_use`, `server_tool_use`, `mcp_tool_use` | every string of `input`; `name`, `server_name`, `toolset_name` | tool_arguments; label |
 * | `…tool_result` | `content`: a string, blocks, or a server tool's own object; every string of it | tool_result |
 * | `document` | `title`, `context`, and `source`: text, base64 of text, a `data:` URL, nested blocks | document… |
 * | `image` | `source`, as a document's | document |
 * | `search_result` | `title`, `source`, `content` | document… |
 * | `compaction` | `content`, bound by `signature`; `tool_changes[]` | the speaker's |
 * | `mcp_tool_listing`, `tool_addition` | the prose of the definitions in them | text of the system |
 * | any other | every string, but ids, names and enumerations | the speaker's |
 * | what has no `type` | every string | the speaker's |
 *
 * @see https://docs.claude.com/en/api/messages
 */
import type { Path } from '../../body/json/edit.ts';
import type { Collector } from '../collector.ts';
import { itemsOf } from '../placed.ts';
import {
  isObject,
  type JsonObject,
  type Piece,
  type Role,
  type SegmentKind,
  type ToolCall,
  wordOf,
} from '../segment.ts';
import { readDefinition } from './tools.ts';

/** Whose words a block holds, and what they are. */
export interface TextOrigin {
  role: Role;
  kind: SegmentKind;
}

export const SYSTEM: TextOrigin = { role: 'system', kind: 'text' };
export const ASSISTANT: TextOrigin = { role: 'assistant', kind: 'text' };
const TOOL: TextOrigin = { role: 'tool', kind: 'tool_result' };
const CITATION: TextOrigin = { role: 'tool', kind: 'citation' };

/** A string, a list of blocks, or one block; in a place of unknown shape: whatever strings it holds. */
export function readContent(content: unknown, path: Path, origin: TextOrigin, out: Collector): void {
  if (Array.isArray(content)) readBlocks(content, path, origin, out);
  else if (isObject(content)) readBlock(content, path, origin, out);
  else out.text(origin.role, origin.kind, content, path);
}

interface TextBlock {
  block: JsonObject;
  path: Path;
  text: string;
}

function readBlocks(blocks: unknown[], path: Path, origin: TextOrigin, out: Collector): void {
  let run: TextBlock[] = [];
  const endRun = () => {
    readTexts(run, origin, out);
    run = [];
  };
  blocks.forEach((block, index) => {
    const at = [...path, index];
    const text = asTextBlock(block, at);
    if (text) run.push(text);
    else {
      endRun();
      readContent(block, at, origin, out);
    }
  });
  endRun();
}

function asTextBlock(block: unknown, path: Path): TextBlock | undefined {
  const isText = isObject(block) && (block.type === 'text' || block.type === undefined);
  return isText && typeof block.text === 'string' ? { block, path, text: block.text } : undefined;
}

function readTexts(run: TextBlock[], origin: TextOrigin, out: Collector): void {
  const pieces = run.map(({ path, text }): Piece => ({ path: [...path, 'text'], text }));
  out.parts(origin.role, origin.kind, pieces);
  for (const { block, path } of run) {
    readCitations(block.citations, [...path, 'citations'], out);
    readOthers(block, ['text', 'citations'], path, origin, out);
  }
}

/** Offsets in citations count in the quoted source, which stays what it was when the answer changes. */
export function readCitations(citations: unknown, path: Path, out: Collector): void {
  for (const { value: citation, path: at } of itemsOf(citations, path)) {
    if (isObject(citation)) readOthers(citation, ['file_id'], at, CITATION, out);
    else out.leaves(CITATION.role, CITATION.kind, citation, at);
  }
}

type BlockReader = (block: JsonObject, path: Path, origin: TextOrigin, out: Collector) => void;

const BLOCKS = new Map<unknown, BlockReader>([
  ['thinking', readThinking],
  ['redacted_thinking', readRedactedThinking],
  ['tool_use', readToolUse],
  ['server_tool_use', readToolUse],
  ['mcp_tool_use', readToolUse],
  ['document', readDocument],
  ['image', readImage],
  ['search_result', readSearchResult],
  ['compaction', readCompaction],
  ['mcp_tool_listing', readListing],
  ['tool_definition', readAddedTool],
  ['text_editor_code_execution_view_result', readViewedFile],
  ['fallback', readFallback],
]);

/** The results of web search, code execution and every other server tool end so. */
const RESULT = /tool_result$/;

function readBlock(block: JsonObject, path: Path, origin: TextOrigin, out: Collector): void {
  const text = asTextBlock(block, path);
  const reader = BLOCKS.get(block.type);
  if (text) readTexts([text], origin, out);
  else if (reader) reader(block, path, origin, out);
  else if (typeof block.type !== 'string') out.leaves(origin.role, origin.kind, block, path);
  else readOthers(block, [], path, RESULT.test(block.type) ? TOOL : origin, out);
}

/** Keys whose strings are ids, names, enumerations, times, or nothing that can be read. */
const NOT_TEXT = new Set([
  ...['type', 'id', 'name', 'model', 'tool_use_id', 'tool_id', 'tool_name', 'toolset_name'],
  ...['server_name', 'mcp_server_name', 'tab_id', 'download_id', 'caller', 'cache_control'],
  ...['media_type', 'file_type', 'category', 'error_code', 'stop_reason', 'page_age', 'retrieved_at'],
  ...['signature', 'encrypted_index', 'recommended_model', 'fallback_credit_token'],
]);

/** What the model reads and nobody else can. */
const ENCRYPTED = new Set(['encrypted_content', 'encrypted_stdout']);

/** The rest of a block, or all of one that nothing else is known of: what is nested in it may be blocks again. */
export function readOthers(
  object: JsonObject,
  known: readonly string[],
  path: Path,
  origin: TextOrigin,
  out: Collector,
): void {
  for (const [key, value] of Object.entries(object)) {
    if (known.includes(key) || NOT_TEXT.has(key)) continue;
    // Which file it is stays a text, unless it is an id: an id is never as long as media are.
    if (key === 'file_id') {
      if (isPresent(value)) out.reference([...path, key]);
    } else if (ENCRYPTED.has(key)) {
      if (isPresent(value)) out.opaque('encrypted', value, [...path, key]);
    } else readContent(value, [...path, key], origin, out);
  }
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

/** In a turn that is not the model's, thoughts and calls are whoever's turn it is. */
function readThinking(block: JsonObject, path: Path, { role }: TextOrigin, out: Collector): void {
  readSigned(role, 'reasoning', block, 'thinking', path, out);
  readOthers(block, ['thinking'], path, { role, kind: 'reasoning' }, out);
}

function readRedactedThinking(block: JsonObject, path: Path, origin: TextOrigin, out: Collector): void {
  if (isPresent(block.data)) out.opaque('encrypted', block.data, [...path, 'data']);
  readOthers(block, ['data'], path, origin, out);
}

/** Whoever is sent a changed text with the old signature refuses it. */
function readSigned(
  role: Role,
  kind: SegmentKind,
  block: JsonObject,
  key: string,
  path: Path,
  out: Collector,
): void {
  const segment = out.text(role, kind, block[key], [...path, key]);
  if (segment && block.signature) segment.immutableBecause = 'signature';
}

function readToolUse(block: JsonObject, path: Path, { role }: TextOrigin, out: Collector): void {
  out.call(() => {
    for (const key of CALL_NAMES) out.identifier(role, block[key], [...path, key]);
    out.text(role, 'tool_arguments', block.input, [...path, 'input']);
    readOthers(block, ['input'], path, { role, kind: 'tool_arguments' }, out);
  });
}

const CALL_NAMES = ['server_name', 'toolset_name', 'name'];

/** Of a block whose arguments follow in pieces. */
export function callOf(block: JsonObject): ToolCall {
  return { names: CALL_NAMES.map((key) => block[key]).filter((name) => typeof name === 'string') };
}

function readDocument(block: JsonObject, path: Path, { role }: TextOrigin, out: Collector): void {
  out.text(role, 'document_title', block.title, [...path, 'title']);
  out.text(role, 'document_context', block.context, [...path, 'context']);
  readSource(block.source, [...path, 'source'], { role, kind: 'document' }, out);
  readOthers(block, ['title', 'context', 'source'], path, { role, kind: 'document' }, out);
}

function readImage(block: JsonObject, path: Path, { role }: TextOrigin, out: Collector): void {
  readSource(block.source, [...path, 'source'], { role, kind: 'document' }, out);
  readOthers(block, ['source', 'transformations'], path, { role, kind: 'document' }, out);
}

function readSource(source: unknown, path: Path, origin: TextOrigin, out: Collector): void {
  const { role, kind } = origin;
  if (!isObject(source)) out.text(role, kind, source, path);
  else if (source.type === 'base64') {
    out.base64(role, kind, source.data, source.media_type, [...path, 'data']);
    readOthers(source, ['data'], path, origin, out);
  } else if (source.type === 'url') {
    out.url(role, kind, source.url, [...path, 'url']);
    readOthers(source, ['url'], path, origin, out);
  } else readOthers(source, [], path, origin, out);
}

function readSearchResult(block: JsonObject, path: Path, { role }: TextOrigin, out: Collector): void {
  out.text(role, 'document_title', block.title, [...path, 'title']);
  out.text(role, 'document_context', block.source, [...path, 'source']);
  readOthers(block, ['title', 'source'], path, { role, kind: 'document' }, out);
}

function readCompaction(block: JsonObject, path: Path, { role, kind }: TextOrigin, out: Collector): void {
  readSigned(role, kind, block, 'content', path, out);
  readOthers(block, ['content'], path, { role, kind }, out);
}

function readListing(block: JsonObject, path: Path, _voice: TextOrigin, out: Collector): void {
  for (const { value: tool, path: at } of itemsOf(block.tools, [...path, 'tools']))
    readDefinition(tool, at, out);
  readOthers(block, ['tools'], path, SYSTEM, out);
}

function readAddedTool(block: JsonObject, path: Path, _voice: TextOrigin, out: Collector): void {
  readDefinition(block.definition, [...path, 'definition'], out);
  readOthers(block, ['definition'], path, SYSTEM, out);
}

/** Two names of models. */
function readFallback(block: JsonObject, path: Path, origin: TextOrigin, out: Collector): void {
  readOthers(block, ['from', 'to'], path, origin, out);
}

/** A viewed picture or PDF comes as base64. */
function readViewedFile(block: JsonObject, path: Path, origin: TextOrigin, out: Collector): void {
  const isMedia = block.file_type !== 'text' && /^[\w+/-]+=*$/.test(wordOf(block.content));
  if (isMedia) out.base64(origin.role, origin.kind, block.content, block.file_type, [...path, 'content']);
  readOthers(block, isMedia ? ['content'] : [], path, origin, out);
}
