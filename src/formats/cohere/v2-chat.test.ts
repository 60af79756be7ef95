import { describe, expect, it } from 'vitest';
import { extract, linesOf, rewrite } from '../../../testkit/formats/extract.ts';
import type { JsonObject } from '../segment.ts';
import { chatV2 } from './v2-chat.ts';

const chat = (...messages: unknown[]): JsonObject => ({ model: 'command', messages });
const requestLines = (body: JsonObject) => linesOf(extract(chatV2, 'request', body));
const answerLines = (body: JsonObject) => linesOf(extract(chatV2, 'response', body));

describe('a version 2 chat request', () => {
  it.each<[string, JsonObject, string[]]>([
    [
      'roles',
      chat(
        { role: 'system', content: 'a' },
        { role: 'developer', content: 'b' },
        { role: 'user', content: 'c' },
        { role: 'assistant', content: 'd' },
        { role: 'tool', tool_call_id: 'call_1', content: 'e' },
        { role: 'oracle', content: 'f' },
      ),
      [
        'system text /messages/0/content: a',
        'system text /messages/1/content: b',
        'user text /messages/2/content: c',
        'assistant text /messages/3/content: d',
        'tool tool_result /messages/4/content: e',
        'user text /messages/5/content: f',
      ],
    ],
    [
      'parts, known and unknown',
      chat(
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'a' },
            { type: 'text', text: 'b' },
            { type: 'novel', payload: ['c', { deep: 'd' }] },
            'e',
            null,
          ],
        },
        {
          role: 'tool',
          content: [
            { type: 'document', document: { id: 'doc', data: { output: 'f', n: 1 } } },
            { type: 'document', document: 'g' },
            { type: 'text', text: 'h' },
          ],
        },
      ),
      [
        'assistant reasoning /messages/0/content/0/thinking: a',
        'assistant text /messages/0/content/1/text: b',
        'assistant text /messages/0/content/2/payload/0: c',
        'assistant text /messages/0/content/2/payload/1/deep: d',
        'assistant text /messages/0/content/3: e',
        'tool tool_result /messages/1/content/0/document/data/output: f',
        'tool tool_result /messages/1/content/1/document: g',
        'tool tool_result /messages/1/content/2/text: h',
      ],
    ],
    [
      'an assistant turn in reading order',
      chat({
        role: 'assistant',
        citations: [
          { text: 'q', type: 'PLAN', sources: [{ type: 'tool', id: 't', tool_output: { o: 'r' } }] },
        ],
        tool_calls: [
          { id: '1', type: 'function', function: { name: 'f', arguments: '{"a":"b"}' } },
          { id: '2', type: 'function', function: { name: 'g', arguments: 'null' } },
          { id: '3', function: 'odd' },
          'odder',
        ],
        tool_plan: 'p',
        note: 'n',
      }),
      [
        'assistant reasoning /messages/0/tool_plan: p',
        'assistant label /messages/0/tool_calls/0/function/name: f',
        'assistant tool_arguments /messages/0/tool_calls/0/function/arguments: {"a":"b"}',
        'assistant label /messages/0/tool_calls/1/function/name: g',
        'assistant tool_arguments /messages/0/tool_calls/1/function/arguments: null',
        'assistant tool_arguments /messages/0/tool_calls/2/function: odd',
        'assistant tool_arguments /messages/0/tool_calls/3: odder',
        'tool citation /messages/0/citations/0/text: q',
        'tool citation /messages/0/citations/0/sources/0/tool_output/o: r',
        'assistant text /messages/0/note: n',
      ],
    ],
    [
      'documents and a schema',
      {
        ...chat(),
        documents: ['a', { id: 'doc-1', data: { title: 'b', text: 'c' } }],
        response_format: {
          type: 'json_object',
          schema: { title: 'd', properties: { x: { description: 'e', type: 'string' } } },
        },
      },
      [
        'user document /documents/0: a',
        'user document /documents/1/data/title: b',
        'user document /documents/1/data/text: c',
        'system text /response_format/schema/title: d',
        'system text /response_format/schema/properties/x/description: e',
      ],
    ],
    [
      'messages that are no objects',
      chat('a', ['b'], 7, null),
      ['user text /messages/0: a', 'user text /messages/1/0: b'],
    ],
  ])('is read: %s', (_name, body, expected) => {
    expect(requestLines(body)).toEqual(expected);
  });

  it('has its tools read where they are none, and whatever sentence stands beside a definition', () => {
    const tools = [{ function: 'a' }, { note: 'b c', function: { name: 'f', note: 'd e', kind: 'free' } }];
    expect(linesOf(extract(chatV2, 'request', { messages: [], tools }))).toEqual([
      'system text /tools/0/function: a',
      'system text /tools/1/function/note: d e',
      'system text /tools/1/note: b c',
    ]);
  });

  it('names the model and counts what carries no text', () => {
    const found = extract(
      chatV2,
      'request',
      chat({
        role: 'user',
        content: [
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA', detail: 'low' } },
          { type: 'image_url', image_url: 'https://x/y.png' },
        ],
      }),
    );
    expect(found).toMatchObject({ model: 'command', segments: [], opaque: 2 });
  });

  it('has its tools in the form that AIDR knows', () => {
    const found = extract(chatV2, 'request', {
      ...chat(),
      tools: [
        { type: 'function', function: { name: 'f', description: 'd', parameters: { type: 'object' } } },
        { type: 'novel', description: 'n' },
        'odd',
      ],
    });
    expect(found?.tools).toEqual([
      {
        name: 'f',
        description: 'd',
        parameters: { type: 'object' },
        places: {
          name: ['tools', 0, 'function', 'name'],
          description: ['tools', 0, 'function', 'description'],
          parameters: ['tools', 0, 'function', 'parameters'],
        },
      },
    ]);
    expect(linesOf(found)).toEqual(['system text /tools/1/description: n', 'system text /tools/2: odd']);
  });

  it.each<[string, JsonObject]>([
    ['without messages', { message: 'x' }],
    ['with messages that are no list', { messages: { role: 'user', content: 'x' } }],
  ])('is not recognised %s', (_name, body) => {
    expect(requestLines(body)).toBeUndefined();
  });
});

