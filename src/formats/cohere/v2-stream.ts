/**
 * Streamed answers of Cohere Chat, version 2.
 *
 * | event | text, all of it in `delta.message` | kind |
 * |---|---|---|
 * | `content-start`, `content-delta` | `content`: `text` or `thinking`, by `index` | text; reasoning |
 * | `tool-plan-delta` | `tool_plan` | reasoning |
 * | `tool-call-start`, `tool-call-delta` | `tool_calls.function`: `name`; fragments of `arguments`, by `index` | label; tool_arguments |
 * | `citation-start` | `citations` (documents.ts): they go when the answer is changed | citation |
 * | `message-end` | `delta.error` | text of the tool |
 * | any | `logprobs` spell the text: they go when it is changed | |
 *
 * @see https://docs.cohere.com/docs/streaming
 */
import type { Path } from '../../body/json/edit.ts';
import type { StreamEvent } from '../../body/stream/document.ts';
import type { Collector } from '../collector.ts';
import { DeltaTexts } from '../delta-texts.ts';
import { itemsOf, valuesOf } from '../placed.ts';
import { isObject, type JsonObject, wordOf } from '../segment.ts';
import { claimSpelled } from '../spelled-out.ts';
import { readCitations } from './documents.ts';

const TYPES = new Set<unknown>([
  ...['message-start', 'content-start', 'content-delta', 'content-end', 'tool-plan-delta'],
  ...['tool-call-start', 'tool-call-delta', 'tool-call-end', 'citation-start', 'citation-end', 'message-end'],
]);

/** @returns false when no event is one of Cohere's */
export function readStream(events: readonly StreamEvent[], out: Collector): boolean {
  if (!events.some(isOurs)) return false;
  const texts = new DeltaTexts();
  let messages = 0;
  for (const [number, { value }] of events.entries()) {
    if (isObject(value)) {
      if (value.type === 'message-start') messages++;
      addEvent(value, [number], messages, texts);
    }
    texts.note((to) => to.otherKeys('tool', 'text', value, EVENT_KEYS, [number]));
  }
  texts.read(out);
  return true;
}

const EVENT_KEYS = new Set(['type', 'id', 'index', 'delta', 'logprobs']);

function isOurs({ name, value }: StreamEvent): boolean {
  if (!isObject(value)) return false;
  const { type, delta } = value;
  return (
    TYPES.has(type) || TYPES.has(name) || (type === undefined && isObject(delta) && isObject(delta.message))
  );
}

/** @param message which one this is: the indices of spliced messages start again */
function addEvent(event: JsonObject, path: Path, message: number, texts: DeltaTexts): void {
  const { delta, index, logprobs } = event;
  const at = [...path, 'delta'];
  if (logprobs) {
    texts.derive([{ path: [...path, 'logprobs'], json: 'null' }]);
    const tokens = valuesOf(itemsOf(logprobs, [...path, 'logprobs']), 'text');
    texts.note((out) => claimSpelled(tokens, saidIn(delta), out));
  }
  texts.note((out) => out.otherKeys('tool', 'text', delta, DELTA_KEYS, at));
  if (!isObject(delta)) return;
  const said = delta.message;
  const key = `${message} ${typeof index === 'number' ? index : ''}`;
  if (isObject(said)) addMessage(said, [...at, 'message'], key, texts);
  else texts.add(`message ${message}`, 'assistant', 'text', said, [...at, 'message']);
}

/** What an event adds to the answer. */
function saidIn(delta: unknown): string {
  const message = isObject(delta) ? delta.message : undefined;
  const content = isObject(message) ? message.content : undefined;
  return isObject(content) ? wordOf(content.text ?? content.thinking) : '';
}

const DELTA_KEYS = new Set(['message', 'finish_reason', 'usage']);

function addMessage(message: JsonObject, path: Path, key: string, texts: DeltaTexts): void {
  texts.add(`plan ${key}`, 'assistant', 'reasoning', message.tool_plan, [...path, 'tool_plan']);
  for (const { value, path: at } of itemsOf(message.content, [...path, 'content'])) {
    if (isObject(value)) {
      texts.add(`thinking ${key}`, 'assistant', 'reasoning', value.thinking, [...at, 'thinking']);
      texts.add(`text ${key}`, 'assistant', 'text', value.text, [...at, 'text']);
      texts.note((out) => out.otherKeys('assistant', 'text', value, CONTENT_KEYS, at));
    } else texts.add(`text ${key}`, 'assistant', 'text', value, at);
  }
  for (const { value, path: at } of itemsOf(message.tool_calls, [...path, 'tool_calls'])) {
    addCall(value, at, key, texts);
  }
  addCitations(message.citations, [...path, 'citations'], texts);
  texts.note((out) => out.otherKeys('assistant', 'text', message, MESSAGE_KEYS, path));
}

const MESSAGE_KEYS = new Set(['role', 'tool_plan', 'content', 'tool_calls', 'citations', 'tool_call_id']);
const CONTENT_KEYS = new Set(['type', 'text', 'thinking']);

function addCall(call: unknown, path: Path, key: string, texts: DeltaTexts): void {
  texts.note((out) => out.otherKeys('assistant', 'tool_arguments', call, CALL_KEYS, path));
  if (!isObject(call)) return;
  const at = [...path, 'function'];
  const { function: called } = call;
  texts.note((out) => out.otherKeys('assistant', 'tool_arguments', called, FUNCTION_KEYS, at));
  if (!isObject(called)) return;
  texts.note((out) => out.identifier('assistant', called.name, [...at, 'name']));
  if (typeof called.name === 'string') texts.nameCall(`call ${key}`, called.name);
  texts.add(`call ${key}`, 'assistant', 'tool_arguments', called.arguments, [...at, 'arguments']);
}

const CALL_KEYS = new Set(['id', 'type', 'function']);
const FUNCTION_KEYS = new Set(['name', 'arguments']);

/** In a delta there is one citation where a message has a list. */
function addCitations(citations: unknown, path: Path, texts: DeltaTexts): void {
  const isList = Array.isArray(citations);
  if (isList ? citations.length > 0 : isObject(citations)) {
    texts.derive([{ path: path, json: isList ? '[]' : '{}' }]);
  }
  texts.note((out) => readCitations(citations, path, out));
}
