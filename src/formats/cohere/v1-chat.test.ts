import { describe, expect, it } from 'vitest';
import { extract, linesOf, rewrite } from '../../../testkit/formats/extract.ts';
import type { JsonObject } from '../segment.ts';
import { chatV1 } from './v1-chat.ts';

const requestLines = (body: JsonObject) => linesOf(extract(chatV1, 'request', body));
const answerLines = (body: JsonObject) => linesOf(extract(chatV1, 'response', body));

describe('a version 1 chat request', () => {
  it.each<[string, JsonObject, string[]]>([
    [
      'in reading order',
      {
        message: 'm',
        preamble: 'p',
        documents: [{ id: 'd1', title: 't', snippet: 's' }],
        tool_results: [{ call: { name: 'f', parameters: { x: 'a' } }, outputs: [{ y: 'b' }, 'c'] }],
        chat_history: [
          { role: 'SYSTEM', message: 'd' },
          { role: 'USER', message: 'e' },
          {
            role: 'CHATBOT',
            message: 'f',
            tool_calls: [{ name: 'f', parameters: { x: 'g' }, generation_id: 'i' }],
          },
          {
            role: 'TOOL',
            tool_results: [{ call: { name: 'f', parameters: { x: 'h' } }, outputs: [{ y: 'i' }] }],
          },
          { role: 'Chatbot', message: 'j', note: 'k' },
        ],
        response_format: { type: 'json_object', schema: { description: 'n' } },
      },
      [
        'system text /preamble: p',
        'system text /chat_history/0/message: d',
        'user text /chat_history/1/message: e',
        'assistant text /chat_history/2/message: f',
        'assistant label /chat_history/2/tool_calls/0/name: f',
        'assistant tool_arguments /chat_history/2/tool_calls/0/parameters/x: g',
        'tool label /chat_history/3/tool_results/0/call/name: f',
        'tool tool_arguments /chat_history/3/tool_results/0/call/parameters/x: h',
        'tool tool_result /chat_history/3/tool_results/0/outputs/0/y: i',
        'assistant text /chat_history/4/message: j',
        'assistant text /chat_history/4/note: k',
        'user document /documents/0/title: t',
        'user document /documents/0/snippet: s',
        'user text /message: m',
        'tool label /tool_results/0/call/name: f',
        'tool tool_arguments /tool_results/0/call/parameters/x: a',
        'tool tool_result /tool_results/0/outputs/0/y: b',
        'tool tool_result /tool_results/0/outputs/1: c',
        'system text /response_format/schema/description: n',
      ],
    ],
    [
      'odd shapes',
      {
        message: { a: 'b' },
        preamble: ['c'],
        chat_history: ['d', null, { message: 7, tool_calls: 'e', tool_results: ['f', { call: 'g' }] }],
        documents: 'h',
        tools: 'i',
      },
      [
        'system text /preamble/0: c',
        'user text /chat_history/0: d',
        'user tool_arguments /chat_history/2/tool_calls: e',
        'tool tool_result /chat_history/2/tool_results/0: f',
        'tool tool_arguments /chat_history/2/tool_results/1/call: g',
        'user document /documents: h',
        'user text /message/a: b',
        'system text /tools: i',
      ],
    ],
    [
      'history alone',
      { chat_history: [{ role: 'USER', message: 'a' }] },
      ['user text /chat_history/0/message: a'],
    ],
  ])('is read: %s', (_name, body, expected) => {
    expect(requestLines(body)).toEqual(expected);
  });

  it('has its tools in the form that AIDR knows', () => {
    const parameter_definitions = { x: { description: 'e', type: 'str' } };
    const tools = [{ name: 'f', description: 'd', parameter_definitions }];
    expect(extract(chatV1, 'request', { message: 'm', tools })?.tools).toEqual([
      {
        name: 'f',
        description: 'd',
        parameters: parameter_definitions,
        places: {
          name: ['tools', 0, 'name'],
          description: ['tools', 0, 'description'],
          parameters: ['tools', 0, 'parameter_definitions'],
        },
      },
    ]);
  });

  it('counts a conversation that is kept elsewhere, and whatever the model is to find by itself', () => {
    const found = extract(chatV1, 'request', {
      message: '',
      conversation_id: 'c',
      connectors: [{ id: 'web-search' }, { id: 'wiki' }],
      model: 'command',
    });
    expect(found).toMatchObject({ segments: [], opaque: 3, model: 'command' });
  });

  it('is read where it is one event of a stream, labelled as a whole answer', () => {
    const body = { event_type: 'stream-end', generation_id: 'g', response: { text: 'a' } };
    expect(answerLines(body)).toEqual(['assistant text /response/text: a']);
  });

  it('is not recognised without a message', () => {
    expect(requestLines({ messages: [{ role: 'user', content: 'x' }] })).toBeUndefined();
  });
});

