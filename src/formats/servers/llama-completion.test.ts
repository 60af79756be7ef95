import { expect, it } from 'vitest';
import { extract, linesOf, rewrite } from '../../../testkit/formats/extract.ts';
import { rewriteStream, textsIn } from '../../../testkit/formats/openai-streams.ts';
import type { JsonObject } from '../segment.ts';
import { llamaCompletion } from './llama-completion.ts';

const TEXT = Buffer.from('A file that is a text.').toString('base64');

it.each<[string, JsonObject, string[]]>([
  [
    'a prompt',
    { prompt: 'a', n_predict: 8, json_schema: { description: 'b' } },
    ['user text /prompt: a', 'system text /json_schema/description: b'],
  ],
  ['several prompts', { prompt: ['a', 'b'] }, ['user text /prompt/0: a', 'user text /prompt/1: b']],
  [
    'a prompt with media, of which one is a text',
    { prompt: ['a', { prompt_string: 'b', multimodal_data: ['iVBORw0KGgo=', TEXT], note: 'c' }] },
    [
      'user text /prompt/0: a',
      'user text /prompt/1/prompt_string: b',
      'user document /prompt/1/multimodal_data/1: A file that is a text.',
      'user text /prompt/1/note: c',
    ],
  ],
  [
    'code around a gap, in reading order',
    { prompt: 'd', input_suffix: 'c', input_prefix: 'b', input_extra: [{ filename: 'n', text: 'a' }, 'e'] },
    [
      'user document_title /input_extra/0/filename: n',
      'user text /input_extra/0/text: a',
      'user text /input_extra/1: e',
      'user text /input_prefix: b',
      'user text /input_suffix: c',
      'user text /prompt: d',
    ],
  ],
])('reads %s', (_name, body, expected) => {
  expect(linesOf(extract(llamaCompletion, 'request', body))).toEqual(expected);
});

it('counts media, and what is written in tokens', () => {
  const prompt = [{ prompt_string: 'a', multimodal_data: ['iVBORw0KGgo='] }];
  expect(extract(llamaCompletion, 'request', { prompt })).toMatchObject({ opaque: 1, unreadable: 0 });
  expect(extract(llamaCompletion, 'request', { prompt: [1, 'a', 2] })).toMatchObject({ unreadable: 1 });
});

it.each<[string, unknown, string[]]>([
  [
    'an answer, and the echo of the prompt',
    { content: 'b', prompt: 'a', stop: true },
    ['assistant text /content: b', 'tool citation /prompt: a'],
  ],
  [
    'the answers to several prompts',
    [
      { content: 'a', stop: true },
      { content: 'b', stop: true },
    ],
    ['assistant text /0/content: a', 'assistant text /1/content: b'],
  ],
  [
    'what is left of an answer of which little was asked for',
    { content: 'a' },
    ['assistant text /content: a'],
  ],
])('reads %s', (_name, body, expected) => {
  expect(linesOf(extract(llamaCompletion, 'response', body as JsonObject))).toEqual(expected);
});

it('does not recognise other bodies', () => {
  expect(extract(llamaCompletion, 'request', { messages: [] })).toBeUndefined();
  for (const body of [{}, [], { choices: [] }, { role: 'assistant', content: 'a' }, [{ content: 'a' }, 'b']])
    expect(extract(llamaCompletion, 'response', body as JsonObject)).toBeUndefined();
});

it('drops the tokens of a text that changes', () => {
  const body = {
    content: 'I am Bob',
    tokens: [1, 2],
    completion_probabilities: [{ token: 'I am' }],
    stop: true,
  };
  expect(rewrite(llamaCompletion, 'response', body, () => 'I am <NAME>')).toEqual({
    body: { content: 'I am <NAME>', tokens: [], completion_probabilities: [], stop: true },
  });
});

it('joins what a stream says of each of its answers', () => {
  const values = [
    { index: 0, content: 'I am B', tokens: [7], stop: false },
    { index: 1, content: 'Who', stop: false },
    { index: 0, content: 'ob', tokens: [8], stop: false },
    { index: 1, content: ' knows', stop: false },
    { index: 0, content: '', stop: true, prompt: 'Name?' },
    { error: { message: 'Too slow' } },
  ];
  expect(textsIn(llamaCompletion, values)).toEqual([
    'assistant text I am B|ob',
    'assistant text Who| knows',
    'tool citation Name?',
    'tool text Too slow',
  ]);
  const change = ({ text }: { text: string }) => (text === 'I am Bob' ? 'I am <NAME>' : undefined);
  expect(rewriteStream(llamaCompletion, values, change)).toMatchObject([
    { content: 'I am <NAME>', tokens: [] },
    { content: 'Who' },
    { content: '', tokens: [] },
    { content: ' knows' },
    { content: '' },
    {},
  ]);
  expect(textsIn(llamaCompletion, [{ choices: [] }, undefined])).toBeUndefined();
});
