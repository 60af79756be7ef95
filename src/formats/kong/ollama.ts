/**
 * Ollama's own API: what a route of `route_type: preserve` carries, and what Kong's llama2 and mistral drivers are
 * answered before they normalise it.
 *
 * | side | text | role | opaque |
 * |---|---|---|---|
 * | `/api/chat` | `messages[]`: `content`, `thinking`, `tool_calls[].function.arguments` | the message's | `images[]` |
 * | | `tools[]` | tool definitions | |
 * | | answer: `message` | assistant | |
 * | `/api/generate` | `prompt`, `suffix` | user | `images[]` |
 * | | `system`, `template` | system | |
 * | | answer: `response`, `thinking` | assistant | |
 *
 * `context` is the conversation as token ids: unreadable in a request; in an answer it goes when the text changes.
 *
 * @see https://github.com/ollama/ollama/blob/main/docs/api.md
 */
import type { BodyFormat } from '../format.ts';
import {
  type Field,
  type Fields,
  labels,
  readFields,
  schemaProse,
  type TextOrigin,
  text,
} from '../openai/fields.ts';
import { readMessage } from '../openai/message.ts';
import { belowOf, EventCollector, StreamTextAssembler } from '../openai/stream-text-assembler.ts';
import { readTools } from '../openai/tools.ts';
import { itemsOf } from '../placed.ts';
import { isObject, type JsonObject } from '../segment.ts';
import { OLLAMA_SHAPES } from './shapes.ts';

export const ollama: BodyFormat = {
  name: 'kong.ollama',
  shapes: OLLAMA_SHAPES,

  // Fewer than the shape has: settings of images are no sign of a chat.
  requestKeys: new Set([
    ...['messages', 'prompt', 'suffix', 'system', 'template', 'tools', 'format', 'images', 'context'],
    ...['model', 'stream', 'options', 'keep_alive', 'think', 'raw', 'truncate', 'shift', 'logprobs'],
  ]),

  /** Chat completions and completions have everything else in common with it. */
  readRequest(body, out) {
    if (!('messages' in body || 'prompt' in body) || !OWN_SETTINGS.some((key) => key in body)) return false;
    out.model(body.model);
    readFields(body, REQUEST, [], out, USER);
    return true;
  },

  readResponse(body, out) {
    if (!isChunk(body)) return false;
    out.model(body.model);
    out.deriving(repeatsIn(body), () => readFields(body, ANSWER, [], out, ASSISTANT));
    return true;
  },

  /** Each line looks like an answer, the last has nothing but numbers and `context`; tool calls come whole. */
  readStream(events, out) {
    if (!events.some(({ value }) => isChunk(value))) return false;
    const texts = new StreamTextAssembler();
    const repeats = events.flatMap(({ value }, number) =>
      isObject(value) ? repeatsIn(value).map(({ path, json }) => ({ path: [number, ...path], json })) : [],
    );
    for (const [number, { value }] of events.entries()) {
      const found = new EventCollector(out);
      if (isChunk(value)) {
        out.model(value.model);
        readFields(value, ANSWER, [number], found, ASSISTANT);
      } else found.leaves('tool', 'text', value, [number]);
      found.countInto(out);
      for (const segment of found.extraction.segments) {
        const grows = segment.role === 'assistant' && segment.kind !== 'tool_arguments';
        texts.add(grows ? 'deltas' : number, belowOf(segment, grows ? 1 : 0), segment);
      }
    }
    texts.amend([], { derived: repeats });
    texts.collect(out);
    return true;
  },
};

function isChunk(value: unknown): value is JsonObject {
  if (!isObject(value) || typeof value.done !== 'boolean') return false;
  return isObject(value.message) || typeof value.response === 'string';
}

const ASSISTANT: TextOrigin = { role: 'assistant', kind: 'text' };

const OWN_SETTINGS = ['options', 'keep_alive', 'think', 'raw', 'context', 'format', 'images'];

const USER: TextOrigin = { role: 'user', kind: 'text' };

function repeatsIn(body: JsonObject) {
  return ['context', 'logprobs']
    .filter((key) => Array.isArray(body[key]) && body[key].length > 0)
    .map((key) => ({ path: [key], json: '[]' }));
}

const messages: Field = (value, path, out) => {
  if (!Array.isArray(value)) out.leaves('user', 'text', value, path);
  for (const [index, message] of Array.isArray(value) ? value.entries() : []) {
    readMessage(message, [...path, index], out);
  }
};

const instruction: Field = (value, path, out) => out.text('system', 'text', value, path);

const thoughts: Field = (value, path, out) => out.text('assistant', 'reasoning', value, path);

const base64Images: Field = (value, path, out) => {
  for (const image of itemsOf(value, path))
    out.base64('user', 'document', image.value, undefined, image.path);
};

const tokens: Field = (value, path, out) => {
  if (Array.isArray(value) && value.length > 0) out.unreadable('tokens', path);
};

const REQUEST: Fields = {
  system: instruction,
  template: instruction,
  messages,
  prompt: text,
  suffix: text,
  images: base64Images,
  context: tokens,
  tools: (value, path, out) => readTools(value, path, out, 'offered'),
  format: schemaProse,
  ...labels('model', 'options', 'keep_alive'),
};

const ANSWER: Fields = {
  thinking: thoughts,
  message: (value, path, out) => readMessage(value, path, out, 'assistant'),
  response: text,
  ...labels('model', 'created_at', 'done_reason', 'context', 'logprobs', 'remote_model', 'remote_host'),
};
