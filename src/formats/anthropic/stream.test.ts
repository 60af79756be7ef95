import { expect, it } from 'vitest';
import { extractStream, linesOf, rewriteStream } from '../../../testkit/formats/extract.ts';
import { complete } from './complete.ts';
import { messages } from './messages.ts';

const start = (index: number, content_block: object) => ({
  type: 'content_block_start',
  index,
  content_block,
});
const delta = (index: number, change: object) => ({ type: 'content_block_delta', index, delta: change });
const text = (index: number, said: string) => delta(index, { type: 'text_delta', text: said });
const beginning = { type: 'message_start', message: { role: 'assistant', content: [], model: 'claude' } };

it('joins the deltas of adjacent text blocks, which citations cut', () => {
  const found = extractStream(messages, [
    beginning,
    start(0, { type: 'text', text: '' }),
    text(0, 'Call 555-'),
    { type: 'ping' },
    { type: 'content_block_stop', index: 0 },
    start(1, { type: 'text', text: '' }),
    delta(1, { type: 'citations_delta', citation: { type: 'page', cited_text: 'the book' } }),
    text(1, '0100'),
    { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: {} },
    { type: 'message_stop' },
  ]);
  expect(linesOf(found)).toEqual([
    'assistant text /2/delta/text: Call 555-|0100',
    'tool citation /6/delta/citation/cited_text: the book',
  ]);
  expect(found?.model).toBe('claude');
});

it('joins the fragments of each tool call, and keeps signed thinking as it is', () => {
  const found = extractStream(messages, [
    start(0, { type: 'thinking', thinking: '', signature: '' }),
    delta(0, { type: 'thinking_delta', thinking: 'I ' }),
    delta(0, { type: 'thinking_delta', thinking: 'see' }),
    delta(0, { type: 'signature_delta', signature: 'c2ln' }),
    start(1, { type: 'tool_use', id: 't1', name: 'send', input: {} }),
    delta(1, { type: 'input_json_delta', partial_json: '{"to":' }),
    delta(1, { type: 'input_json_delta', partial_json: '"bob"}' }),
  ]);
  expect(linesOf(found)).toEqual([
    'assistant reasoning /1/delta/thinking: I |see',
    'assistant tool_arguments /5/delta/partial_json: {"to":|"bob"}',
    'assistant label /4/content_block/name: send',
  ]);
  expect(found?.segments.map(({ immutableBecause }) => immutableBecause)).toEqual([
    'signature',
    undefined,
    'label',
  ]);
});

it('reads the results of server tools, which arrive whole, and compactions', () => {
  const found = extractStream(messages, [
    start(0, { type: 'web_search_tool_result', tool_use_id: 's', content: [{ type: 'r', title: 'A page' }] }),
    start(1, { type: 'compaction', content: null }),
    delta(1, { type: 'compaction_delta', content: 'In short', encrypted_content: 'eA==' }),
  ]);
  expect(linesOf(found)).toEqual([
    'tool tool_result /0/content_block/content/0/title: A page',
    'assistant text /2/delta/content: In short',
  ]);
});

it('counts what carries no text', () => {
  const found = extractStream(messages, [
    start(0, { type: 'redacted_thinking', data: 'AAAA' }),
    start(1, { type: 'compaction', content: null, encrypted_content: null }),
    delta(1, { type: 'compaction_delta', content: null, encrypted_content: 'AAAA' }),
    { type: 'message_delta', delta: { stop_reason: 'end_turn', container: { id: 'c' } } },
  ]);
  expect(found).toMatchObject({ segments: [], opaque: 3 });
});

it('tells blocks apart whose numbers start again, and finds a place for deltas without one', () => {
  const found = extractStream(messages, [
    beginning,
    start(0, { type: 'tool_use', name: 'a', input: {} }),
    delta(0, { partial_json: '{"a":1}' }),
    beginning,
    start(0, { type: 'tool_use', name: 'b', input: {} }),
    delta(0, { partial_json: '{"b":' }),
    { type: 'content_block_delta', delta: { partial_json: '2}' } },
  ]);
  expect(linesOf(found)).toEqual([
    'assistant tool_arguments /2/delta/partial_json: {"a":1}',
    'assistant label /1/content_block/name: a',
    'assistant tool_arguments /5/delta/partial_json: {"b":|2}',
    'assistant label /4/content_block/name: b',
  ]);
});

it('reads errors, refusals and what it does not know', () => {
  const found = extractStream(messages, [
    beginning,
    { type: 'message_delta', delta: { stop_details: { type: 'refusal', explanation: 'I will not' } } },
    { type: 'future_event', news: 'hear, hear' },
    delta(0, { type: 'future_delta', verse: 'la la' }),
    { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
  ]);
  expect(linesOf(found)).toEqual([
    'assistant text /3/delta/verse: la la',
    'assistant refusal /1/delta/stop_details/explanation: I will not',
    'tool text /2/news: hear, hear',
    'tool text /4/error/message: Overloaded',
  ]);
});

it('writes a redaction across deltas into the delta where it begins', () => {
  const events = [
    start(0, { type: 'text', text: '' }),
    text(0, 'Call 555-'),
    text(0, '0100 or'),
    text(0, ' me'),
  ];
  expect(rewriteStream(messages, events, () => 'Call [PHONE] or me')).toEqual({
    values: [events[0], text(0, 'Call [PHONE]'), text(0, ' or'), events[3]],
  });
});

it("leaves other APIs' streams alone", () => {
  expect(extractStream(messages, [undefined, 1, null, { choices: [] }])).toBeUndefined();
});

it('joins the pieces of a legacy completion', () => {
  const found = extractStream(complete, [{ completion: ' He' }, { completion: 'llo', stop_reason: 'stop' }]);
  expect(linesOf(found)).toEqual(['assistant text /0/completion:  He|llo']);
});