describe('a version 1 chat answer', () => {
  const answer: JsonObject = {
    response_id: 'r',
    text: 'Ann founded it.',
    citations: [{ start: 0, end: 3, text: 'Ann', document_ids: ['d1'] }],
    documents: [{ id: 'd1', snippet: 'Ann Smith, founder' }],
    chat_history: [
      { role: 'USER', message: 'Who founded it?' },
      { role: 'CHATBOT', message: 'Ann founded it.', tool_calls: [{ parameters: { x: 'y' } }] },
    ],
    meta: { api_version: { version: '1' } },
  };

  it.each<[string, JsonObject, string[]]>([
    [
      'with its sources, and its echo but for the copy',
      answer,
      [
        'assistant text /text: Ann founded it.',
        'tool citation /citations/0/text: Ann',
        'tool document /documents/0/snippet: Ann Smith, founder',
        'tool citation /chat_history/0/message: Who founded it?',
        'tool citation /chat_history/1/tool_calls/0/parameters/x: y',
      ],
    ],
    [
      'with tool calls and searches',
      {
        text: '',
        generation_id: 'g',
        prompt: 'p',
        tool_calls: [{ name: 'f', parameters: { x: 'a' } }],
        search_queries: [{ text: 'b', generation_id: 'g' }],
        search_results: [
          {
            search_query: { text: 'c', generation_id: 'g' },
            connector: { id: 'web' },
            document_ids: ['d'],
            error_message: 'e',
          },
        ],
        novel: 'n',
      },
      [
        'assistant label /tool_calls/0/name: f',
        'assistant tool_arguments /tool_calls/0/parameters/x: a',
        'tool citation /search_queries/0/text: b',
        'tool citation /search_results/0/search_query/text: c',
        'tool citation /search_results/0/error_message: e',
        'tool citation /prompt: p',
        'tool text /novel: n',
      ],
    ],
    [
      'whatever its text is',
      { generation_id: 'g', text: ['a'], chat_history: ['b', { message: 'c' }] },
      [
        'assistant text /text/0: a',
        'tool citation /chat_history/0: b',
        'tool citation /chat_history/1/message: c',
      ],
    ],
  ])('is read %s', (_name, body, expected) => {
    expect(answerLines(body)).toEqual(expected);
  });

  it('is changed wherever it stands, and loses its citations', () => {
    const changed = rewrite(chatV1, 'response', answer, ({ kind }) => (kind === 'text' ? '#' : undefined));
    expect(changed).toMatchObject({
      body: {
        text: '#',
        citations: [],
        documents: [{ snippet: 'Ann Smith, founder' }],
        chat_history: [{ message: 'Who founded it?' }, { message: '#' }],
      },
    });
  });

  it.each<[string, JsonObject]>([
    ['that is an error', { message: 'invalid request' }],
    ['of version 2', { message: { content: [{ type: 'text', text: 'x' }] } }],
    ['of another API', { generations: [{ text: 'x' }] }],
  ])('is not recognised: one %s', (_name, body) => {
    expect(answerLines(body)).toBeUndefined();
  });
});
