import { expect, it } from 'vitest';
import { extractStream, linesOf, rewriteStream } from '../../../testkit/formats/extract.ts';
import { messages } from '../anthropic/messages.ts';
import { chatV1 } from '../cohere/v1-chat.ts';
import { converse } from './converse.ts';
import { invokeModel } from './invoke.ts';
import { textModels } from './text-models.ts';

const invoke = invokeModel([converse, messages, chatV1, textModels].map((format) => ({ format })));
const delta = (contentBlockIndex: number, change: object) => ({
  contentBlockIndex,
  delta: change,
  p: 'abcdef',
});

it('reads the blocks of ConverseStream', () => {
  const found = extractStream(converse, [
    { role: 'assistant', p: 'abc' },
    delta(0, { reasoningContent: { text: 'Hm' } }),
    delta(0, { reasoningContent: { text: 'mm' } }),
    delta(0, { reasoningContent: { signature: 'c2ln' } }),
    delta(1, { text: 'Hel' }),
    delta(1, { text: 'lo' }),
    delta(1, { citation: { title: 'A book', sourceContent: [{ text: 'a page' }] } }),
    { contentBlockIndex: 2, start: { toolUse: { toolUseId: 't', name: 'send' } } },
    delta(2, { toolUse: { input: '{"to":' } }),
    delta(2, { toolUse: { input: '"bob"}' } }),
    { contentBlockIndex: 3, start: { toolResult: { toolUseId: 't', status: 'success', type: 'r' } } },
    delta(3, { toolResult: [{ text: 'se' }, { json: { out: 'x' } }] }),
    delta(3, { toolResult: [{ text: 'nt' }] }),
    { stopReason: 'end_turn' },
  ]);
  expect(linesOf(found)).toEqual([
    'assistant reasoning /1/delta/reasoningContent/text: Hm|mm',
    'assistant text /4/delta/text: Hel|lo',
    'tool citation /6/delta/citation/title: A book',
    'tool citation /6/delta/citation/sourceContent/0/text: a page',
    'assistant tool_arguments /8/delta/toolUse/input: {"to":|"bob"}',
    'assistant label /7/start/toolUse/name: send',
    'tool tool_result /11/delta/toolResult/0/text: se|nt',
    'tool tool_result /11/delta/toolResult/1/json/out: x',
  ]);
  expect(found?.segments[0]?.immutableBecause).toBe('signature');
});

it('empties the trace of a guardrail when the answer is changed', () => {
  const events = [delta(0, { text: 'Bob' }), { usage: {}, trace: { guardrail: { modelOutput: ['Bob'] } } }];
  expect(
    rewriteStream(converse, events, ({ role }) => (role === 'assistant' ? '[NAME]' : undefined)),
  ).toEqual({
    values: [delta(0, { text: '[NAME]' }), { usage: {}, trace: { guardrail: {} } }],
  });
});

it('counts what carries no text', () => {
  const found = extractStream(converse, [
    delta(0, { reasoningContent: { redactedContent: 'AAAA' } }),
    delta(1, { image: { source: { bytes: 'AAAA' } } }),
    { stopReason: 'end_turn' },
  ]);
  expect(found).toMatchObject({ segments: [], opaque: 2 });
});

it('reads exceptions', () => {
  const found = extractStream(
    converse,
    [delta(0, { text: 'Hel' }), { message: 'Try again', p: 'ab' }],
    ['contentBlockDelta', 'modelStreamErrorException'],
  );
  expect(linesOf(found)).toEqual(['assistant text /0/delta/text: Hel', 'tool text /1/message: Try again']);
  expect(linesOf(extractStream(converse, [{ message: 'No' }], ['throttlingException']))).toEqual([
    'tool text /0/message: No',
  ]);
});

it("joins Nova's tokens, each of which is a block", () => {
  const found = extractStream(invoke, [
    { messageStart: { role: 'assistant' } },
    { contentBlockDelta: { delta: { text: '555-' }, contentBlockIndex: 0 } },
    { contentBlockStop: { contentBlockIndex: 0 } },
    { contentBlockDelta: { delta: { text: '0100' }, contentBlockIndex: 1 } },
    { messageStop: { stopReason: 'end_turn' } },
    { metadata: { usage: {} }, 'amazon-bedrock-invocationMetrics': { x: 'no text' } },
  ]);
  expect(linesOf(found)).toEqual(['assistant text /1/contentBlockDelta/delta/text: 555-|0100']);
});

const FAMILIES: [string, unknown[], string][] = [
  [
    'Titan',
    [
      { outputText: 'a', index: 0 },
      { outputText: 'b', index: 0 },
    ],
    '/0/outputText: a|b',
  ],
  ['Llama', [{ generation: 'a', stop_reason: null }, { generation: 'b' }], '/0/generation: a|b'],
  ['Mistral', [{ outputs: [{ text: 'a' }] }, { outputs: [{ text: 'b' }] }], '/0/outputs/0/text: a|b'],
  [
    'Cohere',
    [
      { text: 'a', is_finished: false },
      { text: 'b', is_finished: false },
    ],
    '/0/text: a|b',
  ],
  [
    'Anthropic',
    [
      { type: 'content_block_delta', index: 0, delta: { text: 'a' } },
      { type: 'content_block_delta', index: 0, delta: { text: 'b' } },
    ],
    '/0/delta/text: a|b',
  ],
];

it.each(FAMILIES)('joins what %s says under InvokeModelWithResponseStream', (_, events, line) => {
  expect(linesOf(extractStream(invoke, events))).toEqual([`assistant text ${line}`]);
});

it('empties a trace beside an event of the model', () => {
  const trace = { guardrail: { modelOutput: ['Bob'] } };
  expect(
    rewriteStream(invoke, [{ outputText: 'Bob', 'amazon-bedrock-trace': trace }], ({ role }) =>
      role === 'assistant' ? '[NAME]' : undefined,
    ),
  ).toEqual({ values: [{ outputText: '[NAME]', 'amazon-bedrock-trace': {} }] });
});
