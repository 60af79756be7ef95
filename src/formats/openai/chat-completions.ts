/**
 * OpenAI chat completions, every server that speaks them, and Azure OpenAI.
 *
 * | side | text | role |
 * |---|---|---|
 * | request | `messages[].content`: string or parts (parts.ts) | the message's; developer → system, function → tool |
 * | | `messages[].reasoning_content`, `reasoning`, `reasoning_details`, `refusal`, `tool_calls`, `function_call` | the message's |
 * | | `prediction.content` | assistant |
 * | | `tools[]`, `functions[]`, descriptions in `response_format`, `data_sources[]` (Azure): `role_information` | tool definitions, system |
 * | answer | `choices[].message`: as a message of a request, and `audio.transcript` | assistant |
 * | | `message.annotations`, `message.context` (Azure on your data), `content_filter_results`, search results | tool, as citations |
 * | stream | chat-completions-stream.ts | |
 *
 * `data_sources[]` stand for documents that are not in the body. `choices[].logprobs` and `annotations` repeat the text and point into it: they go when it changes.
 *
 * @see https://platform.openai.com/docs/api-reference/chat
 */
import type { Path } from '../../body/json/edit.ts';
import type { Collector } from '../collector.ts';
import type { BodyFormat } from '../format.ts';
import { itemsOf } from '../placed.ts';
import { isObject, type JsonObject, type Role, wordOf } from '../segment.ts';
import { ANSWER, CHOICE, hasChoices } from './answer-fields.ts';
import { CALLER_KEYS, readCaller } from './caller.ts';
import { readChatStream } from './chat-completions-stream.ts';
import { CHAT_SHAPES } from './chat-shapes.ts';
import { type Fields, labels, readFields, schemaProse, type TextOrigin } from './fields.ts';
import { readMessage } from './message.ts';
import { readContent } from './parts.ts';
import { location, readTools } from './tools.ts';

export const chatCompletions: BodyFormat = {
  name: 'openai.chat-completions',

  shapes: CHAT_SHAPES,

  requestKeys: new Set([
    ...['messages', 'prediction', 'tools', 'functions', 'response_format', 'web_search_options'],
    ...['data_sources', 'dataSources'],
    ...CALLER_KEYS,
    // Names, ids, numbers and settings.
    ...['model', 'audio', 'modalities', 'stop', 'seed', 'n', 'logit_bias', 'logprobs', 'top_logprobs'],
    ...[
      'max_tokens',
      'max_completion_tokens',
      'temperature',
      'top_p',
      'presence_penalty',
      'frequency_penalty',
    ],
    ...['tool_choice', 'parallel_tool_calls', 'function_call', 'reasoning_effort', 'verbosity', 'moderation'],
    ...['store', 'stream', 'stream_options', 'service_tier', 'user_security_context'],
    ...['prompt_cache_key', 'prompt_cache_options', 'prompt_cache_retention'],
  ]),

  readRequest(body, out, isLast = false) {
    const { messages } = body;
    if (!Array.isArray(messages) || (!isLast && messages.some(isForeign))) return false;
    out.model(body.model);
    readCaller(body, out);
    readDataSources(body, out);
    messages.forEach((message, index) => {
      readMessage(message, ['messages', index], out);
    });
    readBesideMessages(body, out);
    return true;
  },

  readResponse(body, out) {
    if (!hasChoices(body)) return false;
    const choices = body.choices ?? [];
    if (choices.some((choice) => isObject(choice) && 'text' in choice && !('message' in choice)))
      return false;
    out.model(body.model);
    for (const [index, choice] of choices.entries()) readChoice(choice, ['choices', index], out);
    readFields(body, ANSWER, [], out, { role: 'tool', kind: 'citation' });
    return true;
  },

  readStream: readChatStream,
};

/** What else a request tells the model. */
export function readBesideMessages(body: JsonObject, out: Collector): void {
  readSetting(body, 'prediction', PREDICTION, out, 'assistant');
  readTools(body.tools, ['tools'], out, 'offered');
  readFunctions(body.functions, out);
  schemaProse(body.response_format, ['response_format'], out, SYSTEM, body);
  for (const key of SETTINGS) out.sentences('system', body[key], [key]);
  readSetting(body, 'web_search_options', WEB_SEARCH, out);
}

const PREDICTION: Fields = { content: readContent, ...labels('type') };

const WEB_SEARCH: Fields = { user_location: location, ...labels('search_context_size') };

/** A voice, a format: or, on some servers, instructions to the speaker. */
const SETTINGS = ['audio', 'modalities', 'reasoning_effort', 'verbosity'];

const SYSTEM: TextOrigin = { role: 'system', kind: 'text' };

function readSetting(
  body: JsonObject,
  key: string,
  fields: Fields,
  out: Collector,
  role: Role = 'system',
): void {
  const value = body[key];
  if (isObject(value)) readFields(value, fields, [key], out, { role, kind: 'text' });
  else out.leaves(role, 'text', value, [key]);
}

/**
 * Behind a gateway a body with `messages` may be Anthropic's, Cohere's or Bedrock's. Without blocks that OpenAI does not
 * have, it reads the same in all of them.
 */
function isForeign(message: unknown): boolean {
  if (!isObject(message) || !Array.isArray(message.content)) return false;
  return message.content.some((part) => {
    if (!isObject(part)) return false;
    if (part.type === undefined) return CONVERSE_BLOCKS.some((key) => isObject(part[key]));
    const isSigned = 'signature' in part || part.type === 'redacted_thinking';
    const isOfTool = /tool_(use|result)$/.test(wordOf(part.type));
    return isSigned || isOfTool || isObject(part.source) || isObject(part.document);
  });
}

const CONVERSE_BLOCKS = [
  ...['toolUse', 'toolResult', 'image', 'document', 'video', 'audio', 'guardContent', 'reasoningContent'],
  ...['citationsContent', 'cachePoint'],
];

/** Where Azure looks things up for the model: its own instructions to the model, addresses and keys. */
function readDataSources(body: JsonObject, out: Collector): void {
  for (const key of ['data_sources', 'dataSources']) {
    for (const { value, path } of itemsOf(body[key], [key])) {
      out.reference(path);
      const parameters = isObject(value) && isObject(value.parameters) ? value.parameters : {};
      for (const name of ['role_information', 'roleInformation']) {
        out.text('system', 'text', parameters[name], [...path, 'parameters', name]);
      }
    }
  }
}

function readFunctions(functions: unknown, out: Collector): void {
  const asTool = (definition: unknown) =>
    isObject(definition) ? { ...definition, type: 'function' } : definition;
  readTools(Array.isArray(functions) ? functions.map(asTool) : functions, ['functions'], out, 'offered');
}

/** Log probabilities spell the tokens out: they go when the text is changed. */
function readChoice(choice: unknown, path: Path, out: Collector): void {
  if (!isObject(choice)) {
    out.leaves('assistant', 'text', choice, path);
    return;
  }
  const repeats = ['logprobs', 'token_ids'].filter((key) => choice[key]);
  out.deriving(
    repeats.map((key) => ({ path: [...path, key], json: 'null' })),
    () => readFields(choice, CHOICE, path, out, { role: 'assistant', kind: 'text' }),
  );
}
