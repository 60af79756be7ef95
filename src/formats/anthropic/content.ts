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
import { isObject, type JsonObject, type Piece, type Role, type SegmentKind, wordOf } from '../segment.ts';
import { readDefinition } from './tools.ts';

/** Whose words a block holds, and what they are. */
export interface Voice {
  role: Role;
  kind: SegmentKind;
}

export const SYSTEM: Voice = { role: 'system', kind: 'text' };
export const ASSISTANT: Voice = { role: 'assistant', kind: 'text' };
const TOOL: Voice = { role: 'tool', kind: 'tool_result' };
const CITATION: Voice = { role: 'tool', kind: 'citation' };

/** A string, a list of blocks, or one block; in a place of unknown shape: whatever strings it holds. */
export function readContent(content: unknown, place: Path, voice: Voice, out: Collector): void {
  if (Array.isArray(content)) readBlocks(content, place, voice, out);
  else if (isObject(content)) readBlock(content, place, voice, out);
  else out.text(voice.role, voice.kind, content, place);
}

interface TextBlock {
  block: JsonObject;
  place: Path;
  text: string;
}

function readBlocks(blocks: unknown[], place: Path, voice: Voice, out: Collector): void {
  let run: TextBlock[] = [];
  const endRun = () => {
    readTexts(run, voice, out);
    run = [];
  };
  blocks.forEach((block, index) => {
    const at = [...place, index];
    const text = asTextBlock(block, at);
    if (text) run.push(text);
    else {
      endRun();
      readContent(block, at, voice, out);
    }
  });
  endRun();
}

function asTextBlock(block: unknown, place: Path): TextBlock | undefined {
  const isText = isObject(block) && (block.type === 'text' || block.type === undefined);
  return isText && typeof block.text === 'string' ? { block, place, text: block.text } : undefined;
}

function readTexts(run: TextBlock[], voice: Voice, out: Collector): void {
  const pieces = run.map(({ place, text }): Piece => ({ path: [...place, 'text'], text }));
  out.parts(voice.role, voice.kind, pieces);
  for (const { block, place } of run) {
    readCitations(block.citations, [...place, 'citations'], out);
    readOthers(block, ['text', 'citations'], place, voice, out);
  }
}

/** Offsets in citations count in the quoted source, which stays what it was when the answer changes. */
export function readCitations(citations: unknown, place: Path, out: Collector): void {
  for (const { value: citation, place: at } of itemsOf(citations, place)) {
    if (isObject(citation)) readOthers(citation, ['file_id'], at, CITATION, out);
    else out.leaves(CITATION.role, CITATION.kind, citation, at);
  }
}

type BlockReader = (block: JsonObject, place: Path, voice: Voice, out: Collector) => void;

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

function readBlock(block: JsonObject, place: Path, voice: Voice, out: Collector): void {
  const text = asTextBlock(block, place);
  const reader = BLOCKS.get(block.type);
  if (text) readTexts([text], voice, out);
  else if (reader) reader(block, place, voice, out);
  else if (typeof block.type !== 'string') out.leaves(voice.role, voice.kind, block, place);
  else readOthers(block, [], place, RESULT.test(block.type) ? TOOL : voice, out);
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
  place: Path,
  voice: Voice,
  out: Collector,
): void {
  for (const [key, value] of Object.entries(object)) {
    if (known.includes(key) || NOT_TEXT.has(key)) continue;
    // Which file it is stays a text, unless it is an id: an id is never as long as media are.
    if (key === 'file_id') readOpaque(value, undefined, out);
    else if (ENCRYPTED.has(key)) readOpaque(value, [...place, key], out);
    else readContent(value, [...place, key], voice, out);
  }
}

function readOpaque(value: unknown, place: Path | undefined, out: Collector): void {
  if (value !== undefined && value !== null && value !== '') out.opaque(value, place);
}

/** In a turn that is not the model's, thoughts and calls are whoever's turn it is. */
function readThinking(block: JsonObject, place: Path, { role }: Voice, out: Collector): void {
  readSigned(role, 'reasoning', block, 'thinking', place, out);
  readOthers(block, ['thinking'], place, { role, kind: 'reasoning' }, out);
}

