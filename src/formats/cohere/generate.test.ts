import { expect, it } from 'vitest';
import { extract, linesOf, rewrite } from '../../../testkit/formats/extract.ts';
import { generate } from './generate.ts';

const answer = {
  id: 'a',
  prompt: 'Who is it?',
  generations: [
    {
      id: 'b',
      text: 'Ann',
      finish_reason: 'COMPLETE',
      token_likelihoods: [{ token: 'Ann', likelihood: -1 }],
    },
    { id: 'c', text: 'Bob', token_likelihoods: [{ token: 'Bob', likelihood: -2 }] },
    { id: 'd', text: 'Eve' },
  ],
  meta: { warnings: ['deprecated'] },
};

it('reads the prompt, and counts a preset', () => {
  const found = extract(generate, 'request', { model: 'command', prompt: 'a', preset: 'mine' });
  expect(found).toMatchObject({ model: 'command', opaque: 1 });
  expect(linesOf(found)).toEqual(['user text /prompt: a']);
});

it('reads every string of a prompt that is no string', () => {
  expect(linesOf(extract(generate, 'request', { prompt: [{ a: 'b' }] }))).toEqual([
    'user text /prompt/0/a: b',
  ]);
});

it('reads every generation, the echo of the prompt, and what nobody knows', () => {
  const body = { ...answer, generations: [...answer.generations, 'odd', { novel: 'e' }], note: 'n' };
  expect(linesOf(extract(generate, 'response', body))).toEqual([
    'tool citation /prompt: Who is it?',
    'assistant text /generations/0/text: Ann',
    'assistant text /generations/1/text: Bob',
    'assistant text /generations/2/text: Eve',
    'assistant text /generations/3: odd',
    'assistant text /generations/4/novel: e',
    'tool text /note: n',
  ]);
});

it('removes the likelihoods of the generation that is changed', () => {
  const changed = rewrite(generate, 'response', answer, ({ text }) => (text === 'Ann' ? '#' : undefined));
  const [first, ...others] = answer.generations;
  expect(changed).toEqual({
    body: { ...answer, generations: [{ ...first, text: '#', token_likelihoods: [] }, ...others] },
  });
});

it('removes all likelihoods when the prompt is changed, which they spell out too', () => {
  const changed = rewrite(generate, 'response', answer, ({ kind }) =>
    kind === 'citation' ? '#' : undefined,
  );
  expect(changed).toMatchObject({
    body: {
      prompt: '#',
      generations: [{ token_likelihoods: [] }, { token_likelihoods: [] }, { text: 'Eve' }],
    },
  });
});

it('does not recognise bodies of another API', () => {
  expect(extract(generate, 'request', { message: 'x' })).toBeUndefined();
  expect(extract(generate, 'response', { text: 'x' })).toBeUndefined();
});
