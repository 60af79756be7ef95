import { describe, expect, it } from 'vitest';
import {
  overlooked,
  placesThatExcuse,
  restOf,
  restOfEvents,
} from '../../../testkit/formats/overlooked-leaves.ts';
import type { BodyFormat } from '../format.ts';
import type { JsonObject } from '../segment.ts';
import { generate } from './generate.ts';
import { chatV1 } from './v1-chat.ts';
import { chatV2 } from './v2-chat.ts';

const ID = '4f73027b-5f1f-478c-9906-97d0ec74e19a';

it.each([chatV1, chatV2, generate])(
  'no place of $name excuses a word that only looks like an id',
  ({ shapes }) => {
    const places = Object.entries(shapes ?? {}).flatMap(([side, shape]) =>
      placesThatExcuse(shape).map((path) => side + path),
    );
    expect(places).toEqual([]);
    expect(Object.keys(shapes ?? {})).toEqual(['request', 'response', 'event']);
  },
);

it.each<{ format: BodyFormat; direction: 'request' | 'response' | 'event'; also?: JsonObject }>([
  { format: chatV2, direction: 'request' },
  { format: chatV2, direction: 'response' },
  { format: chatV2, direction: 'event', also: { type: 'content-delta' } },
  { format: chatV1, direction: 'request' },
  { format: chatV1, direction: 'response' },
  { format: chatV1, direction: 'event', also: { event_type: 'text-generation' } },
  { format: chatV1, direction: 'event', also: { event_type: 'stream-end' } },
  { format: generate, direction: 'request' },
  { format: generate, direction: 'response' },
  { format: generate, direction: 'event', also: { event_type: 'stream-end' } },
])('no member of $format.name is overlooked, in its $direction', ({ format, direction, also }) => {
  const lists = ['messages', 'chat_history', 'documents', 'tools', 'tool_calls', 'generations', 'sources'];
  expect(overlooked(format, direction, lists, also)).toEqual([]);
});

describe('what is left of a request of Cohere', () => {
  it.each<[string, BodyFormat, JsonObject]>([
    [
      'version 2',
      chatV2,
      {
        model: 'command-a-03-2025',
        stream: true,
        messages: [
          {
            role: 'user',
            content: [{ type: 'image_url', image_url: { url: 'data:text/plain,a', detail: 'auto' } }],
          },
          {
            role: 'assistant',
            tool_calls: [{ id: ID, type: 'function', function: { name: 'f', arguments: '{}' } }],
          },
          {
            role: 'tool',
            tool_call_id: ID,
            content: [{ type: 'document', document: { id: 'doc-1', data: 'a' } }],
          },
        ],
        tools: [
          { type: 'function', function: { name: 'f', description: 'd', parameters: {}, strict: true } },
        ],
        tool_choice: 'REQUIRED',
        citation_options: { mode: 'FAST' },
        safety_mode: 'STRICT',
        thinking: { type: 'enabled', token_budget: 100 },
        response_format: { type: 'json_object', json_schema: { type: 'object' } },
      },
    ],
    [
      'version 1',
      chatV1,
      {
        model: 'command-r-plus-08-2024',
        message: 'a',
        chat_history: [{ role: 'CHATBOT', message: 'b' }],
        conversation_id: ID,
        connectors: [{ id: 'web-search', continue_on_failure: true }],
        prompt_truncation: 'AUTO',
        citation_quality: 'accurate',
        documents: [{ id: 'doc-0' }],
      },
    ],
    ['Generate', generate, { model: 'command', prompt: 'a', truncate: 'END', return_likelihoods: 'ALL' }],
  ])('of closed lists, ids and settings is nothing: %s', (_name, format, body) => {
    expect(restOf(format, 'request', body)).toEqual([]);
  });

  it.each<[string, BodyFormat, JsonObject, string[]]>([
    [
      'version 2',
      chatV2,
      {
        model: 'ann',
        messages: [
          { role: 'bob', content: [{ type: 'carl', text: 't' }] },
          {
            role: 'tool',
            tool_call_id: 'dora',
            content: [{ type: 'document', document: { id: 'eve', data: { k: 'd' } } }],
          },
          {
            role: 'assistant',
            tool_calls: [{ id: 'fay', type: 'gus', function: { name: 'n', arguments: '{}' } }],
          },
        ],
        stop_sequences: ['hal'],
        tool_choice: 'ida',
        seed: 4111111111111111,
        novel: 'jim',
      },
      [
        'ann',
        'bob',
        'carl',
        'dora',
        'eve',
        'fay',
        'gus',
        'hal',
        'ida',
        'jim',
        'k',
        'novel',
        '4111111111111111',
      ],
    ],
    [
      'version 1',
      chatV1,
      {
        message: 'a',
        conversation_id: 'ann',
        chat_history: [{ role: 'bob', message: 'b', user_name: 'carl' }],
        connectors: [{ id: 'dora', user_access_token: 'eve', options: { site: 'fay' } }],
        documents: [{ id: 'gus', title: 't' }],
        tool_results: [{ call: { name: 'f', parameters: { p: 'q' } }, outputs: [{ o: 'r' }] }],
      },
      ['ann', 'bob', 'carl', 'dora', 'eve', 'fay', 'gus', 'site', 'title', 'p', 'o'],
    ],
  ])('is every word that somebody chose: %s', (_name, format, body, expected) => {
    expect(restOf(format, 'request', body)).toEqual(expected.sort());
  });
});