describe('a version 2 chat answer', () => {
  const message = {
    role: 'assistant',
    content: [{ type: 'text', text: 'Ann founded it.' }],
    citations: [
      {
        start: 0,
        end: 3,
        text: 'Ann',
        sources: [{ type: 'document', id: 'doc-1', document: { id: 'doc-1', text: 'Ann Smith, founder' } }],
      },
    ],
  };
  const answer: JsonObject = { id: 'a', message, logprobs: [{ text: 'Ann', token_ids: [1] }] };

  it.each<[string, JsonObject, string[]]>([
    [
      'with its citations',
      answer,
      [
        'assistant text /message/content/0/text: Ann founded it.',
        'tool citation /message/citations/0/text: Ann',
        'tool citation /message/citations/0/sources/0/document/text: Ann Smith, founder',
      ],
    ],
    [
      'without content',
      { message: { tool_plan: 'p', tool_calls: [{ function: { name: 'f', arguments: '{}' } }] } },
      [
        'assistant reasoning /message/tool_plan: p',
        'assistant label /message/tool_calls/0/function/name: f',
        'assistant tool_arguments /message/tool_calls/0/function/arguments: {}',
      ],
    ],
    [
      'whoever it says that it is',
      { message: { role: 'user', content: 'a' }, novel: 'n' },
      ['assistant text /message/content: a', 'tool text /novel: n'],
    ],
    [
      'with citations of an odd shape',
      { message: { citations: ['a', { sources: 'b' }, { sources: ['c', { document: 'd' }] }] } },
      [
        'tool citation /message/citations/0: a',
        'tool citation /message/citations/1/sources: b',
        'tool citation /message/citations/2/sources/0: c',
        'tool citation /message/citations/2/sources/1/document: d',
      ],
    ],
  ])('is read %s', (_name, body, expected) => {
    expect(answerLines(body)).toEqual(expected);
  });

  it('loses its citations and its log probabilities when its text is changed', () => {
    const changed = rewrite(chatV2, 'response', answer, ({ kind }) => (kind === 'text' ? '#' : undefined));
    expect(changed).toEqual({
      body: {
        id: 'a',
        message: { role: 'assistant', content: [{ type: 'text', text: '#' }], citations: [] },
        logprobs: null,
      },
    });
  });

  it('keeps them when only the quoted source is changed', () => {
    const changed = rewrite(chatV2, 'response', answer, ({ text }) =>
      text.includes('Smith') ? 'Ann #, founder' : undefined,
    );
    expect(changed).toMatchObject({
      body: {
        message: {
          content: message.content,
          citations: [{ text: 'Ann', sources: [{ document: { text: 'Ann #, founder' } }] }],
        },
        logprobs: answer.logprobs,
      },
    });
  });

  it.each<[string, JsonObject]>([
    ['that is an error', { message: 'invalid request' }],
    ['of another API', { choices: [{ message: { content: 'x' } }] }],
  ])('is not recognised: one %s', (_name, body) => {
    expect(answerLines(body)).toBeUndefined();
  });
});
