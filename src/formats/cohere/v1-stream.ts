/**
 * Streamed answers of Cohere's version 1, Chat and Generate, also as Bedrock carries them.
 *
 * | event | text | kind |
 * |---|---|---|
 * | `text-generation` | `text` | text |
 * | `tool-calls-chunk` | `text`: the plan | text |
 * | | `tool_call_delta`: `name`; fragments of `parameters`, by `index` | label; tool_arguments |
 * | `tool-calls-generation` | `text`: a copy of the plan; `tool_calls[]`: `name`, `parameters` | |
 * | `stream-end` | `response`: the answer again, copies (v1-answer.ts); `generations[].text` of Generate | |
 * | any | what an answer has: citations, documents, search queries and results (v1-answer.ts) | |
 *
 * @see https://docs.cohere.com/v1/docs/streaming
 */
import type { Path } from '../../body/json/edit.ts';
import type { StreamEvent } from '../../body/stream/document.ts';
import type { Collector } from '../collector.ts';
import { DeltaTexts } from '../delta-texts.ts';
import { itemsOf } from '../placed.ts';
import { isObject, type JsonObject, wordOf } from '../segment.ts';
import { citationsDerived } from './documents.ts';
import { type AnswerTexts, addCopy, answerTextsOf, readAnswer } from './v1-answer.ts';

const TYPES = new Set<unknown>([
  ...['stream-start', 'text-generation', 'citation-generation', 'search-queries-generation', 'stream-end'],
  ...['search-results', 'tool-calls-chunk', 'tool-calls-generation', 'debug'],
]);

/** @returns false when no event is one of Cohere's */
export function readStream(events: readonly StreamEvent[], out: Collector): boolean {
  if (!events.some(({ value }) => isObject(value) && isOurs(value))) return false;
  const texts = new DeltaTexts();
  for (const [number, { value }] of events.entries()) if (isObject(value)) addEvent(value, [number], texts);
  const answerTexts = answerTextsOf(texts.read(out));
  for (const [number, { value }] of events.entries()) {
    if (isObject(value)) readRest(value, [number], answerTexts, out);
    else out.leaves('tool', 'text', value, [number]);
  }
  return true;
}

function isOurs({ event_type, is_finished }: JsonObject): boolean {
  return TYPES.has(event_type) || typeof is_finished === 'boolean';
}

function addEvent(event: JsonObject, path: Path, texts: DeltaTexts): void {
  const { event_type: type, index, text, tool_call_delta: call, response } = event;
  if (type !== 'tool-calls-generation' && type !== 'stream-end') {
    const key = type === 'tool-calls-chunk' ? 'plan' : `text ${wordOf(index ?? 0)}`;
    texts.add(key, 'assistant', 'text', text, [...path, 'text']);
  }
  if (isObject(call)) addCall(call, [...path, 'tool_call_delta'], texts);
  else texts.add('calls', 'assistant', 'tool_arguments', call, [...path, 'tool_call_delta']);
  texts.derive(citationsDerived(event.citations, [...path, 'citations']));
  if (!isObject(response)) return;
  texts.derive(citationsDerived(response.citations, [...path, 'response', 'citations']));
}

function addCall(call: JsonObject, path: Path, texts: DeltaTexts): void {
  const key = `call ${wordOf(call.index ?? 0)}`;
  texts.add(key, 'assistant', 'tool_arguments', call.parameters, [...path, 'parameters']);
  texts.add('plan', 'assistant', 'text', call.text, [...path, 'text']);
  texts.note((out) => out.identifier('assistant', call.name, [...path, 'name']));
  texts.note((out) => out.otherKeys('assistant', 'tool_arguments', call, CALL_KEYS, path));
}

const CALL_KEYS = new Set(['name', 'index', 'parameters', 'text', 'id']);

/** What an event says whole. */
function readRest(event: JsonObject, path: Path, answerTexts: AnswerTexts, out: Collector): void {
  const { response } = event;
  const isWhole = event.event_type === 'tool-calls-generation' || event.event_type === 'stream-end';
  // A delta that happens to be the whole text is no copy of itself.
  const { text: _, ...rest } = event;
  readAnswer(isWhole ? event : rest, path, answerTexts, out);
  const at = [...path, 'response'];
  if (!isObject(response)) out.leaves('tool', 'text', response, at);
  else {
    const { generations, response: within, ...answer } = response;
    readAnswer(answer, at, answerTexts, out);
    out.leaves('assistant', 'text', within, [...at, 'response']);
    readGenerations(generations, [...at, 'generations'], answerTexts, out);
  }
}

function readGenerations(generations: unknown, path: Path, answerTexts: AnswerTexts, out: Collector): void {
  for (const { value, path: at } of itemsOf(generations, path)) {
    const isCopy = isObject(value) && addCopy(value.text, [...at, 'text'], answerTexts, out);
    out.otherKeys('assistant', 'text', value, isCopy ? COPY_KEYS : GENERATION_KEYS, at);
  }
}

const GENERATION_KEYS = new Set(['id', 'index', 'finish_reason', 'token_likelihoods']);
const COPY_KEYS = new Set([...GENERATION_KEYS, 'text']);