describe('what is left of an answer of Cohere', () => {
  it.each<[string, BodyFormat, JsonObject, string[]]>([
    [
      'version 2',
      chatV2,
      {
        id: ID,
        finish_reason: 'COMPLETE',
        message: { role: 'assistant', content: [{ type: 'text', text: 'Hi Bob' }] },
        logprobs: [
          { text: 'Hi', token_ids: [1], logprobs: [-0.1] },
          { text: ' Bob', token_ids: [2], logprobs: [-0.1] },
        ],
        usage: { billed_units: { input_tokens: 1 }, tokens: { output_tokens: 2 }, cached_tokens: 3 },
      },
      [],
    ],
    [
      'version 2, with other words in its ids and log probabilities',
      chatV2,
      {
        id: 'ann',
        finish_reason: 'bob',
        message: { content: 'Hi' },
        logprobs: [{ text: 'carl' }],
        usage: { dora: 1 },
      },
      ['ann', 'bob', 'carl', 'dora'],
    ],
    [
      'version 1, whose history repeats the answer',
      chatV1,
      {
        response_id: ID,
        text: 'Hi',
        chat_history: [{ role: 'CHATBOT', message: 'Hi' }],
        finish_reason: 'COMPLETE',
        meta: { api_version: { version: '1' }, warnings: ['ann'] },
      },
      ['ann'],
    ],
    [
      'Generate, whose likelihoods spell the prompt and the answer',
      generate,
      {
        id: ID,
        prompt: 'Who? ',
        generations: [
          { id: ID, text: 'Bob', token_likelihoods: [{ token: 'Who? ', likelihood: -1 }, { token: 'Bob' }] },
          { id: ID, text: 'Bob', token_likelihoods: [{ token: 'Eve' }] },
        ],
      },
      ['Eve'],
    ],
  ])('%s', (_name, format, body, expected) => {
    expect(restOf(format, 'response', body)).toEqual(expected.sort());
  });

  it('streamed is nothing but what somebody chose', () => {
    const message = (said: object) => ({ delta: { message: said } });
    const v2 = [
      { type: 'message-start', id: ID, ...message({ role: 'assistant', content: [], citations: [] }) },
      { type: 'content-start', index: 0, ...message({ content: { type: 'text', text: '' } }) },
      { type: 'content-delta', index: 0, ...message({ content: { text: 'Hi' } }), logprobs: { text: 'Hi' } },
      {
        type: 'content-delta',
        index: 0,
        ...message({ content: { text: ' you' } }),
        logprobs: { text: 'ann' },
      },
      { type: 'tool-call-start', index: 0, ...message({ tool_calls: { id: 'bob', type: 'function' } }) },
      { type: 'message-end', delta: { finish_reason: 'COMPLETE', usage: {} } },
    ];
    expect(restOfEvents(chatV2, v2)).toEqual(['ann', 'bob']);
    const v1 = [
      { event_type: 'stream-start', is_finished: false, generation_id: ID },
      { event_type: 'text-generation', is_finished: false, text: 'Hi' },
      {
        event_type: 'stream-end',
        is_finished: true,
        finish_reason: 'ann',
        response: { text: 'Hi', generation_id: ID },
      },
    ];
    expect(restOfEvents(chatV1, v1)).toEqual(['ann']);
  });
});
