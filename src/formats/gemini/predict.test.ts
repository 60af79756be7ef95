import { describe, expect, it } from 'vitest';
import { extract, linesOf } from '../../../testkit/formats/extract.ts';
import { predict } from './predict.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('a predict request of Vertex', () => {
  it('is read whatever the fields of its model are called', () => {
    const found = extract(predict, 'request', {
      instances: [
        { content: 'a', task_type: 'RETRIEVAL_QUERY', title: 'b' },
        {
          context: 'c',
          messages: [{ author: 'user', content: 'd' }],
          examples: [{ input: { content: 'e' } }],
        },
        { prompt: 'f', image: { bytesBase64Encoded: 'iVBORw0KGgo=', mimeType: 'image/png' } },
        {
          document: { bytesBase64Encoded: base64('g'), mimeType: 'text/plain' },
          video: { gcsUri: 'gs://x' },
        },
        'h',
        7,
      ],
      parameters: { negativePrompt: 'i', stopSequences: ['stop'], voice: 'v', style: 'as Bob does' },
    });
    expect(linesOf(found)).toEqual([
      'user text /instances/0/content: a',
      'user text /instances/0/title: b',
      'user text /instances/1/context: c',
      'user text /instances/1/messages/0/content: d',
      'user text /instances/1/examples/0/input/content: e',
      'user text /instances/2/prompt: f',
      'user document /instances/3/document/bytesBase64Encoded: g',
      'user text /instances/4: h',
      'user text /parameters/negativePrompt: i',
      'user text /parameters/style: as Bob does',
    ]);
    expect(found?.opaque).toBe(2);
  });

  it('is not recognised without instances', () => {
    expect(extract(predict, 'request', { contents: [] })).toBeUndefined();
    expect(extract(predict, 'request', { instances: null })).toBeUndefined();
  });
});

describe('a predict answer of Vertex', () => {
  it('is read whatever the fields of its model are called', () => {
    const found = extract(predict, 'response', {
      predictions: [
        { content: 'a', safetyAttributes: { categories: ['Finance'] } },
        { candidates: [{ author: 'bot', content: 'b' }] },
        { bytesBase64Encoded: 'iVBORw0KGgo=', mimeType: 'image/png', prompt: 'c' },
        { embeddings: { values: [0.1] } },
        'd',
      ],
    });
    expect(linesOf(found)).toEqual([
      'assistant text /predictions/0/content: a',
      'assistant text /predictions/1/candidates/0/content: b',
      'assistant text /predictions/2/prompt: c',
      'assistant text /predictions/4: d',
    ]);
  });

  it('is not recognised without predictions', () => {
    expect(extract(predict, 'response', { candidates: [] })).toBeUndefined();
  });
});
