/**
 * An answer of Cohere Chat, version 1: a whole body, or what the events of a stream have of it.
 *
 * @see https://docs.cohere.com/v1/reference/chat
 */
import type { Path } from '../../body/json/edit.ts';
import { textKey } from '../../body/text-key.ts';
import type { Collector } from '../collector.ts';
import { itemsOf } from '../placed.ts';
import { isObject, type JsonObject, type Role, type Segment } from '../segment.ts';
import { citationsDerived, readCitations, readDocuments } from './documents.ts';

/** What was said, by what it says: the first of several. */
export type AnswerTexts = ReadonlyMap<string, Segment>;

export function answerTextsOf(segments: readonly Segment[]): AnswerTexts {
  const answerTexts = new Map<string, Segment>();
  for (const segment of segments) {
    const key = textKey(segment.text);
    if (!answerTexts.has(key)) answerTexts.set(key, segment);
  }
  return answerTexts;
}

/** @param answerTexts what a stream has said already: the same text again is a copy */
export function readAnswer(body: JsonObject, path: Path, answerTexts: AnswerTexts, out: Collector): void {
  const at = (key: string) => [...path, key];
  let said: Segment | undefined;
  out.deriving(citationsDerived(body.citations, at('citations')), () => {
    const isCopy = addCopy(body.text, at('text'), answerTexts, out);
    said = isCopy ? undefined : out.text('assistant', 'text', body.text, at('text'));
    readCalls(body.tool_calls, at('tool_calls'), 'assistant', out);
  });
  readCitations(body.citations, at('citations'), out);
  readDocuments('tool', 'document', body.documents, at('documents'), out);
  readSearch(body, path, out);
  readEcho(body, path, answerTexts, said, out);
  out.otherKeys('tool', 'text', body, ANSWER_KEYS, path);
}

const ANSWER_KEYS = new Set([
  ...['text', 'tool_calls', 'citations', 'documents', 'search_queries', 'search_results', 'chat_history'],
  ...['prompt', 'response_id', 'generation_id', 'conversation_id', 'finish_reason', 'is_search_required'],
  ...['meta', 'event_type', 'is_finished'],
  // Of a stream's events: read with the stream.
  ...['response', 'tool_call_delta', 'index'],
]);

export function readCalls(calls: unknown, path: Path, role: Role, out: Collector): void {
  for (const { value: call, path: at } of itemsOf(calls, path)) {
    out.call(() => {
      if (isObject(call)) out.identifier(role, call.name, [...at, 'name']);
      out.otherKeys(role, 'tool_arguments', call, CALL_KEYS, at);
    });
  }
}

const CALL_KEYS = new Set(['name', 'id', 'generation_id']);

/** What was searched for, and what went wrong. */
function readSearch(body: JsonObject, path: Path, out: Collector): void {
  readQuery(body.search_queries, [...path, 'search_queries'], out);
  for (const { value: result, path: at } of itemsOf(body.search_results, [...path, 'search_results'])) {
    if (isObject(result)) readQuery(result.search_query, [...at, 'search_query'], out);
    out.otherKeys('tool', 'citation', result, SEARCH_KEYS, at);
  }
}

const SEARCH_KEYS = new Set(['search_query', 'connector', 'document_ids']);

function readQuery(queries: unknown, path: Path, out: Collector): void {
  for (const { value: query, path: at } of itemsOf(queries, path)) {
    out.otherKeys('tool', 'citation', query, QUERY_KEYS, at);
  }
}

const QUERY_KEYS = new Set(['generation_id']);

/** The conversation so far, and the answer as its last turn. */
function readEcho(
  body: JsonObject,
  path: Path,
  answerTexts: AnswerTexts,
  said: Segment | undefined,
  out: Collector,
): void {
  out.text('tool', 'citation', body.prompt, [...path, 'prompt']);
  for (const { value: turn, path: at } of itemsOf(body.chat_history, [...path, 'chat_history'])) {
    const isCopy = isObject(turn) && addCopy(turn.message, [...at, 'message'], answerTexts, out, said);
    out.otherKeys('tool', 'citation', turn, isCopy ? COPY_KEYS : ECHO_KEYS, at);
  }
}

/**
 * @param said one text more
 * @returns whether this is one of the texts again
 */
export function addCopy(
  value: unknown,
  path: Path,
  answerTexts: AnswerTexts,
  out: Collector,
  said?: Segment,
): boolean {
  if (typeof value !== 'string') return false;
  const original = answerTexts.get(textKey(value)) ?? (said?.text === value ? said : undefined);
  if (!original) return false;
  original.copies.push({ path: path });
  out.claim(path);
  return true;
}

const ECHO_KEYS = new Set(['role', 'user_name', 'generation_id']);
const COPY_KEYS = new Set([...ECHO_KEYS, 'message']);
