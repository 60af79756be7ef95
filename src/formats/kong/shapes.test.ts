import { expect, it } from 'vitest';
import {
  overlooked,
  placesThatExcuse,
  restOf,
  restOfEvents,
} from '../../../testkit/formats/overlooked-leaves.ts';
import type { BodyFormat } from '../format.ts';
import type { JsonObject } from '../segment.ts';
import { ollama } from './ollama.ts';
import { promptTemplate } from './prompt-template.ts';
import { textGeneration } from './text-generation.ts';

it.each([ollama, textGeneration, promptTemplate])(
  'no place of $name excuses a word that only looks like an id',
  ({ shapes }) => {
    const places = Object.entries(shapes ?? {}).flatMap(([side, shape]) =>
      placesThatExcuse(shape).map((path) => side + path),
    );
    expect(places).toEqual([]);
    expect(Object.keys(shapes ?? {}).slice(0, 2)).toEqual(['request', 'response']);
  },
);

it.each<{ format: BodyFormat; direction: 'request' | 'response' | 'event'; also?: JsonObject }>([
  { format: ollama, direction: 'request', also: { context: [] } },
  { format: ollama, direction: 'response', also: { done: true, response: '' } },
  { format: textGeneration, direction: 'request' },
  { format: textGeneration, direction: 'response' },
  { format: textGeneration, direction: 'event' },
  { format: promptTemplate, direction: 'request' },
])('no member of $format.name is overlooked, in its $direction', ({ format, direction, also }) => {
  expect(overlooked(format, direction, ['tools', 'tokens', 'tool_calls'], also)).toEqual([]);
});

const IMAGE = 'iVBORw0KGgo'.repeat(8);

it.each<[string, BodyFormat, 'request' | 'response', JsonObject, string[]]>([
  [
    'a chat with Ollama',
    ollama,
    'request',
    {
      model: 'llama3.2:1b',
      keep_alive: '5m',
      think: 'high',
      options: { num_ctx: 1048576, temperature: 0.5 },
      messages: [{ role: 'user', content: 'a', images: [IMAGE] }],
      format: { type: 'object' },
    },
    [],
  ],
  [
    'a chat with Ollama, of chosen words',
    ollama,
    'request',
    {
      model: 'ann',
      keep_alive: 'bob',
      options: { stop: ['carl'], dora: 1, seed: 4111111111111111 },
      messages: [{ role: 'eve', content: 'a', tool_name: 'fay', images: ['gus'] }],
      format: 'hal',
    },
    ['ann', 'bob', 'carl', 'eve', 'fay', 'gus', 'dora', '4111111111111111'],
  ],
  [
    "Ollama's answer",
    ollama,
    'response',
    {
      model: 'llama2',
      created_at: '2024-01-15T08:13:38.876196Z',
      message: {
        role: 'assistant',
        content: 'a',
        tool_calls: [{ id: 'call_a1b2c3d4', function: { name: 'f' } }],
      },
      done: true,
      done_reason: 'stop',
      total_duration: 4062418334,
      logprobs: [{ token: 'ann', logprob: -1, top_logprobs: [{ token: 'bob' }] }],
    },
    ['ann', 'bob'],
  ],
  [
    'text generation',
    textGeneration,
    'request',
    {
      inputs: 'a',
      parameters: { stop: ['ann'], grammar: { type: 'json', value: { type: 'object' } }, adapter_id: 'bob' },
      options: { use_cache: true, carl: 1 },
    },
    ['ann', 'bob', 'carl'],
  ],
  [
    'generated text, which its tokens spell',
    textGeneration,
    'response',
    {
      generated_text: 'I am Bob',
      details: {
        finish_reason: 'length',
        tokens: [
          { id: 1, text: 'I am' },
          { id: 2, text: ' Bob' },
          { id: 3, text: '</s>', special: true },
        ],
      },
    },
    ['</s>'],
  ],
  [
    'a template',
    promptTemplate,
    'request',
    { messages: '{template://a}', properties: { ann: 'b' }, novel: 'bob' },
    ['bob', 'ann', 'novel'],
  ],
])('what is left of %s', (_name, format, direction, body, expected) => {
  expect(restOf(format, direction, body)).toEqual(expected.sort());
});

it('what is left of a stream of tokens is what was not chosen', () => {
  const said = (text: string, rest: object = {}) => ({
    index: 1,
    token: { id: 1, text, logprob: -1, special: false },
    ...rest,
  });
  const events = [
    said('I am'),
    said(' Bob', { top_tokens: [{ text: 'ann' }], generated_text: 'I am Bob', details: null }),
  ];
  expect(restOfEvents(textGeneration, events)).toEqual(['ann']);
});
