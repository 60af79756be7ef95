/**
 * SGLang's own completions, and those of vLLM's plain server.
 *
 * | side | text | role | opaque |
 * |---|---|---|---|
 * | request | `text` (SGLang), `prompt` (vLLM): string or strings (`input_ids` are unreadable) | user | `image_data`, … |
 * | | the prose of `sampling_params.json_schema`, which is JSON in a string | user | |
 * | answer | `text`: string, or strings that begin with their prompts (vLLM); of several prompts a list of them | assistant | |
 * | stream | `text` of each event: all that was said so far, unless the server was told otherwise | assistant | |
 *
 * `output_ids` and the log probabilities spell the text out: they go when it changes.
 *
 * @see https://docs.sglang.ai/basic_usage/native_api.html
 * @see https://docs.sglang.ai/basic_usage/sampling_params.html
 */
import type { Path } from '../../body/json/edit.ts';
import type { Collector } from '../collector.ts';
import type { BodyFormat } from '../format.ts';
import { readPrompt } from '../openai/prompt.ts';
import { itemsOf, type Placed } from '../placed.ts';
import { type Derived, isObject, type JsonObject, wordOf } from '../segment.ts';
import { keysOf } from '../shape.ts';
import { claimSpelled } from '../spelled-out.ts';
import { holdsNumbers } from '../token-lists.ts';
import { completionAnswers } from './completion-answers.ts';
import { SGLANG_SHAPES } from './sglang-shapes.ts';

export const sglangGenerate: BodyFormat = {
  name: 'sglang.generate',
  shapes: SGLANG_SHAPES,

  requestKeys: keysOf(SGLANG_SHAPES.request),

  readRequest(body, out) {
    if (!PROMPTS.some((key) => key in body)) return false;
    out.model(body.model);
    for (const key of ['text', 'prompt']) readPrompt(body[key], [key], out);
    for (const key of TOKENS) if (holdsNumbers(body[key])) out.unreadable('tokens', [key]);
    for (const key of MEDIA) readMedia(body[key], [key], out);
    return true;
  },

  ...completionAnswers({ isAnswer, read: readAnswer, idOf: answerOf }),
};

const PROMPTS = ['text', 'input_ids', 'input_embeds', 'prompt'];

const TOKENS = ['input_ids', 'input_embeds'];

const MEDIA = ['image_data', 'audio_data', 'video_data'];

/** An address, or base64: in lists, and lists of lists. */
function readMedia(value: unknown, path: Path, out: Collector): void {
  for (const item of itemsOf(value, path)) {
    if (Array.isArray(item.value)) readMedia(item.value, item.path, out);
    else if (typeof item.value === 'string') out.url('user', 'document', item.value, item.path);
    else if (isObject(item.value)) out.url('user', 'document', item.value.url, [...item.path, 'url']);
  }
}

/** SGLang says beside its text how it came about; vLLM has texts and nothing else. */
function isAnswer(value: unknown): value is JsonObject {
  if (!isObject(value)) return false;
  if (isObject(value.meta_info)) return 'text' in value || 'output_ids' in value;
  return (
    Array.isArray(value.text) && value.text.length > 0 && value.text.every((one) => typeof one === 'string')
  );
}

/** Which of several answers it is: they come in one list, or side by side in one stream. */
function answerOf({ index, meta_info: meta }: JsonObject): string | number {
  if (isObject(meta) && typeof meta.id === 'string') return meta.id;
  return typeof index === 'number' ? index : 0;
}

function readAnswer(answer: JsonObject, path: Path, out: Collector): void {
  out.deriving(repeatsIn(answer, path), () => {
    for (const { value, path: at } of itemsOf(answer.text, [...path, 'text']))
      out.text('assistant', 'text', value, at);
  });
  const meta = isObject(answer.meta_info) ? answer.meta_info : {};
  for (const key of ['output_token_logprobs', 'input_token_logprobs'])
    claimSpelled(tokensIn(meta[key], [...path, 'meta_info', key]), wordOf(answer.text), out);
}

/** Of `[log probability, id, text]`. */
function tokensIn(list: unknown, path: Path): Placed[] {
  return itemsOf(list, path).flatMap(({ value, path: at }) =>
    Array.isArray(value) ? [{ value: value[2], path: [...at, 2] }] : [],
  );
}

function repeatsIn(answer: JsonObject, path: Path): Derived[] {
  const meta = isObject(answer.meta_info) ? answer.meta_info : {};
  const lists: [unknown, Path][] = [
    [answer.output_ids, [...path, 'output_ids']],
    ...SPELLED.map((key): [unknown, Path] => [meta[key], [...path, 'meta_info', key]]),
  ];
  return lists
    .filter(([list]) => Array.isArray(list) && list.length > 0)
    .map(([, at]) => ({ path: at, json: '[]' }));
}

const SPELLED = ['output_token_logprobs', 'output_top_logprobs', 'output_token_ids_logprobs'];
