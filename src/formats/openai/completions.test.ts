import { describe, expect, it } from 'vitest';
import { extract, linesOf, rewrite } from '../../../testkit/formats/extract.ts';
import type { JsonObject } from '../segment.ts';
import { completions } from './completions.ts';

describe('a completions request', () => {
  it.each<[string, JsonObject, string[]]>([
    [
      'a prompt and its suffix',
      { model: 'm', prompt: 'a', suffix: 'b', stop: ['c'] },
      ['user text /prompt: a', 'user text /suffix: b'],
    ],
    ['several prompts', { prompt: ['a', 'b'] }, ['user text /prompt/0: a', 'user text /prompt/1: b']],
    [
      'odd prompts',
      { prompt: [{ x: 'a' }, null, ['b']] },
      ['user text /prompt/0/x: a', 'user text /prompt/2/0: b'],
    ],
    ['no prompt but its key', { prompt: null, user: 'u' }, ['system text /user: u']],
  ])('is read: %s', (_name, body, expected) => {
    expect(linesOf(extract(completions, 'request', body))).toEqual(expected);
  });

  it.each<[string, unknown, number]>([
    ['a list', [1, 2], 1],
    ['several lists', [[1], [2]], 2],
    ['a list with a string among them', [1, 'a'], 1],
  ])('cannot be read where its prompt is token ids: %s', (_name, prompt, unreadable) => {
    expect(extract(completions, 'request', { prompt })).toMatchObject({ unreadable });
  });

  it.each<[string, JsonObject]>([
    ['without a prompt', { messages: [] }],
    ['with a stored prompt of the Responses API', { prompt: { id: 'pmpt_1' } }],
  ])('is not recognised %s', (_name, body) => {
    expect(extract(completions, 'request', body)).toBeUndefined();
  });
});

describe('a completions answer', () => {
  it('is read choice by choice', () => {
    const found = extract(completions, 'response', {
      model: 'm',
      choices: [
        { text: 'a', index: 0, finish_reason: 'stop' },
        'b',
        { text: ['c'], note: 'd', content_filter_results: { error: { code: 'x', message: 'e' } } },
      ],
      novel: 'f',
    });
    expect(found?.model).toBe('m');
    expect(linesOf(found)).toEqual([
      'assistant text /choices/0/text: a',
      'assistant text /choices/1: b',
      'assistant text /choices/2/text/0: c',
      'tool citation /choices/2/content_filter_results/error/message: e',
      'assistant text /choices/2/note: d',
      'tool citation /novel: f',
    ]);
  });

  it('loses its log probabilities when its text is changed', () => {
    const body = {
      choices: [
        { text: 'a', logprobs: { tokens: ['a'] } },
        { text: 'b', logprobs: null },
      ],
    };
    expect(rewrite(completions, 'response', body, ({ text }) => `<${text}>`)).toEqual({
      body: {
        choices: [
          { text: '<a>', logprobs: null },
          { text: '<b>', logprobs: null },
        ],
      },
    });
  });

  it.each<[string, JsonObject]>([
    ['of chat completions', { choices: [{ message: { content: 'a' } }] }],
    ['without choices', { choices: [] }],
    ['of embeddings', { data: [{ embedding: [] }] }],
  ])('is not recognised %s', (_name, body) => {
    expect(extract(completions, 'response', body)).toBeUndefined();
  });
});
