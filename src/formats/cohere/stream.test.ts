import { expect, it } from 'vitest';
import { extractStream, linesOf, rewriteStream } from '../../../testkit/formats/extract.ts';
import { chatV1 } from './v1-chat.ts';
import { chatV2 } from './v2-chat.ts';

const event = (type: string, message: object, index?: number) => ({ type, index, delta: { message } });

it('joins what version 2 says in deltas', () => {
  const found = extractStream(chatV2, [
    event('message-start', { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] }),
    event('tool-plan-delta', { tool_plan: 'I ' }),
    event('tool-plan-delta', { tool_plan: 'will' }),
    event(
      'tool-call-start',
      { tool_calls: { id: 'a', type: 'function', function: { name: 'f', arguments: '' } } },
      0,
    ),
    event('tool-call-delta', { tool_calls: { function: { arguments: '{"a":' } } }, 0),
    event('tool-call-delta', { tool_calls: { function: { arguments: '1}' } } }, 0),
    event('tool-call-delta', { tool_calls: { function: { arguments: '{}' } } }, 1),
    event('content-start', { content: { type: 'thinking', thinking: '' } }, 0),
    event('content-delta', { content: { thinking: 'Hm' } }, 0),
    event('content-delta', { content: { text: 'Hel' } }, 1),
    event('content-delta', { content: { text: 'lo' } }, 1),
    { type: 'message-end', delta: { error: 'gone', finish_reason: 'ERROR', usage: {} } },
  ]);
  expect(linesOf(found)).toEqual([
    'assistant reasoning /1/delta/message/tool_plan: I |will',
    'assistant tool_arguments /4/delta/message/tool_calls/function/arguments: {"a":|1}',
    'assistant tool_arguments /6/delta/message/tool_calls/function/arguments: {}',
    'assistant reasoning /8/delta/message/content/thinking: Hm',
    'assistant text /9/delta/message/content/text: Hel|lo',
    'assistant label /3/delta/message/tool_calls/function/name: f',
    'tool text /11/delta/error: gone',
  ]);
});

it('empties the citations and log probabilities of a changed answer', () => {
  const events = [
    { ...event('content-delta', { content: { text: 'Bob' } }, 0), logprobs: { text: 'Bob' } },
    event('citation-start', { citations: { start: 0, end: 3, text: 'Bob', sources: [] } }, 0),
  ];
  expect(rewriteStream(chatV2, events, () => '[NAME]')).toEqual({
    values: [
      { ...event('content-delta', { content: { text: '[NAME]' } }, 0), logprobs: null },
      event('citation-start', { citations: {} }, 0),
    ],
  });
});

it('rewrites the whole answer and the history at the end of a stream of version 1', () => {
  const ending = (text: string) => ({
    event_type: 'stream-end',
    response: {
      text,
      chat_history: [
        { role: 'USER', message: 'Who?' },
        { role: 'CHATBOT', message: text },
      ],
    },
  });
  const said = (text: string) => ({ event_type: 'text-generation', is_finished: false, text });
  const events = [
    { event_type: 'stream-start', generation_id: 'g' },
    said('It is '),
    said('Bob'),
    ending('It is Bob'),
  ];
  expect(linesOf(extractStream(chatV1, events))).toEqual([
    'assistant text /1/text: It is |Bob',
    'tool citation /3/response/chat_history/0/message: Who?',
  ]);
  expect(
    rewriteStream(chatV1, events, ({ role }) => (role === 'assistant' ? 'It is [NAME]' : undefined)),
  ).toEqual({ values: [events[0], said('It is '), said('[NAME]'), ending('It is [NAME]')] });
});

it('reads an end that says something else than the deltas did', () => {
  const found = extractStream(chatV1, [
    { event_type: 'text-generation', text: 'Hel' },
    { event_type: 'stream-end', response: { text: 'Hello', generations: [{ id: 'g', text: 'Hey' }] } },
  ]);
  expect(linesOf(found)).toEqual([
    'assistant text /0/text: Hel',
    'assistant text /1/response/text: Hello',
    'assistant text /1/response/generations/0/text: Hey',
  ]);
});

it('joins the fragments of tool calls of version 1', () => {
  const found = extractStream(chatV1, [
    { event_type: 'tool-calls-chunk', text: 'I will' },
    { event_type: 'tool-calls-chunk', tool_call_delta: { index: 0, name: 'f' } },
    { event_type: 'tool-calls-chunk', tool_call_delta: { index: 0, parameters: '{"to":' } },
    { event_type: 'tool-calls-chunk', tool_call_delta: { index: 0, parameters: '"bob"}' } },
    {
      event_type: 'tool-calls-generation',
      text: 'I will',
      tool_calls: [{ name: 'f', parameters: { to: 'bob' } }],
    },
  ]);
  expect(linesOf(found)).toEqual([
    'assistant text /0/text: I will',
    'assistant tool_arguments /2/tool_call_delta/parameters: {"to":|"bob"}',
    'assistant label /1/tool_call_delta/name: f',
    'assistant label /4/tool_calls/0/name: f',
    'assistant tool_arguments /4/tool_calls/0/parameters/to: bob',
  ]);
  expect(found?.segments[0]?.copies).toEqual([{ path: [4, 'text'] }]);
});

it('reads an answer within the answer that ends a stream of version 1', () => {
  const ending = { event_type: 'stream-end', response: { text: 'a', response: { text: 'b' } } };
  expect(linesOf(extractStream(chatV1, [ending]))).toContain('assistant text /0/response/response/text: b');
});
