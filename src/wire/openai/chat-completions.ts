/**
 * OpenAI chat completions, every server that speaks them, and Azure OpenAI.
 *
 * | side | text | role |
 * |---|---|---|
 * | request | `messages[].content`: string or parts (parts.ts) | the message's; developer → system, function → tool |
 * | | `messages[].reasoning_content`, `reasoning`, `reasoning_details`, `refusal`, `tool_calls`, `function_call` | assistant |
 * | | `prediction.content` | assistant |
 * | | `tools[]`, `functions[]`, descriptions in `response_format`, `data_sources[]` (Azure): `role_information` | tool definitions, system |
 * | answer | `choices[].message`: as a message of a request, and `audio.transcript` | assistant |
 * | | `message.annotations`, `message.context` (Azure on your data), `content_filter_results`, search results | tool, as citations |
 *
 * `choices[].logprobs` and `annotations` repeat the text and point into it: they go when it changes.
 *
 * @see https://platform.openai.com/docs/api-reference/chat
 */
import type { Path } from '../../body/json/edit.ts';
import type { Collector } from '../collector.ts';
import type { WireFormat } from '../format.ts';
import { itemsOf } from '../placed.ts';
import { isObject, type JsonObject, type Role } from '../segment.ts';
import { CALLER_KEYS, readCaller } from './caller.ts';
import {
  citations,
  type Field,
  type Fields,
  labels,
  media,
  readFields,
  refusal,
  type Speaker,
  schemaProse,
  text,
  toolArguments,
} from './fields.ts';
import { moderation } from './moderation.ts';
import { readAnnotations, readContent, repeatsIn, roleOf } from './parts.ts';
import { location, readTools } from './tools.ts';

export const chatCompletions: WireFormat = {
  name: 'openai.chat-completions',

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

  readRequest(body, out) {
    const { messages } = body;
    if (!Array.isArray(messages) || messages.some(isForeign)) return false;
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
    if (!isObject(body) || !Array.isArray(body.choices)) return false;
    const { choices } = body;
    if (choices.some((choice) => isObject(choice) && 'text' in choice && !('message' in choice)))
      return false;
    out.model(body.model);
    for (const [index, choice] of choices.entries()) readChoice(choice, ['choices', index], out);
    readFields(body, ANSWER, [], out, { role: 'tool', kind: 'citation' });
    return true;
  },
};

/** What else a request tells the model. */
export function readBesideMessages(body: JsonObject, out: Collector): void {
  readSetting(body, 'prediction', { content: readContent, ...labels('type') }, out, 'assistant');
  readTools(body.tools, ['tools'], out, 'offered');
  readFunctions(body.functions, out);
  schemaProse(body.response_format, ['response_format'], out, SYSTEM, body);
  readSetting(body, 'web_search_options', { user_location: location, ...labels('search_context_size') }, out);
}

const SYSTEM: Speaker = { role: 'system', kind: 'text' };

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
    const isOfTool = /tool_(use|result)$/.test(String(part.type));
    return isSigned || isOfTool || isObject(part.source) || isObject(part.document);
  });
}

const CONVERSE_BLOCKS = [
  ...['toolUse', 'toolResult', 'image', 'document', 'video', 'audio', 'guardContent', 'reasoningContent'],
  ...['citationsContent', 'cachePoint'],
];

