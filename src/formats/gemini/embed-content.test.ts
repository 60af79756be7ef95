import { describe, expect, it } from 'vitest';
import { extract, linesOf } from '../../../testkit/formats/extract.ts';
import type { JsonObject } from '../segment.ts';
import { embedContent } from './embed-content.ts';

const content = (text: string) => ({ parts: [{ text }] });

describe('an embedding request of Gemini', () => {
  it.each<[string, JsonObject, string[]]>([
    [
      'one content',
      {
        content: content('a'),
        title: 'b',
        task_type: 'RETRIEVAL_DOCUMENT',
        embedContentConfig: { title: 'c' },
      },
      [
        'user document_title /title: b',
        'user document_title /embedContentConfig/title: c',
        'user text /content/parts/0/text: a',
      ],
    ],
    [
      'a batch, with odd requests',
      {
        requests: [
          { model: 'models/e', content: content('a'), title: 'b', novel: 'c', taskType: 'T' },
          'd',
          { content: 'e' },
          null,
        ],
      },
      [
        'user document_title /requests/0/title: b',
        'user text /requests/0/content/parts/0/text: a',
        'user text /requests/0/novel: c',
        'user text /requests/1: d',
        'user text /requests/2/content: e',
      ],
    ],
  ])('is read: %s', (_name, body, expected) => {
    expect(linesOf(extract(embedContent, 'request', body))).toEqual(expected);
  });

  it('names the model', () => {
    const body = { requests: [{ model: 'models/e', content: content('a') }] };
    expect(extract(embedContent, 'request', body)?.model).toBe('e');
  });

  it('is not recognised without a content that has parts', () => {
    expect(extract(embedContent, 'request', { content: [{ type: 'text', text: 'a' }] })).toBeUndefined();
    expect(extract(embedContent, 'request', { requests: ['a'] })).toBeUndefined();
  });
});

describe('an embedding answer of Gemini', () => {
  it.each<[string, JsonObject]>([
    ['one', { embedding: { values: [0.1] } }],
    ['a batch', { embeddings: [{ values: [0.1] }] }],
  ])('is numbers: %s', (_name, body) => {
    expect(extract(embedContent, 'response', body)?.segments).toEqual([]);
  });

  it('is not taken from another API', () => {
    expect(extract(embedContent, 'response', { embeddings: [[0.1]] })).toBeUndefined();
    expect(extract(embedContent, 'response', { embedding: [0.1] })).toBeUndefined();
  });
});
