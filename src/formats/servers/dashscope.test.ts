import { describe, expect, it } from 'vitest';
import { extract, linesOf, rewrite } from '../../../testkit/formats/extract.ts';
import { rewriteStream, textsIn } from '../../../testkit/formats/openai-streams.ts';
import type { JsonObject } from '../segment.ts';
import { dashscope } from './dashscope.ts';

const request_id = '0123abcd-0123-0123-0123-0123456789ab';
const answer = (output: object) => ({ output, usage: { total_tokens: 3 }, request_id });
const said = (message: object, rest: object = {}) =>
  answer({ choices: [{ finish_reason: 'null', message: { role: 'assistant', ...message }, ...rest }] });
const call = (name: string, args: string) => ({
  content: '',
  tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name, arguments: args } }],
});

const asked = (input: object, parameters: object = {}) => ({ model: 'qwen-plus', input, parameters });

const BASE64 = Buffer.concat([Buffer.from('iVBORw0KGgo=', 'base64'), Buffer.alloc(200)]).toString('base64');

describe('a request', () => {
  it.each<[string, JsonObject, string[]]>([
    [
      'messages, of strings and of parts without a type',
      asked({
        messages: [
          { role: 'system', content: 'a' },
          { role: 'user', content: [{ image: 'https://x.example/a.png' }, { text: 'b' }, { text: 'c' }] },
          { role: 'tool', content: 'd', tool_call_id: 'call_1' },
        ],
      }),
      [
        'system text /input/messages/0/content: a',
        'user text /input/messages/1/content/1/text: b|c',
        'tool tool_result /input/messages/2/content: d',
      ],
    ],
    [
      'a prompt with its history',
      asked({ prompt: 'c', history: [{ user: 'a', bot: 'b' }] }),
      [
        'user text /input/history/0/user: a',
        'assistant text /input/history/0/bot: b',
        'user text /input/prompt: c',
      ],
    ],
    [
      'texts',
      asked({ texts: ['a', 'b'] }, { instruct: 'c' }),
      ['user text /input/texts/0: a', 'user text /input/texts/1: b', 'system text /parameters/instruct: c'],
    ],
    [
      'a query and documents',
      asked({ query: 'a', documents: ['b', { text: 'c' }] }),
      [
        'user text /input/query: a',
        'user text /input/documents/0: b',
        'user text /input/documents/1/text: c',
      ],
    ],
  ])('has %s', (_name, body, expected) => {
    expect(linesOf(extract(dashscope, 'request', body))).toEqual(expected);
  });

  it('offers tools', () => {
    const tools = [{ type: 'function', function: { name: 'weather', description: 'Tells it' } }];
    expect(extract(dashscope, 'request', asked({ prompt: 'a' }, { tools }))?.tools).toMatchObject([
      { name: 'weather', description: 'Tells it' },
    ]);
  });

  it('counts media and what the provider remembers, and refuses tokens', () => {
    const content = [
      ...[{ image: `data:image/png;base64,${BASE64}` }, { audio: 'https://x.example/a.wav' }],
      { video: ['https://x.example/1.png', 'https://x.example/2.png'] },
    ];
    const messages = [{ role: 'user', content }];
    expect(extract(dashscope, 'request', asked({ messages }))).toMatchObject({ opaque: 4, unreadable: 0 });
    expect(extract(dashscope, 'request', asked({ prompt: 'a', session_id: request_id }))?.opaque).toBe(1);
    expect(extract(dashscope, 'request', asked({ texts: [[1, 2]] }))?.unreadable).toBe(1);
    expect(extract(dashscope, 'request', { model: 'm', input: BASE64 })?.unreadable).toBe(1);
  });

  it('is none without an input that can be read', () => {
    for (const input of [
      'Hello',
      'The sky is blue and wide',
      ['a'],
      {},
      { url: 'https://x.example/a.txt' },
      undefined,
    ])
      expect(extract(dashscope, 'request', { model: 'qwen-plus', input })).toBeUndefined();
  });
});

describe('an answer', () => {
  it.each<[string, JsonObject, string[]]>([
    ['a text', answer({ text: 'a', finish_reason: 'stop' }), ['assistant text /output/text: a']],
    [
      'a message with thoughts',
      said({ content: 'b', reasoning_content: 'a' }),
      [
        'assistant reasoning /output/choices/0/message/reasoning_content: a',
        'assistant text /output/choices/0/message/content: b',
      ],
    ],
    [
      'parts',
      said({ content: [{ text: 'a' }, { text: 'b' }] }),
      ['assistant text /output/choices/0/message/content/0/text: a|b'],
    ],
    [
      'a call',
      said(call('f', '{"a":"b"}')),
      [
        'assistant label /output/choices/0/message/tool_calls/0/function/name: f',
        'assistant tool_arguments /output/choices/0/message/tool_calls/0/function/arguments: {"a":"b"}',
      ],
    ],
    [
      'what an application did',
      answer({
        text: 'd',
        thoughts: [{ thought: 'a', action_type: 'api', action_input: { q: 'b' }, observation: 'c' }],
      }),
      [
        'assistant reasoning /output/thoughts/0/thought: a',
        'assistant tool_arguments /output/thoughts/0/action_input/q: b',
        'tool tool_result /output/thoughts/0/observation: c',
        'assistant text /output/text: d',
      ],
    ],
    [
      'ranks',
      answer({ results: [{ index: 0, relevance_score: 0.5, document: { text: 'a' } }] }),
      ['tool citation /output/results/0/document/text: a'],
    ],
  ])('has %s', (_name, body, expected) => {
    expect(linesOf(extract(dashscope, 'response', body))).toEqual(expected);
  });

  it('loses what repeats a text that changes', () => {
    const body = {
      ...{
        request_id,
        output: { audio: { data: BASE64, url: '', id: request_id }, choices: [] as object[] },
      },
    };
    body.output.choices = [{ message: { content: 'I am Bob' }, logprobs: { content: [{ token: 'I am' }] } }];
    expect(rewrite(dashscope, 'response', body, () => 'I am <NAME>')).toEqual({
      body: {
        ...{
          request_id,
          output: {
            ...{ audio: { data: '', url: '', id: request_id } },
            choices: [{ message: { content: 'I am <NAME>' }, logprobs: null }],
          },
        },
      },
    });
  });

  it.each([
    {},
    { output: 'a', request_id },
    { output: [{ type: 'message' }], request_id },
    { output: { message: { role: 'assistant', content: [{ text: 'a' }] } }, stopReason: 'end_turn' },
    { code: 'InvalidParameter', message: 'a', request_id },
  ])('of another API is none: %j', (body) => {
    expect(extract(dashscope, 'response', body as JsonObject)).toBeUndefined();
  });
});