/** Azure's own instructions to the model; the rest of a source is addresses and keys. */
function readDataSources(body: JsonObject, out: Collector): void {
  for (const key of ['data_sources', 'dataSources']) {
    for (const { value, place } of itemsOf(body[key], [key])) {
      const parameters = isObject(value) && isObject(value.parameters) ? value.parameters : {};
      for (const name of ['role_information', 'roleInformation']) {
        out.text('system', 'text', parameters[name], [...place, 'parameters', name]);
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
function readChoice(choice: unknown, place: Path, out: Collector): void {
  if (!isObject(choice)) {
    out.leaves('assistant', 'text', choice, place);
    return;
  }
  const repeats = ['logprobs', 'token_ids'].filter((key) => choice[key]);
  out.deriving(
    repeats.map((key) => ({ path: [...place, key], json: 'null' })),
    () => readFields(choice, CHOICE, place, out, { role: 'assistant', kind: 'text' }),
  );
}

const CHOICE: Fields = {
  message: (value, place, out) => readMessage(value, place, out, 'assistant'),
  content_filter_results: citations,
  content_filter_result: citations,
  ...labels('index', 'finish_reason', 'native_finish_reason', 'stop_reason', 'logprobs', 'token_ids'),
};

/** Besides the choices: what a search found, what a filter says. */
const ANSWER: Fields = {
  prompt_filter_results: citations,
  moderation,
  error: citations,
  ...labels('choices', 'id', 'object', 'created', 'model', 'usage', 'system_fingerprint', 'service_tier'),
  ...labels('provider', 'prompt_logprobs', 'prompt_token_ids'),
};

export function readMessage(message: unknown, place: Path, out: Collector, role?: Role): void {
  if (!isObject(message)) {
    out.leaves(role ?? 'user', 'text', message, place);
    return;
  }
  const speaker = role ?? roleOf(message.role);
  const kind = speaker === 'tool' ? 'tool_result' : 'text';
  out.deriving(repeatsIn(message, place), () =>
    readFields(message, MESSAGE, place, out, { role: speaker, kind }),
  );
  readAnnotations(message, place, out);
}

function readEach(list: unknown, place: Path, fields: Fields, out: Collector, speaker: Speaker): void {
  for (const item of itemsOf(list, place)) {
    if (isObject(item.value)) readFields(item.value, fields, item.place, out, speaker);
    else out.leaves(speaker.role, speaker.kind, item.value, item.place);
  }
}

const thoughts: Field = (value, place, out) =>
  readContent(value, place, out, { role: 'assistant', kind: 'reasoning' });

/** Reasoning in steps, as OpenRouter and LiteLLM return it; providers check the signatures of what they signed. */
const signedThoughts: Field = (value, place, out) => {
  const speaker: Speaker = { role: 'assistant', kind: 'reasoning' };
  readEach(value, place, THOUGHT, out, speaker);
};

const signedText: Field = (value, place, out, { role, kind }, { signature }) => {
  const segment = out.text(role, kind, value, place);
  if (segment && signature) segment.bound = 'signature';
};

const THOUGHT: Fields = {
  text: signedText,
  summary: signedText,
  thinking: signedText,
  ...labels('signature', 'data', 'type', 'id', 'index', 'format', 'cache_control'),
};

const audio: Field = (value, place, out, speaker) => {
  if (!isObject(value)) {
    out.leaves(speaker.role, speaker.kind, value, place);
    return;
  }
  // An answer's comes with its transcript; an earlier turn's is an id that stands for it.
  out.opaque();
  readFields(value, AUDIO, place, out, speaker);
};

const AUDIO: Fields = { transcript: text, ...labels('id', 'data', 'expires_at') };

const images: Field = (value, place, out, speaker) => {
  for (const image of itemsOf(value, place)) {
    if (isObject(image.value)) readContent(image.value, image.place, out, speaker);
    else media(image.value, image.place, out, speaker, {});
  }
};

/** Names are labels, unless they are prose: OpenAI's have no blanks. */
const participant: Field = (value, place, out, { role, kind }) => {
  if (typeof value === 'string' && /\s/.test(value)) out.text(role, kind, value, place);
};

const calledFunction: Field = (value, place, out, speaker) => {
  if (isObject(value)) readFields(value, FUNCTION_CALL, place, out, speaker);
  else toolArguments(value, place, out, speaker, {});
};

const FUNCTION_CALL: Fields = { arguments: toolArguments, input: toolArguments, ...labels('name') };

const toolCalls: Field = (value, place, out) => {
  readEach(value, place, TOOL_CALL, out, { role: 'assistant', kind: 'tool_arguments' });
};

/** Gemini's signatures stand in `extra_content`. */
const TOOL_CALL: Fields = {
  function: calledFunction,
  custom: calledFunction,
  ...labels('id', 'type', 'index', 'extra_content'),
};

const MESSAGE: Fields = {
  name: participant,
  reasoning_content: thoughts,
  reasoning: thoughts,
  reasoning_details: signedThoughts,
  thinking: thoughts,
  thinking_blocks: signedThoughts,
  content: readContent,
  refusal,
  tool_calls: toolCalls,
  function_call: calledFunction,
  audio,
  images,
  context: citations,
  ...labels('role', 'tool_call_id', 'tool_name', 'annotations'),
};
