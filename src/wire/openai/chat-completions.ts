/**
 * OpenAI chat completions, and every server that speaks them.
 *
 * | side | text | role |
 * |---|---|---|
 * | request | `messages[].content`: string or parts `text`, `refusal` | the message's; developer → system, function → tool |
 * | | `messages[].refusal`, `reasoning_content`, `reasoning`, `tool_calls[]`, `function_call` | assistant |
 * | | `prediction.content` | assistant |
 * | | `tools[]`, `functions[]` | tool definitions |
 * | answer | `choices[].message`: as a message of a request, and `audio.transcript` | assistant |
 *
 * @see https://platform.openai.com/docs/api-reference/chat
 */
import type { Path } from '../../body/json/edit.ts';
import type { Collector } from '../collector.ts';
import type { WireFormat } from '../format.ts';
import { isObject, type JsonObject, type Role } from '../segment.ts';

export const chatCompletions: WireFormat = {
  name: 'openai.chat-completions',

  requestKeys: new Set([
    ...['messages', 'prediction', 'tools', 'functions', 'response_format'],
    // Names, ids, numbers and settings.
    ...[
      'model',
      'user',
      'stop',
      'tool_choice',
      'function_call',
      'reasoning_effort',
      'service_tier',
      'verbosity',
    ],
    ...['safety_identifier', 'prompt_cache_key', 'prompt_cache_retention', 'metadata', 'modalities', 'audio'],
    ...['stream_options', 'logit_bias', 'web_search_options'],
  ]),

  readRequest(body, out) {
    if (!Array.isArray(body.messages)) return false;
    out.model(body.model);
    body.messages.forEach((message, index) => {
      readMessage(message, ['messages', index], out);
    });
    if (isObject(body.prediction)) {
      readContent('assistant', body.prediction.content, ['prediction', 'content'], out);
    }
    readTools(body, out);
    out.descriptions(body.response_format, ['response_format']);
    return true;
  },

  readResponse(body, out) {
    if (!isObject(body) || !Array.isArray(body.choices)) return false;
    const { choices } = body;
    if (choices.some((choice) => isObject(choice) && 'text' in choice && !('message' in choice)))
      return false;
    out.model(body.model);
    for (const [index, choice] of choices.entries()) readChoice(choice, ['choices', index], out);
    return true;
  },
};

/** Log probabilities spell the tokens out: they go when the text is changed. */
function readChoice(choice: unknown, place: Path, out: Collector): void {
  if (!isObject(choice)) {
    out.leaves('assistant', 'text', choice, place);
    return;
  }
  const logprobs = choice.logprobs ? [{ path: [...place, 'logprobs'], json: 'null' }] : [];
  out.deriving(logprobs, () => readMessage(choice.message, [...place, 'message'], out, 'assistant'));
}

const ROLES: Record<string, Role> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  assistant: 'assistant',
  tool: 'tool',
  function: 'tool',
};

/** An unknown role is read as a user's: AIDR does the same, and dropping it would hide its text. */
function roleOf(message: JsonObject): Role {
  const role = typeof message.role === 'string' ? message.role : '';
  return Object.hasOwn(ROLES, role) ? (ROLES[role] ?? 'user') : 'user';
}

/** Reading order inside a message: reasoning, content, refusal, tool calls. */
function readMessage(message: unknown, place: Path, out: Collector, role?: Role): void {
  if (!isObject(message)) {
    out.leaves(role ?? 'user', 'text', message, place);
    return;
  }
  const speaker = role ?? roleOf(message);
  out.text('assistant', 'reasoning', message.reasoning_content, [...place, 'reasoning_content']);
  out.text('assistant', 'reasoning', message.reasoning, [...place, 'reasoning']);
  readContent(speaker, message.content, [...place, 'content'], out);
  out.text('assistant', 'refusal', message.refusal, [...place, 'refusal']);
  readCalls(message, place, out);
  if (isObject(message.audio)) readAudio(message.audio, [...place, 'audio'], out);
  for (const [key, value] of Object.entries(message)) {
    if (!MESSAGE_KEYS.has(key)) out.leaves(speaker, 'text', value, [...place, key]);
  }
}

