/**
 * OpenAI completions, the older API of a prompt and its continuation, and Azure OpenAI's.
 *
 * | side | text | role |
 * |---|---|---|
 * | request | `prompt`: string or strings (token ids are unreadable), `suffix` | user |
 * | answer | `choices[].text`, which begins with the prompt where `echo` is set | assistant |
 * | | `choices[].content_filter_results` (Azure) | tool, as citations |
 * | stream | chunks that look like answers: `choices[].text` of all of them joined | assistant |
 *
 * `choices[].logprobs` spells the tokens out: it goes when the text changes.
 *
 * @see https://platform.openai.com/docs/api-reference/completions
 */
import type { Path } from '../../body/json/edit.ts';
import type { Collector } from '../collector.ts';
import type { BodyFormat } from '../format.ts';
import { type Derived, isObject, type JsonObject } from '../segment.ts';
import { CALLER_KEYS, readCaller } from './caller.ts';
import { ChoiceStream, type ChunkReader } from './choice-stream.ts';
import { COMPLETION_SHAPES } from './completion-shapes.ts';
import { citations, type Fields, labels, readFields, text } from './fields.ts';
import { readPrompt } from './prompt.ts';

export const completions: BodyFormat = {
  name: 'openai.completions',

  shapes: COMPLETION_SHAPES,

  requestKeys: new Set([
    ...['prompt', 'suffix', ...CALLER_KEYS],
    ...['model', 'best_of', 'echo', 'frequency_penalty', 'logit_bias', 'logprobs', 'max_tokens', 'n'],
    ...['presence_penalty', 'seed', 'stop', 'stream', 'stream_options', 'temperature', 'top_p'],
  ]),

  readRequest(body, out) {
    if (!('prompt' in body) || isObject(body.prompt)) return false;
    out.model(body.model);
    readCaller(body, out);
    readPrompt(body.prompt, ['prompt'], out);
    out.text('user', 'text', body.suffix, ['suffix']);
    return true;
  },

  readResponse(body, out) {
    if (!isObject(body) || !areContinuations(body.choices)) return false;
    out.model(body.model);
    for (const [index, choice] of body.choices.entries()) readChoice(choice, ['choices', index], out);
    readFields(body, ANSWER, [], out, { role: 'tool', kind: 'citation' });
    return true;
  },

  /** A chunk has what an answer has: its choices' texts are joined. */
  readStream(events, out) {
    if (!events.some(({ value }) => isObject(value) && areContinuations(value.choices))) return false;
    const stream = new ChoiceStream(CHUNK, out, events);
    for (const [number, event] of events.entries()) stream.read(event, number);
    stream.collect();
    return true;
  },
};

function areContinuations(choices: unknown): choices is unknown[] {
  return Array.isArray(choices) && choices.some(isContinuation);
}

function isContinuation(choice: unknown): boolean {
  return isObject(choice) && 'text' in choice && !('message' in choice);
}

function readChoice(choice: unknown, path: Path, out: Collector): void {
  if (!isObject(choice)) {
    out.leaves('assistant', 'text', choice, path);
    return;
  }
  out.deriving(repeatsIn(choice, path), () =>
    readFields(choice, CHOICE, path, out, { role: 'assistant', kind: 'text' }),
  );
}

function repeatsIn(choice: JsonObject, path: Path): Derived[] {
  return ['logprobs', 'prompt_logprobs', 'token_ids', 'prompt_token_ids']
    .filter((key) => choice[key])
    .map((key) => ({ path: [...path, key], json: 'null' }));
}

const CHOICE: Fields = {
  text,
  content_filter_results: citations,
  ...labels('index', 'finish_reason', 'stop_reason'),
  ...labels('logprobs', 'prompt_logprobs', 'token_ids', 'prompt_token_ids'),
};

const ANSWER: Fields = {
  prompt_filter_results: citations,
  error: citations,
  ...labels('choices', 'id', 'object', 'created', 'model', 'usage', 'system_fingerprint', 'service_tier'),
};

const CHUNK: ChunkReader = {
  chunk: ANSWER,
  readChoice: (choice, path, found) =>
    readFields(choice, CHOICE, path, found, { role: 'assistant', kind: 'text' }),
  repeatsIn,
  idOf: (below) => below,
};
