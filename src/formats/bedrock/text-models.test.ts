import { describe, expect, it } from 'vitest';
import { extract, linesOf, rewrite } from '../../../testkit/formats/extract.ts';
import type { JsonObject } from '../segment.ts';
import { textModels } from './text-models.ts';

describe('a request with one prompt', () => {
  it.each<[string, JsonObject, string[]]>([
    [
      'Titan',
      { inputText: 'a', textGenerationConfig: { stopSequences: ['|'] } },
      ['user text /inputText: a'],
    ],
    ['Llama', { prompt: 'a', max_gen_len: 10 }, ['user text /prompt: a']],
    ['an imported model', { prompt: 'a', suffix: 'b' }, ['user text /prompt: a', 'user text /suffix: b']],
    ['odd shapes', { prompt: ['a', { b: 'b' }, 7] }, ['user text /prompt/0: a', 'user text /prompt/1/b: b']],
  ])('is read: %s', (_name, body, expected) => {
    expect(linesOf(extract(textModels, 'request', body))).toEqual(expected);
  });

  it('counts its images', () => {
    expect(extract(textModels, 'request', { inputImage: 'iVBORw0KGgo=' })?.opaque).toBe(1);
    const found = extract(textModels, 'request', { prompt: 'a', images: ['iVBORw0KGgo=', { b: 'b' }] });
    expect(found?.opaque).toBe(1);
    expect(linesOf(found)).toContain('user text /images/1/b: b');
  });

  it('is not recognised without a prompt', () => {
    expect(extract(textModels, 'request', { prompt: null, messages: [] })).toBeUndefined();
  });
});

describe('an answer to one prompt', () => {
  it.each<[string, JsonObject, string[]]>([
    [
      'Titan',
      {
        inputTextTokenCount: 1,
        results: [{ tokenCount: 2, outputText: 'a', completionReason: 'FINISH' }, 'b'],
      },
      ['assistant text /results/0/outputText: a', 'assistant text /results/1: b'],
    ],
    [
      'Titan embeddings',
      { embedding: [0.1], inputTextTokenCount: 1, message: 'a' },
      ['tool citation /message: a'],
    ],
    ['Titan embeddings by type', { embeddingsByType: { binary: [1] } }, []],
    [
      'Llama',
      { generation: 'a', stop_reason: 'stop', novel: 'b' },
      ['assistant text /generation: a', 'tool text /novel: b'],
    ],
    [
      'Mistral',
      { outputs: [{ text: 'a', stop_reason: 'stop', novel: 'b' }, { text: 'c' }] },
      [
        'assistant text /outputs/0/text: a',
        'assistant text /outputs/0/novel: b',
        'assistant text /outputs/1/text: c',
      ],
    ],
    [
      'AI21 Jurassic-2',
      {
        id: 1,
        prompt: { text: 'a', tokens: [{ generatedToken: { token: 'a' } }] },
        completions: [
          { data: { text: 'b', tokens: null }, finishReason: { reason: 'endoftext' } },
          { data: 'c' },
          'd',
        ],
      },
      [
        'tool citation /prompt/text: a',
        'assistant text /completions/0/data/text: b',
        'assistant text /completions/1/data: c',
        'assistant text /completions/2: d',
      ],
    ],
  ])('is read: %s', (_name, body, expected) => {
    expect(linesOf(extract(textModels, 'response', body))).toEqual(expected);
  });

  it('has what only another family would read inspected as well', () => {
    const body = { generation: 'a', message: 'b', outputs: [{ text: 'c' }] };
    expect(linesOf(extract(textModels, 'response', body))).toEqual([
      'assistant text /generation: a',
      'tool text /message: b',
      'tool text /outputs/0/text: c',
    ]);
  });

  it('loses the tokens of the text that is changed', () => {
    const tokens = [{ generatedToken: { token: 'b' } }];
    const body = { prompt: { text: 'a', tokens }, completions: [{ data: { text: 'b', tokens } }] };
    expect(rewrite(textModels, 'response', body, ({ text }) => (text === 'b' ? '#' : undefined))).toEqual({
      body: { prompt: { text: 'a', tokens }, completions: [{ data: { text: '#', tokens: [] } }] },
    });
  });

  it.each<[string, JsonObject]>([
    ['Cohere', { generations: [{ text: 'a' }] }],
    ['OpenAI', { choices: [{ text: 'a' }] }],
    ['ranks', { results: [{ index: 0, relevance_score: 1 }] }],
    ['Gemini embeddings', { embedding: { values: [0.1] } }],
  ])('is not recognised: %s', (_name, body) => {
    expect(extract(textModels, 'response', body)).toBeUndefined();
  });
});
