import { describe, expect, it } from 'vitest';
import { extract, linesOf, rewrite } from '../../../testkit/formats/extract.ts';
import { rewriteStream, textsIn } from '../../../testkit/formats/openai-streams.ts';
import type { JsonObject } from '../segment.ts';
import { ollama } from './ollama.ts';

it.each<[string, JsonObject, string[]]>([
  [
    'a chat',
    {
      model: 'llama3',
      keep_alive: '5m',
      options: { seed: 1 },
      messages: [
        { role: 'system', content: 'a' },
        { role: 'user', content: 'b', images: ['AAAA'] },
        {
          role: 'assistant',
          content: 'c',
          thinking: 'd',
          tool_calls: [{ function: { name: 'f', arguments: { x: 'e' } } }],
        },
        { role: 'tool', tool_name: 'f', content: 'f' },
        'g',
      ],
      format: { type: 'object', properties: { x: { description: 'h' } } },
    },
    [
      'system text /messages/0/content: a',
      'user text /messages/1/content: b',
      'assistant reasoning /messages/2/thinking: d',
      'assistant text /messages/2/content: c',
      'assistant label /messages/2/tool_calls/0/function/name: f',
      'assistant tool_arguments /messages/2/tool_calls/0/function/arguments/x: e',
      'tool tool_result /messages/3/content: f',
      'user text /messages/4: g',
      'system text /format/properties/x/description: h',
    ],
  ],
  [
    'a completion',
    { prompt: 'a', suffix: 'b', system: 'c', template: 'd', raw: true, images: ['AAAA'], novel: 'e' },
    [
      'system text /system: c',
      'system text /template: d',
      'user text /prompt: a',
      'user text /suffix: b',
      'user text /novel: e',
    ],
  ],
])('a request is read: %s', (_name, body, expected) => {
  const found = extract(ollama, 'request', body);
  expect(linesOf(found)).toEqual(expected);
  expect(found?.opaque).toBe(1);
});

it('a conversation in token ids cannot be read', () => {
  expect(extract(ollama, 'request', { prompt: 'a', context: [1, 2] })).toMatchObject({ unreadable: 1 });
});

it('an answer loses its token ids when its text is changed', () => {
  const body = { model: 'llama3', response: 'a', done: true, context: [1, 2] };
  expect(rewrite(ollama, 'response', body, () => '#')).toEqual({
    body: { model: 'llama3', response: '#', done: true, context: [] },
  });
});

it("a chat's answer is read", () => {
  const message = { role: 'assistant', content: 'a', thinking: 'b' };
  expect(linesOf(extract(ollama, 'response', { message, done: true, note: 'c' }))).toEqual([
    'assistant reasoning /message/thinking: b',
    'assistant text /message/content: a',
    'assistant text /note: c',
  ]);
});

it.each<['request' | 'response', JsonObject]>([
  ['request', { model: 'gpt-4o', messages: [] }],
  ['request', { options: {} }],
  ['response', { message: { role: 'assistant', content: [] }, finish_reason: 'COMPLETE' }],
  ['response', { done: true }],
])('another API is not recognised: %s %o', (direction, body) => {
  expect(extract(ollama, direction, body)).toBeUndefined();
});

describe('streamed by Ollama', () => {
  it('joins what the lines say, and drops the context when it changes', () => {
    const values = [
      { model: 'llama3', response: 'I am ', done: false },
      { model: 'llama3', response: 'Bob', done: false },
      { model: 'llama3', response: '', done: true, done_reason: 'stop', context: [1, 2] },
    ];
    expect(textsIn(ollama, values)).toEqual(['assistant text I am |Bob']);
    expect(rewriteStream(ollama, values, () => 'I am <NAME>')).toEqual([
      { model: 'llama3', response: 'I am ', done: false },
      { model: 'llama3', response: '<NAME>', done: false },
      { model: 'llama3', response: '', done: true, done_reason: 'stop', context: [] },
    ]);
  });

  it('keeps tool calls, which come whole, apart', () => {
    const calls = (to: string) => ({
      message: {
        role: 'assistant',
        content: '',
        tool_calls: [{ function: { name: 'f', arguments: { to } } }],
      },
      done: false,
    });
    const values = [{ message: { thinking: 'Hm' }, done: false }, calls('a'), calls('b')];
    expect(textsIn(ollama, values)).toEqual([
      'assistant reasoning Hm',
      'assistant label f|f',
      'assistant tool_arguments a',
      'assistant tool_arguments b',
    ]);
  });

  it('leaves other streams to other formats', () => {
    expect(textsIn(ollama, [{ choices: [] }, undefined])).toBeUndefined();
  });
});
