/**
 * OpenAI's Responses API, and Azure OpenAI's.
 *
 * | side | text | role |
 * |---|---|---|
 * | request | `instructions` | system |
 * | | `prompt.variables`: strings or parts | user |
 * | | `input`: string, or items (response-items.ts) | the item's |
 * | | `tools[]`, descriptions in `text.format` | tool definitions, system |
 * | answer | `output[]`: items; `output_text` repeats them where an SDK wrote the body | the item's |
 * | | echoes of `instructions`, `prompt.variables`, `tools`, `text.format`, `metadata`, `user` | as in a request |
 * | | `error.message`, `content_filters[]` (Azure) | tool, as citations |
 * | stream | responses-stream.ts | |
 *
 * `previous_response_id`, `conversation` and `prompt.id` stand for text that is not in the body. `…/responses/compact`
 * and `…/responses/input_tokens` take the same requests.
 *
 * @see https://platform.openai.com/docs/api-reference/responses
 */
import type { Collector } from '../collector.ts';
import type { BodyFormat } from '../format.ts';
import { isObject, type JsonObject } from '../segment.ts';
import { CALLER_KEYS, readCaller } from './caller.ts';
import {
  citations,
  type Field,
  type Fields,
  labels,
  readFields,
  schemaProse,
  type TextOrigin,
} from './fields.ts';
import { moderation } from './moderation.ts';
import { readContent } from './parts.ts';
import { readItems } from './response-items.ts';
import { RESPONSES_SHAPES } from './responses-shapes.ts';
import { readResponsesStream } from './responses-stream.ts';
import { readTools, type ToolUse } from './tools.ts';

export const responses: BodyFormat = {
  name: 'openai.responses',

  shapes: RESPONSES_SHAPES,

  requestKeys: new Set([
    ...['input', 'instructions', 'prompt', 'tools', 'text', ...CALLER_KEYS],
    ...['previous_response_id', 'conversation'],
    // Names, ids, numbers and settings.
    ...['model', 'background', 'context_management', 'include', 'max_output_tokens', 'max_tool_calls'],
    ...['moderation', 'parallel_tool_calls', 'prompt_cache_key', 'prompt_cache_options'],
    ...['prompt_cache_retention', 'reasoning', 'service_tier', 'store', 'stream', 'stream_options'],
    ...['temperature', 'tool_choice', 'top_logprobs', 'top_p', 'truncation'],
  ]),

  readRequest(body, out) {
    const references = REFERENCES.filter((key) => isReference(body[key], key));
    if (!('input' in body) && references.length === 0) return false;
    out.model(body.model);
    for (const key of references) out.reference([key]);
    readSettings(body, out, 'offered');
    readItems(body.input, ['input'], out, 'offered', 'user');
    readTools(body.tools, ['tools'], out, 'offered');
    return true;
  },

  readResponse: readAnswer,

  readStream: (events, out) => readResponsesStream(events, readAnswer, out),
};

function readAnswer(body: unknown, out: Collector): boolean {
  if (!isObject(body)) return false;
  // The answer of …/input_tokens is a number.
  if (!Array.isArray(body.output)) return typeof body.input_tokens === 'number';
  out.model(body.model);
  readItems(body.output, ['output'], out, 'echoed', 'assistant');
  readOutputText(body.output_text, out);
  readSettings(body, out, 'echoed');
  readTools(body.tools, ['tools'], out, 'echoed');
  readFields(body, ANSWER, [], out, { role: 'tool', kind: 'citation' });
  return true;
}

const REFERENCES = ['previous_response_id', 'conversation', 'prompt'];

/** A prompt that is a string belongs to another API. */
function isReference(value: unknown, key: string): boolean {
  return (typeof value === 'string' && key !== 'prompt') || (isObject(value) && 'id' in value);
}

const SYSTEM: TextOrigin = { role: 'system', kind: 'text' };

/** What a request sets and its answer repeats. */
function readSettings(body: JsonObject, out: Collector, tools: ToolUse): void {
  readItems(body.instructions, ['instructions'], out, tools, 'system');
  readPromptTemplate(body.prompt, out);
  readCaller(body, out);
  schemaProse(body.text, ['text'], out, SYSTEM, body);
  for (const key of SETTINGS) out.sentences('system', body[key], [key]);
}

/** Enums and numbers so far; other APIs have instructions to whoever sums a conversation up there. */
const SETTINGS = ['context_management', 'reasoning'];

function readPromptTemplate(prompt: unknown, out: Collector): void {
  if (!isObject(prompt)) {
    out.leaves('user', 'text', prompt, ['prompt']);
    return;
  }
  readFields(prompt, PROMPT, ['prompt'], out, { role: 'user', kind: 'text' });
}

const variables: Field = (value, path, out, origin) => {
  if (!isObject(value)) out.leaves(origin.role, origin.kind, value, path);
  for (const [name, variable] of isObject(value) ? Object.entries(value) : []) {
    readContent(variable, [...path, name], out, origin);
  }
};

const PROMPT: Fields = { variables, ...labels('id', 'version') };

/** The same text again, or several of them joined. */
function readOutputText(outputText: unknown, out: Collector): void {
  const original = out.extraction.segments.find(({ kind, text }) => kind === 'text' && text === outputText);
  if (original) original.copies.push({ path: ['output_text'] });
  else out.text('assistant', 'text', outputText, ['output_text']);
}

const ANSWER: Fields = {
  error: citations,
  content_filters: citations,
  moderation,
  ...labels('output', 'output_text', 'instructions', 'prompt', 'tools', 'text', ...CALLER_KEYS),
  ...labels('id', 'object', 'created_at', 'completed_at', 'model', 'status', 'incomplete_details', 'usage'),
  ...labels('background', 'billing', 'conversation', 'context_management', 'include'),
  ...labels('previous_response_id', 'prompt_cache_key', 'prompt_cache_options', 'prompt_cache_retention'),
  ...labels('reasoning', 'service_tier', 'tool_choice', 'truncation'),
};
