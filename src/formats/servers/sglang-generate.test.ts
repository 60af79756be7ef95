import { expect, it } from 'vitest';
import { extract, linesOf, rewrite } from '../../../testkit/formats/extract.ts';
import { rewriteStream, textsIn } from '../../../testkit/formats/openai-streams.ts';
import type { JsonObject } from '../segment.ts';
import { sglangGenerate } from './sglang-generate.ts';

const said = (text: string, meta: object = {}) => ({
  ...{ text, output_ids: [1] },
  meta_info: { id: 'a', ...meta },
});

it.each<[string, JsonObject, string[]]>([
  ['one text', { text: 'a', sampling_params: {} }, ['user text /text: a']],
  ['several', { text: ['a', 'b'] }, ['user text /text/0: a', 'user text /text/1: b']],
  ["the prompt of vLLM's plain server", { prompt: 'a' }, ['user text /prompt: a']],
])('reads %s', (_name, body, expected) => {
  expect(linesOf(extract(sglangGenerate, 'request', body))).toEqual(expected);
});

it('counts media, tokens and vectors', () => {
  const image_data = [
    'https://x.example/a.png',
    ['iVBORw0KGgo='.repeat(20)],
    { url: 'https://x.example/b.png' },
  ];
  expect(extract(sglangGenerate, 'request', { text: 'a', image_data })).toMatchObject({
    opaque: 3,
    unreadable: 0,
  });
  expect(extract(sglangGenerate, 'request', { input_ids: [1, 2] })).toMatchObject({ unreadable: 1 });
  expect(extract(sglangGenerate, 'request', { input_embeds: [[0.5]] })).toMatchObject({ unreadable: 1 });
  expect(extract(sglangGenerate, 'request', { input: 'a' })).toBeUndefined();
});

it('reads an answer, several, and those of vLLM', () => {
  expect(linesOf(extract(sglangGenerate, 'response', said('a')))).toEqual(['assistant text /text: a']);
  const several = [said('a'), said('b')] as unknown as JsonObject;
  expect(linesOf(extract(sglangGenerate, 'response', several))).toEqual([
    'assistant text /0/text: a',
    'assistant text /1/text: b',
  ]);
  expect(linesOf(extract(sglangGenerate, 'response', { text: ['a', 'b'] }))).toEqual([
    'assistant text /text/0: a',
    'assistant text /text/1: b',
  ]);
  for (const body of [{}, [], { text: 'a' }, { text: [] }, { meta_info: {} }, [said('a'), 'b']])
    expect(extract(sglangGenerate, 'response', body as JsonObject)).toBeUndefined();
});

it('drops what spells a text that changes', () => {
  const body = said('I am Bob', { output_token_logprobs: [[-1, 7, 'I am Bob']], prompt_tokens: 2 });
  expect(rewrite(sglangGenerate, 'response', body, () => 'I am <NAME>')).toEqual({
    body: {
      text: 'I am <NAME>',
      output_ids: [],
      meta_info: { id: 'a', output_token_logprobs: [], prompt_tokens: 2 },
    },
  });
});

it('takes what repeats all that was said for one text', () => {
  const values = [said('I am'), said('I am Bob'), said('I am Bob, who'), said('I am Bob, who are you?')];
  expect(textsIn(sglangGenerate, values)).toEqual(['assistant text I am| Bob|, who| are you?']);
  const change = ({ text }: { text: string }) => text.replace('Bob', '<NAME>');
  expect(rewriteStream(sglangGenerate, values, change)).toMatchObject([
    { text: 'I am' },
    { text: 'I am <NAME>' },
    { text: 'I am <NAME>, who' },
    { text: 'I am <NAME>, who are you?' },
  ]);
});

it('takes what adds to it for deltas, and keeps the answers of one stream apart', () => {
  const other = (text: string) => ({ ...said(text), meta_info: { id: 'b' }, index: 1 });
  const values = [
    said('I am B'),
    other('Who'),
    said('ob'),
    other(' knows'),
    said('.'),
    { error: { message: 'x' } },
  ];
  expect(textsIn(sglangGenerate, values)).toEqual([
    'assistant text I am B|ob|.',
    'assistant text Who| knows',
    'tool text x',
  ]);
});

it("reads the lines of vLLM's plain server, each of which has all of every text", () => {
  const values = ['The', 'The sky is', 'The sky is blue'].map((text) => ({ text: [text, `${text}!`] }));
  expect(textsIn(sglangGenerate, values)?.[0]).toMatch(/^assistant text The\b/);
  const change = ({ text }: { text: string }) =>
    text.includes('sky') ? text.replaceAll('sky', 'sea') : undefined;
  expect(JSON.stringify(rewriteStream(sglangGenerate, values, change))).not.toContain('sky');
  expect(textsIn(sglangGenerate, [{ choices: [] }])).toBeUndefined();
});