function readRedactedThinking(block: JsonObject, place: Path, voice: Voice, out: Collector): void {
  readOpaque(block.data, [...place, 'data'], out);
  readOthers(block, ['data'], place, voice, out);
}

/** Whoever is sent a changed text with the old signature refuses it. */
function readSigned(
  role: Role,
  kind: SegmentKind,
  block: JsonObject,
  key: string,
  place: Path,
  out: Collector,
): void {
  const segment = out.text(role, kind, block[key], [...place, key]);
  if (segment && block.signature) segment.bound = 'signature';
}

function readToolUse(block: JsonObject, place: Path, { role }: Voice, out: Collector): void {
  out.call(() => {
    for (const key of CALL_NAMES) out.label(role, block[key], [...place, key]);
    out.text(role, 'tool_arguments', block.input, [...place, 'input']);
    readOthers(block, ['input'], place, { role, kind: 'tool_arguments' }, out);
  });
}

const CALL_NAMES = ['server_name', 'toolset_name', 'name'];

function readDocument(block: JsonObject, place: Path, { role }: Voice, out: Collector): void {
  out.text(role, 'document_title', block.title, [...place, 'title']);
  out.text(role, 'document_context', block.context, [...place, 'context']);
  readSource(block.source, [...place, 'source'], { role, kind: 'document' }, out);
  readOthers(block, ['title', 'context', 'source'], place, { role, kind: 'document' }, out);
}

function readImage(block: JsonObject, place: Path, { role }: Voice, out: Collector): void {
  readSource(block.source, [...place, 'source'], { role, kind: 'document' }, out);
  readOthers(block, ['source', 'transformations'], place, { role, kind: 'document' }, out);
}

function readSource(source: unknown, place: Path, voice: Voice, out: Collector): void {
  const { role, kind } = voice;
  if (!isObject(source)) out.text(role, kind, source, place);
  else if (source.type === 'base64') {
    out.base64(role, kind, source.data, source.media_type, [...place, 'data']);
    readOthers(source, ['data'], place, voice, out);
  } else if (source.type === 'url') {
    out.url(role, kind, source.url, [...place, 'url']);
    readOthers(source, ['url'], place, voice, out);
  } else readOthers(source, [], place, voice, out);
}

function readSearchResult(block: JsonObject, place: Path, { role }: Voice, out: Collector): void {
  out.text(role, 'document_title', block.title, [...place, 'title']);
  out.text(role, 'document_context', block.source, [...place, 'source']);
  readOthers(block, ['title', 'source'], place, { role, kind: 'document' }, out);
}

function readCompaction(block: JsonObject, place: Path, { role, kind }: Voice, out: Collector): void {
  readSigned(role, kind, block, 'content', place, out);
  readOthers(block, ['content'], place, { role, kind }, out);
}

function readListing(block: JsonObject, place: Path, _voice: Voice, out: Collector): void {
  for (const { value: tool, place: at } of itemsOf(block.tools, [...place, 'tools']))
    readDefinition(tool, at, out);
  readOthers(block, ['tools'], place, SYSTEM, out);
}

function readAddedTool(block: JsonObject, place: Path, _voice: Voice, out: Collector): void {
  readDefinition(block.definition, [...place, 'definition'], out);
  readOthers(block, ['definition'], place, SYSTEM, out);
}

/** Two names of models. */
function readFallback(block: JsonObject, place: Path, voice: Voice, out: Collector): void {
  readOthers(block, ['from', 'to'], place, voice, out);
}

/** A viewed picture or PDF comes as base64. */
function readViewedFile(block: JsonObject, place: Path, voice: Voice, out: Collector): void {
  const isMedia = block.file_type !== 'text' && /^[\w+/-]+=*$/.test(wordOf(block.content));
  if (isMedia) out.base64(voice.role, voice.kind, block.content, block.file_type, [...place, 'content']);
  readOthers(block, isMedia ? ['content'] : [], place, voice, out);
}
