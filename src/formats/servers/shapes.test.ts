import { expect, it } from 'vitest';
import {
  overlooked,
  placesThatExcuse,
  restOf,
  restOfEvents,
} from '../../../testkit/formats/overlooked-leaves.ts';
import type { BodyFormat } from '../format.ts';
import type { JsonObject } from '../segment.ts';
import { dashscope } from './dashscope.ts';
import { llamaCompletion } from './llama-completion.ts';
import { sglangGenerate } from './sglang-generate.ts';
import { texts } from './texts.ts';

it.each([llamaCompletion, sglangGenerate, texts, dashscope])(
  'no place of $name excuses a word that only looks like an id',
  ({ shapes }) => {
    const places = Object.entries(shapes ?? {}).flatMap(([side, shape]) =>
      placesThatExcuse(shape).map((path) => side + path),
    );
    expect(places).toEqual([]);
  },
);

const ID = '0123456789abcdef0123456789abcdef';

it.each<{ format: BodyFormat; direction: 'request' | 'response'; also?: JsonObject }>([
  { format: llamaCompletion, direction: 'request' },
  { format: llamaCompletion, direction: 'response', also: { content: 'a', stop: true } },
  { format: sglangGenerate, direction: 'request' },
  { format: sglangGenerate, direction: 'response' },
  { format: texts, direction: 'request' },
  { format: texts, direction: 'response' },
  { format: dashscope, direction: 'request', also: { input: { prompt: 'a' } } },
  { format: dashscope, direction: 'response', also: { output: { text: 'a' }, request_id: ID } },
])('no member of $format.name is overlooked, in its $direction', ({ format, direction, also }) => {
  expect(overlooked(format, direction, ['tokens', 'input_extra', 'probs', 'data'], also)).toEqual([]);
});

/** What the servers themselves write into most bodies goes to nobody. */
it.each<[string, BodyFormat, 'request' | 'response', JsonObject, string[]]>([
  [
    'a request of llama.cpp',
    llamaCompletion,
    'request',
    {
      ...{ prompt: 'a', n_predict: 8, temperature: 0.8, seed: 4294967295, samplers: ['dry', 'top_k'] },
      ...{ cache_prompt: true, id_slot: -1, lora: [{ id: 0, scale: 0.5 }], logit_bias: [[15043, 128001]] },
    },
    [],
  ],
  [
    'a request of llama.cpp, of chosen words',
    llamaCompletion,
    'request',
    { prompt: 'a', stop: ['bob'], samplers: ['carl'], grammar: 'dora', erich: 'fritz' },
    ['bob', 'carl', 'dora', 'erich', 'fritz'],
  ],
  [
    'an answer of llama.cpp',
    llamaCompletion,
    'response',
    {
      ...{ index: 0, content: 'a', tokens: [128000, 128001], id_slot: 0, stop: true, model: 'gpt-oss-20b' },
      ...{ tokens_predicted: 12345678, stop_type: 'eos', stopping_word: '', truncated: false },
      generation_settings: {
        ...{ seed: 4294967295, samplers: ['penalties', 'dry'], chat_format: 'Content-only', stop: [] },
        ...{ reasoning_format: 'none', 'speculative.n_max': 16, lora: [], dry_penalty_last_n: 131072 },
      },
      completion_probabilities: [{ id: 1, token: 'a', bytes: [1], top_logprobs: [{ id: 2, token: 'was' }] }],
      timings: { prompt_ms: 12345678.9, predicted_per_second: 52.9 },
    },
    ['was'],
  ],
  [
    'an answer of SGLang',
    sglangGenerate,
    'response',
    {
      ...{ text: 'a', output_ids: [12366, 151645] },
      meta_info: {
        ...{ id: ID, finish_reason: { type: 'stop', matched: 151645 }, weight_version: 'default' },
        ...{ prompt_tokens: 7, e2e_latency: 0.02, output_token_logprobs: [[-0.1, 12366, null]] },
      },
    },
    [],
  ],
  [
    'a ranking',
    texts,
    'response',
    {
      id: `score-${ID}`,
      model: 'm',
      usage: { total_tokens: 9 },
      results: [{ index: 0, relevance_score: 0.5 }],
    },
    ['m'],
  ],
  [
    'a request of DashScope',
    dashscope,
    'request',
    {
      model: 'qwen-plus',
      input: { messages: [{ role: 'user', content: [{ text: 'a' }, { image: 'https://bob.example' }] }] },
      parameters: {
        ...{ result_format: 'message', incremental_output: true, seed: 4294967295, stop: ['carl'] },
        search_options: { search_strategy: 'turbo', citation_format: '[<number>]' },
      },
    },
    ['carl', 'https://bob.example'],
  ],
  [
    'an answer of DashScope',
    dashscope,
    'response',
    {
      request_id: '0123abcd-0123-4123-8123-0123456789ab',
      output: { choices: [{ finish_reason: 'null', message: { role: 'assistant', content: 'a' } }] },
      usage: { total_tokens: 12345678, input_tokens_details: { image_tokens: 12345678 } },
    },
    [],
  ],
  ['vectors', texts, 'response', { embeddings: [[0.1, 12345678.5]], total_duration: 14143917 }, []],
  ['tokens', texts, 'response', { tokens: [128000, 9906], count: 2, max_model_len: 4096000 }, []],
  [
    'the pieces of tokens',
    texts,
    'response',
    {
      tokens: [
        { id: 9906, piece: 'The' },
        { id: 1, piece: ' sky' },
        { id: 2, piece: [195] },
      ],
    },
    [],
  ],
])('of %s', (_name, format, direction, body, rest) => {
  expect(restOf(format, direction, body)).toEqual(rest);
});

it('of a stream of progress all is left that no server says by itself', () => {
  expect(restOfEvents(texts, [{ status: 'success' }, { status: 'pulling ann', total: 12345678 }])).toEqual([
    'pulling ann',
  ]);
});
