/**
 * Cohere Generate (legacy), also as Bedrock carries it (Command).
 *
 * | side | text | role |
 * |---|---|---|
 * | request | `prompt` | user |
 * | answer | `generations[].text` | assistant |
 * | | `prompt`: the prompt's echo | tool |
 *
 * `preset` stands for a prompt that is not in the body. The likelihoods of a generation spell its tokens out, and the
 * prompt's: they go when either is changed.
 *
 * @see https://docs.cohere.com/v1/reference/generate
 */
import type { Collector } from '../collector.ts';
import type { BodyFormat } from '../format.ts';
import { itemsOf, type Placed, valuesOf } from '../placed.ts';
import { type Derived, isObject, wordOf } from '../segment.ts';
import { claimSpelled } from '../spelled-out.ts';
import { GENERATE_SHAPES } from './shapes.ts';
import { readStream } from './v1-stream.ts';

export const generate: BodyFormat = {
  name: 'cohere.v1-generate',
  shapes: GENERATE_SHAPES,

  requestKeys: new Set([
    ...['prompt', 'preset'],
    // Names, numbers and settings.
    ...['model', 'stream', 'num_generations', 'max_tokens', 'truncate', 'temperature', 'seed', 'k', 'p'],
    ...['end_sequences', 'stop_sequences', 'frequency_penalty', 'presence_penalty', 'return_likelihoods'],
    ...['raw_prompting', 'logit_bias'],
  ]),

  readRequest(body, out) {
    if (!('prompt' in body)) return false;
    out.model(body.model);
    out.text('user', 'text', body.prompt, ['prompt']);
    if (body.preset) out.reference(['preset']);
    return true;
  },

  readResponse(body, out) {
    if (!isObject(body) || !Array.isArray(body.generations)) return false;
    const generations = itemsOf(body.generations, ['generations']);
    out.deriving(generations.flatMap(likelihoods), () => {
      out.text('tool', 'citation', body.prompt, ['prompt']);
    });
    for (const generation of generations) {
      out.deriving(likelihoods(generation), () => {
        out.otherKeys('assistant', 'text', generation.value, GENERATION_KEYS, generation.path);
      });
      claimLikelihoods(generation, body.prompt, out);
    }
    out.otherKeys('tool', 'text', body, ANSWER_KEYS, []);
    return true;
  },

  readStream,
};

const GENERATION_KEYS = new Set(['id', 'finish_reason', 'token_likelihoods']);
const ANSWER_KEYS = new Set(['generations', 'prompt', 'id', 'meta']);

function likelihoods({ value, path }: Placed): Derived[] {
  if (!isObject(value) || !value.token_likelihoods) return [];
  return [{ path: [...path, 'token_likelihoods'], json: '[]' }];
}

/** They spell the generation, or the prompt before it as well. */
function claimLikelihoods({ value, path }: Placed, prompt: unknown, out: Collector): void {
  if (!isObject(value)) return;
  const tokens = itemsOf(value.token_likelihoods, [...path, 'token_likelihoods']);
  claimSpelled(valuesOf(tokens, 'token'), wordOf(prompt) + wordOf(value.text), out);
}
