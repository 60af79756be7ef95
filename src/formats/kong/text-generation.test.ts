import { expect, it } from 'vitest';
import { extract, linesOf } from '../../../testkit/formats/extract.ts';
import { rewriteStream, textsIn } from '../../../testkit/formats/openai-streams.ts';
import { editJson } from '../../body/json/edit.ts';
import { Collector } from '../collector.ts';
import { writeBack } from '../write-back.ts';
import { textGeneration } from './text-generation.ts';

function answerLines(body: unknown): string[] | undefined {
  const out = new Collector();
  return textGeneration.readResponse(body, out) ? linesOf(out.extraction) : undefined;
}

it('reads one input, several, and objects', () => {
  expect(linesOf(extract(textGeneration, 'request', { inputs: 'a', parameters: { top_k: 1 } }))).toEqual([
    'user text /inputs: a',
  ]);
  const parameters = {
    stop: ['Mr Bob'],
    adapter_id: 'x',
    grammar: { type: 'json', value: { description: 'Say b' } },
  };
  expect(linesOf(extract(textGeneration, 'request', { inputs: 'a', parameters }))).toEqual([
    'user text /inputs: a',
    'system text /parameters/grammar/value/description: Say b',
  ]);
  expect(linesOf(extract(textGeneration, 'request', { inputs: ['a', { question: 'b' }] }))).toEqual([
    'user text /inputs/0: a',
    'user text /inputs/1/question: b',
  ]);
});

it.each<[string, unknown, string[]]>([
  ['alone', { generated_text: 'a' }, ['assistant text /generated_text: a']],
  [
    'in a list',
    [{ generated_text: 'a' }, 'b', { generated_text: 'c', note: 'd' }],
    [
      'assistant text /0/generated_text: a',
      'assistant text /1: b',
      'assistant text /2/generated_text: c',
      'assistant text /2/note: d',
    ],
  ],
  [
    'as llama2-raw has it',
    { data: [{ generated_text: '[INST] a [/INST] b' }], note: 'c' },
    ['tool text /note: c', 'assistant text /data/0/generated_text: [INST] a [/INST] b'],
  ],
])('reads an answer: %s', (_name, body, expected) => {
  expect(answerLines(body)).toEqual(expected);
});

it('empties the tokens that spell a changed text', () => {
  const body = [{ generated_text: 'a', details: { tokens: [{ text: 'a' }] } }];
  const out = new Collector();
  textGeneration.readResponse(body, out);
  const written = writeBack(
    body,
    out.extraction.segments.map((segment) => ({ segment, text: '#' })),
  );
  expect(written.ok && JSON.parse(editJson(JSON.stringify(body), written.edits))).toEqual([
    { generated_text: '#', details: null },
  ]);
});

it('does not recognise other bodies', () => {
  expect(extract(textGeneration, 'request', { input: 'a' })).toBeUndefined();
  for (const body of [[], [{ text: 'a' }], { data: [{ embedding: [] }] }, { choices: [] }, 'a', null]) {
    expect(answerLines(body)).toBeUndefined();
  }
});

it('joins the tokens of a stream, and takes the whole text at the end for a copy', () => {
  const said = (text: string, rest: object = {}) => ({
    ...{ index: 1, token: { id: 1, text, logprob: -1, special: false }, generated_text: null, details: null },
    ...rest,
  });
  const end = said('</s>', { token: { text: '</s>', special: true }, generated_text: 'I am Bob' });
  const values = [said('I am '), said('Bob', { top_tokens: [{ text: 'Bob' }] }), end];
  expect(textsIn(textGeneration, values)).toEqual(['assistant text I am |Bob ×2', 'assistant text </s>']);
  const change = ({ text }: { text: string }) => (text === '</s>' ? undefined : 'I am <NAME>');
  expect(JSON.stringify(rewriteStream(textGeneration, values, change))).not.toContain('Bob');
  expect(textsIn(textGeneration, [{ choices: [] }, undefined])).toBeUndefined();
});
