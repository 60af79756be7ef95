import { describe, expect, it } from 'vitest';
import { extract, linesOf } from '../../../testkit/formats/extract.ts';
import type { JsonObject } from '../segment.ts';
import { tasks } from './tasks.ts';

const png = 'iVBORw0KGgo=';

describe('a request for images or numbers', () => {
  it.each<[string, JsonObject, string[], number]>([
    [
      'Nova Canvas',
      {
        taskType: 'INPAINTING',
        inPaintingParams: { text: 'a', negativeText: 'b', image: png, maskImage: png, maskPrompt: 'c' },
        imageGenerationConfig: { quality: 'standard' },
      },
      [
        'user text /inPaintingParams/text: a',
        'user text /inPaintingParams/negativeText: b',
        'user text /inPaintingParams/maskPrompt: c',
      ],
      2,
    ],
    [
      'Nova embeddings',
      {
        taskType: 'SINGLE_EMBEDDING',
        singleEmbeddingParams: {
          embeddingPurpose: 'GENERIC_INDEX',
          text: { truncationMode: 'END', value: 'a' },
          image: { format: 'png', source: { bytes: png } },
        },
      },
      ['user text /singleEmbeddingParams/text/value: a'],
      1,
    ],
    [
      'Stability',
      { prompt: 'a', negative_prompt: 'b', mode: 'image-to-image', image: png },
      ['user text /prompt: a', 'user text /negative_prompt: b'],
      1,
    ],
    [
      'older Stability',
      { text_prompts: [{ text: 'a', weight: 1 }] },
      ['user text /text_prompts/0/text: a'],
      0,
    ],
    [
      'Cohere Embed',
      {
        input_type: 'search_document',
        texts: ['a', 'b'],
        images: [`data:image/png;base64,${png}`],
        inputs: [
          {
            content: [
              { type: 'text', text: 'c' },
              { type: 'image_url', image_url: { url: 'https://x' } },
            ],
          },
        ],
      },
      ['user text /texts/0: a', 'user text /texts/1: b', 'user text /inputs/0/content/0/text: c'],
      2,
    ],
    [
      'ranking',
      { query: 'a', documents: ['b', { title: 'c' }], top_n: 1 },
      ['user text /query: a', 'user document /documents/0: b', 'user document /documents/1/title: c'],
      0,
    ],
  ])('is read: %s', (_name, body, expected, opaque) => {
    const found = extract(tasks, 'request', body);
    expect(linesOf(found)).toEqual(expected);
    expect(found?.opaque).toBe(opaque);
  });

  it.each<[string, JsonObject]>([
    ['a prompt alone', { prompt: 'a', max_tokens: 1 }],
    ['a chat with documents', { message: 'a', documents: [] }],
  ])('is not recognised by %s', (_name, body) => {
    expect(extract(tasks, 'request', body)).toBeUndefined();
  });
});

describe('an answer of images or numbers', () => {
  it.each<[string, JsonObject, string[], number]>([
    ['images', { images: [png, png], error: 'a' }, ['tool citation /error: a'], 2],
    ['a mask', { images: [png], maskImage: png }, [], 2],
    ['artifacts', { result: 'success', artifacts: [{ base64: png }] }, [], 1],
    [
      'embeddings',
      { embeddings: [[0.1]], texts: ['a'], novel: 'b' },
      ['tool citation /texts/0: a', 'tool text /novel: b'],
      0,
    ],
    ['embeddings by type', { embeddings: { float: [[0.1]] } }, [], 0],
    ['ranks', { results: [{ index: 0, relevance_score: 1 }] }, [], 0],
  ])('is read: %s', (_name, body, expected, opaque) => {
    const found = extract(tasks, 'response', body);
    expect(linesOf(found)).toEqual(expected);
    expect(found?.opaque).toBe(opaque);
  });

  it('is not recognised without either', () => {
    expect(extract(tasks, 'response', { choices: [] })).toBeUndefined();
  });
});
