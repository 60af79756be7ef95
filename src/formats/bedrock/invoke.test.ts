import { describe, expect, it } from 'vitest';
import { linesOf, rewrite } from '../../../testkit/formats/extract.ts';
import { readRequest, readResponse } from '../read.ts';
import { routeFormats } from '../registry.ts';
import type { Extraction, JsonObject } from '../segment.ts';

const PATH = '/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fp/invoke';
const route = routeFormats('bedrock', 'invoke') ?? { configured: [], all: [] };

function request(body: JsonObject, path = PATH): Extraction | undefined {
  const { extraction, isRecognised } = readRequest(route, body, path);
  return isRecognised ? extraction : undefined;
}

function answer(body: JsonObject): Extraction | undefined {
  const { extraction, isRecognised } = readResponse(route, body, PATH);
  return isRecognised ? extraction : undefined;
}

/** What the family's format reads of it; the rest is the business of shapes. */
function said(found: Extraction | undefined): string[] | undefined {
  return found && linesOf({ ...found, segments: found.segments.filter(({ kind }) => kind !== 'label') });
}

const text = (value: string) => [{ type: 'text', text: value }];

describe('an InvokeModel request', () => {
  it.each<[string, JsonObject, string[]]>([
    [
      'Anthropic',
      {
        anthropic_version: 'bedrock-2023-05-31',
        system: 'a',
        messages: [
          { role: 'assistant', content: [{ type: 'thinking', thinking: 'b', signature: 'AA' }] },
          { role: 'user', content: text('c') },
        ],
      },
      [
        'system text /system: a',
        'assistant reasoning /messages/0/content/0/thinking: b',
        'user text /messages/1/content/0/text: c',
      ],
    ],
    [
      'Nova',
      {
        schemaVersion: 'messages-v1',
        system: [{ text: 'a' }],
        messages: [{ role: 'user', content: [{ text: 'b' }] }],
        inferenceConfig: { max_new_tokens: 3 },
      },
      ['system text /system/0/text: a', 'user text /messages/0/content/0/text: b'],
    ],
    ['Titan', { inputText: 'a' }, ['user text /inputText: a']],
    ['Claude 2', { prompt: 'a', max_tokens_to_sample: 1, stop_sequences: ['|'] }, ['user text /prompt: a']],
    ['Llama', { prompt: 'a', max_gen_len: 1 }, ['user text /prompt: a']],
    ['Mistral', { prompt: 'a', stop: ['|'] }, ['user text /prompt: a']],
    ['Jurassic-2', { prompt: 'a', countPenalty: { scale: 0 } }, ['user text /prompt: a']],
    ['Command', { prompt: 'a', return_likelihoods: 'NONE', truncate: 'END' }, ['user text /prompt: a']],
    ['Command R', { message: 'a', preamble: 'b' }, ['system text /preamble: b', 'user text /message: a']],
    [
      'OpenAI-style models',
      {
        messages: [
          { role: 'system', content: 'a' },
          { role: 'user', content: text('b') },
        ],
      },
      ['system text /messages/0/content: a', 'user text /messages/1/content/0/text: b'],
    ],
    ['Cohere Embed', { texts: ['a'], input_type: 'search_query' }, ['user text /texts/0: a']],
  ])('is read by its shape: %s', (_name, body, expected) => {
    expect(said(request(body))).toEqual(expected);
  });

  it('is read where several families could look', () => {
    const body = { anthropic_version: 'v', messages: [], inputText: 'a', prompt: 'b', message: { c: 'c' } };
    expect(said(request(body))?.sort()).toEqual([
      'user text /inputText: a',
      'user text /message/c: c',
      'user text /prompt: b',
    ]);
  });

  it('may name a setting of its guardrail', () => {
    const body = { inputText: 'a', 'amazon-bedrock-guardrailConfig': { tagSuffix: 'xyz' }, novel: 'b' };
    expect(linesOf(request(body))).toEqual([
      'user text /inputText: a',
      'user label /amazon-bedrock-guardrailConfig/tagSuffix: xyz',
      'user text /novel: b',
      'user label /: novel',
    ]);
  });

  it.each([
    [PATH, 'arn:aws:bedrock:us-east-1:1:inference-profile/p'],
    ['/model/amazon.titan-text-lite-v1%3A0/invoke-with-response-stream', 'amazon.titan-text-lite-v1:0'],
    ['/prefix/model/amazon.titan-text-lite-v1:0/invoke', 'amazon.titan-text-lite-v1:0'],
  ])('has its model in the path %s', (path, model) => {
    expect(request({ inputText: 'a' }, path)?.model).toBe(model);
  });

  it('is not recognised without anything of a family', () => {
    expect(request({ novel: 'a' })).toBeUndefined();
  });
});

describe('an InvokeModel answer', () => {
  it.each<[string, JsonObject, string]>([
    ['Anthropic', { content: text('a') }, 'assistant text /content/0/text: a'],
    [
      'Nova',
      { output: { message: { content: [{ text: 'a' }] } } },
      'assistant text /output/message/content/0/text: a',
    ],
    ['Titan', { results: [{ outputText: 'a' }] }, 'assistant text /results/0/outputText: a'],
    ['Claude 2', { completion: 'a' }, 'assistant text /completion: a'],
    ['Llama', { generation: 'a' }, 'assistant text /generation: a'],
    ['Mistral', { outputs: [{ text: 'a' }] }, 'assistant text /outputs/0/text: a'],
    ['Jurassic-2', { completions: [{ data: { text: 'a' } }] }, 'assistant text /completions/0/data/text: a'],
    ['Command', { generations: [{ text: 'a' }] }, 'assistant text /generations/0/text: a'],
    ['Command R', { text: 'a', generation_id: 'g' }, 'assistant text /text: a'],
    ['imported models', { choices: [{ text: 'a' }] }, 'assistant text /choices/0/text: a'],
    [
      'OpenAI-style models',
      { choices: [{ message: { content: 'a' } }] },
      'assistant text /choices/0/message/content: a',
    ],
  ])('is read by its shape: %s', (_name, body, expected) => {
    expect(said(answer(body))).toEqual([expected]);
  });

  const guarded = {
    content: text('My name is {NAME}.'),
    'amazon-bedrock-trace': {
      guardrail: { modelOutput: ['My name is Ann.'], outputs: [{ id: { match: 'Ann' } }] },
    },
    'amazon-bedrock-guardrailAction': 'INTERVENED',
  };

  it('is read with the trace of the guardrail', () => {
    expect(said(answer(guarded))).toEqual([
      'assistant text /content/0/text: My name is {NAME}.',
      'tool citation /amazon-bedrock-trace/guardrail/modelOutput/0: My name is Ann.',
      'tool citation /amazon-bedrock-trace/guardrail/outputs/0/id/match: Ann',
    ]);
  });

  it('loses the trace when its text is changed', () => {
    const [format] = route.configured;
    const changed =
      format && rewrite(format, 'response', guarded, ({ role }) => (role === 'assistant' ? '#' : undefined));
    expect(changed).toEqual({
      body: {
        content: text('#'),
        'amazon-bedrock-trace': {},
        'amazon-bedrock-guardrailAction': 'INTERVENED',
      },
    });
  });

  it('is not recognised when it is an error', () => {
    expect(answer({ message: 'The provided model identifier is invalid.' })).toBeUndefined();
  });
});