/** Keys read above, and those whose strings are names and ids. */
const MESSAGE_KEYS = new Set([
  'role',
  'name',
  'content',
  'refusal',
  'reasoning',
  'reasoning_content',
  'tool_calls',
  'function_call',
  'tool_call_id',
  'audio',
  'annotations',
]);

function readContent(role: Role, content: unknown, place: Path, out: Collector): void {
  const kind = role === 'tool' ? 'tool_result' : 'text';
  if (!Array.isArray(content)) {
    out.text(role, kind, content, place);
    return;
  }
  content.forEach((part, index) => {
    const at = [...place, index];
    if (!isObject(part)) out.leaves(role, kind, part, at);
    else if (part.type === 'text' && 'text' in part) out.text(role, kind, part.text, [...at, 'text']);
    else if (part.type === 'refusal') out.text('assistant', 'refusal', part.refusal, [...at, 'refusal']);
    else if (OPAQUE_PARTS.has(String(part.type))) out.opaque();
    else out.leaves(role, kind, withoutType(part), at);
  });
}

const OPAQUE_PARTS = new Set(['image_url', 'input_audio', 'file']);

function withoutType(part: JsonObject): JsonObject {
  const { type: _, ...rest } = part;
  return rest;
}

function readCalls(message: JsonObject, place: Path, out: Collector): void {
  const calls = Array.isArray(message.tool_calls) ? message.tool_calls : [];
  calls.forEach((call, index) => {
    const at = [...place, 'tool_calls', index];
    if (!isObject(call)) out.leaves('assistant', 'tool_arguments', call, at);
    if (isObject(call) && isObject(call.function)) {
      out.jsonString('assistant', 'tool_arguments', call.function.arguments, [
        ...at,
        'function',
        'arguments',
      ]);
    }
    if (isObject(call) && isObject(call.custom)) {
      out.text('assistant', 'tool_arguments', call.custom.input, [...at, 'custom', 'input']);
    }
  });
  if (isObject(message.function_call)) {
    const at = [...place, 'function_call', 'arguments'];
    out.jsonString('assistant', 'tool_arguments', message.function_call.arguments, at);
  }
}

/** An answer's audio comes with its transcript; an earlier turn's is an id that stands for it. */
function readAudio(audio: JsonObject, place: Path, out: Collector): void {
  out.opaque();
  out.text('assistant', 'text', audio.transcript, [...place, 'transcript']);
}

function readTools(body: JsonObject, out: Collector): void {
  const tools = Array.isArray(body.tools) ? body.tools : [];
  tools.forEach((tool, index) => {
    const at = ['tools', index];
    if (!isObject(tool)) return;
    if (isObject(tool.function)) readFunction(tool.function, [...at, 'function'], out);
    else if (isObject(tool.custom)) readFunction(tool.custom, [...at, 'custom'], out);
    else out.leaves('system', 'text', withoutType(tool), at);
  });
  const functions = Array.isArray(body.functions) ? body.functions : [];
  functions.forEach((definition, index) => {
    if (isObject(definition)) readFunction(definition, ['functions', index], out);
  });
}

function readFunction(definition: JsonObject, place: Path, out: Collector): void {
  const parametersKey = 'parameters' in definition ? 'parameters' : 'format';
  const parameters = definition[parametersKey];
  out.tool({
    name: typeof definition.name === 'string' ? definition.name : '',
    ...(typeof definition.description === 'string' ? { description: definition.description } : {}),
    ...(parameters === undefined ? {} : { parameters }),
    places: { description: [...place, 'description'], parameters: [...place, parametersKey] },
  });
}
