/**
 * llama.cpp's own completions, and infilling of code.
 *
 * | side | text | role | opaque |
 * |---|---|---|---|
 * | request | `prompt`: string, strings, `prompt_string` of an object (token ids are unreadable) | user | `multimodal_data[]` |
 * | | `input_prefix`, `input_suffix`, `input_extra[]`: `filename`, `text` | user | |
 * | | `json_schema`: its prose | system | |
 * | answer | `content`; of several prompts a list of them | assistant | |
 * | | `prompt`: the prompt's echo | tool | |
 * | stream | `content` of each event, by its `index` | assistant | |
 *
 * `tokens` and the probabilities spell the text out: they go when it changes.
 *
 * @see https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md
 */
import type { Path } from '../../body/json/edit.ts';
import type { Collector } from '../collector.ts';
import type { BodyFormat } from '../format.ts';
import {
  base64,
  type Field,
  type Fields,
  labels,
  readFields,
  schemaProse,
  type TextOrigin,
  text,
} from '../openai/fields.ts';
import { readPrompt } from '../openai/prompt.ts';
import { itemsOf, valuesOf } from '../placed.ts';
import { type Derived, isObject, type JsonObject, wordOf } from '../segment.ts';
import { keysOf } from '../shape.ts';
import { claimSpelled } from '../spelled-out.ts';
import { completionAnswers } from './completion-answers.ts';
import { LLAMA_SHAPES } from './llama-shapes.ts';

export const llamaCompletion: BodyFormat = {
  name: 'llamacpp.completion',
  shapes: LLAMA_SHAPES,

  requestKeys: keysOf(LLAMA_SHAPES.request),

  readRequest(body, out) {
    if (!PROMPTS.some((key) => key in body)) return false;
    out.model(body.model);
    // What no key of its own names is accounted for.
    for (const key of REQUEST_KEYS)
      if (Object.hasOwn(body, key)) REQUEST[key]?.(body[key], [key], out, USER, body);
    return true;
  },

  ...completionAnswers({ isAnswer, read: readAnswer, idOf: indexOf }),
};

/** Ours, whatever `response_fields` leaves of it, and no message. */
function isAnswer(value: unknown): value is JsonObject {
  if (!isObject(value) || typeof value.content !== 'string') return false;
  return typeof value.stop === 'boolean' || !('role' in value || 'type' in value);
}

function indexOf({ index }: JsonObject): number {
  return typeof index === 'number' ? index : 0;
}

function readAnswer(answer: JsonObject, path: Path, out: Collector): void {
  out.model(answer.model);
  out.deriving(repeatsIn(answer, path), () =>
    out.text('assistant', 'text', answer.content, [...path, 'content']),
  );
  out.text('tool', 'citation', answer.prompt, [...path, 'prompt']);
  for (const key of PROBABILITIES)
    claimSpelled(valuesOf(itemsOf(answer[key], [...path, key]), 'token'), wordOf(answer.content), out);
}

function repeatsIn(answer: JsonObject, path: Path): Derived[] {
  return ['tokens', ...PROBABILITIES]
    .filter((key) => Array.isArray(answer[key]) && answer[key].length > 0)
    .map((key) => ({ path: [...path, key], json: '[]' }));
}

const PROBABILITIES = ['completion_probabilities', 'probs'];

const USER: TextOrigin = { role: 'user', kind: 'text' };

/** One, several, or mixed with token ids; media belong to the text with their marks. */
const prompt: Field = (value, path, out, origin) => {
  if (Array.isArray(value)) {
    if (value.some((item) => typeof item === 'number')) out.unreadable('tokens', path);
    value.forEach((item, index) => {
      if (isObject(item) || Array.isArray(item)) prompt(item, [...path, index], out, origin, {});
      else readPrompt(item, [...path, index], out);
    });
  } else if (isObject(value)) readFields(value, MULTIMODAL, path, out, origin);
  else out.text(origin.role, origin.kind, value, path);
};

const media: Field = (value, path, out, origin, owner) => {
  for (const item of itemsOf(value, path)) base64(item.value, item.path, out, origin, owner);
};

const MULTIMODAL: Fields = {
  prompt_string: (value, path, out, origin, owner) => prompt(value, path, out, origin, owner),
  multimodal_data: media,
};

const chunks: Field = (value, path, out, origin) => {
  for (const chunk of itemsOf(value, path)) {
    if (isObject(chunk.value)) readFields(chunk.value, CHUNK, chunk.path, out, origin);
    else out.leaves(origin.role, origin.kind, chunk.value, chunk.path);
  }
};

const CHUNK: Fields = {
  filename: (value, path, out, { role }) => out.text(role, 'document_title', value, path),
  text,
  ...labels(),
};

const REQUEST: Fields = {
  input_extra: chunks,
  input_prefix: prompt,
  input_suffix: prompt,
  prompt,
  json_schema: schemaProse,
};

const REQUEST_KEYS = Object.keys(REQUEST);

const PROMPTS = ['prompt', 'input_prefix', 'input_suffix', 'input_extra'];
