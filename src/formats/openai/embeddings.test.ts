import { expect, it } from 'vitest';
import { extract, linesOf } from '../../../testkit/formats/extract.ts';
import { embeddings } from './embeddings.ts';

it('reads one input or several', () => {
  expect(linesOf(extract(embeddings, 'request', { model: 'm', input: 'a', user: 'u' }))).toEqual([
    'system text /user: u',
    'user text /input: a',
  ]);
  expect(linesOf(extract(embeddings, 'request', { input: ['a', { text: 'b' }] }))).toEqual([
    'user text /input/0: a',
    'user text /input/1/text: b',
  ]);
});

it('cannot read token ids', () => {
  expect(extract(embeddings, 'request', { input: [[1, 2], [3]] })).toMatchObject({ unreadable: 2 });
});

it.each([
  ['floats', [0.1, -0.2]],
  ['base64 of floats', 'zczMPc3MTL4='],
])('finds no text in an answer: %s', (_name, embedding) => {
  const body = { object: 'list', model: 'm', data: [{ object: 'embedding', index: 0, embedding }] };
  expect(extract(embeddings, 'response', body)).toMatchObject({ segments: [], opaque: 0, model: 'm' });
});

it('finds text that a server put beside the floats', () => {
  const body = { data: [{ embedding: [], text: 'a' }], note: 'b' };
  expect(linesOf(extract(embeddings, 'response', body))).toEqual([
    'tool text /data/0/text: a',
    'tool text /note: b',
  ]);
});

it('does not recognise other bodies', () => {
  expect(extract(embeddings, 'request', { prompt: 'a' })).toBeUndefined();
  expect(extract(embeddings, 'response', { data: [{ generated_text: 'a' }] })).toBeUndefined();
  expect(extract(embeddings, 'response', { choices: [] })).toBeUndefined();
});