describe('a stream', () => {
  const change = ({ text }: { text: string }) =>
    text.includes('Bob') ? text.replace('Bob', '<NAME>') : undefined;
  const grown = ['I am', 'I am B', 'I am Bob', 'I am Bob, who'];

  it('that repeats what was said is one text', () => {
    const values = grown.map((content) => said({ content }));
    expect(textsIn(dashscope, values)).toEqual(['assistant text I am| B|ob|, who']);
    expect(JSON.stringify(rewriteStream(dashscope, values, change))).not.toMatch(/\bB/);
  });

  it.each<[string, (text: string) => object]>([
    ['texts', (text) => answer({ text })],
    ['parts', (text) => said({ content: [{ text }] })],
    ['thoughts', (reasoning_content) => said({ content: '', reasoning_content })],
    ['arguments', (text) => said(call('f', text))],
  ])('of %s is read as what it repeats, and as what it adds', (_name, tell) => {
    const last = (values: object[]) =>
      textsIn(dashscope, values)
        ?.at(-1)
        ?.replace(/^\w+ \w+ /, '');
    expect(last(grown.map(tell))).toBe('I am| B|ob|, who');
    expect(last(['I am', ' B', 'ob', ', who'].map(tell))).toBe('I am| B|ob|, who');
  });

  it('of several answers has one text for each, whichever event they are in', () => {
    const values = ['a', 'b'].flatMap((content) =>
      [0, 1].map((index) => said({ content: `${content}${index}` }, { index })),
    );
    expect(textsIn(dashscope, values)).toEqual(['assistant text a0|b0', 'assistant text a1|b1']);
  });

  it('that repeats a text while another one grows does not make one of its repetitions', () => {
    const args = [
      '{',
      '{"a":',
      '{"a":"b',
      '{"a":"bc',
      '{"a":"bcd',
      '{"a":"bcd"',
      '{"a":"bcd"}',
      '{"a":"bcd"} ',
    ];
    const values = [...args, ...args.slice(-1), ...args.slice(-1)].map((text) =>
      said({ ...call('f', text), content: '234-56-7890' }),
    );
    expect(textsIn(dashscope, values)?.slice(0, 2)).toEqual([
      'assistant text 234-56-7890',
      'assistant label f',
    ]);
  });

  it('that adds to thoughts and repeats the rest is both', () => {
    const values = [
      ...['It is ', 'B', 'ob.'].map((reasoning_content) => said({ content: '', reasoning_content })),
      ...grown.map((content) => said({ content, reasoning_content: '' })),
    ];
    expect(textsIn(dashscope, values)).toEqual([
      'assistant reasoning It is |B|ob.',
      'assistant text I am| B|ob|, who',
    ]);
  });

  it('that begins a text anew has two of them', () => {
    const again = ['He', 'He is', 'He is Bob'];
    const values = [...grown, ...again].map((content) => said({ content }));
    expect(textsIn(dashscope, values)).toEqual([
      'assistant text I am| B|ob|, who',
      'assistant text He| is| Bob',
    ]);
  });

  it('takes names of tools for pieces only where they are', () => {
    const names = (list: string[]) =>
      textsIn(
        dashscope,
        list.map((name) => said(call(name, ''))),
      )?.filter((line) => line.includes('label'));
    expect(names(['f', 'f', 'f'])).toEqual(['assistant label f']);
    expect(names(['get_', 'weather', ''])).toEqual(['assistant label get_|weather']);
  });

  it('of an application repeats what it did', () => {
    const values = grown.map((text) => answer({ text, thoughts: [{ thought: 'a', observation: 'b' }] }));
    expect(textsIn(dashscope, values)?.map((line) => line.replace(/ ×\d+$/, ''))).toEqual([
      'assistant reasoning a',
      'tool tool_result b',
      'assistant text I am| B|ob|, who',
    ]);
  });

  it('ends with an error, or is none', () => {
    expect(textsIn(dashscope, [said({ content: 'a' }), { code: 'x', message: 'b' }])).toEqual([
      'assistant text a',
      'tool text x',
      'tool text b',
    ]);
    expect(textsIn(dashscope, [{ choices: [] }])).toBeUndefined();
  });
});
