/** What becomes of OpenAI's requests, and of Anthropic's answers. Every row was seen on Kong 3.9.1. */

import { describe, expect, it } from 'vitest';
import type { Settings } from '../settings.ts';
import { answer } from './answer.ts';
import { request } from './request.ts';

const settings = (options: object = {}, route: Settings['route_type'] = 'llm/v1/chat'): Settings => ({
  route_type: route,
  model: { provider: 'anthropic', options },
  max_request_body_size: 8192,
  model_name_header: true,
});
const translated = (client: object, used = settings()): unknown =>
  JSON.parse(JSON.stringify(request({ ...client }, used, 'claude')));
const user = { role: 'user', content: 'q' };
const call = (args: string) => ({ id: 'c1', type: 'function', function: { name: 'f', arguments: args } });
const assistant = (...calls: unknown[]) => ({ role: 'assistant', content: 'text', tool_calls: calls });

describe('a request for Anthropic', () => {
  it('has the model of the configuration and no default for max_tokens', () => {
    expect(translated({ messages: [user], top_p: 0.2, stop: ['a'] })).toEqual({
      model: 'claude',
      messages: [user],
      stream: false,
    });
  });

  it('lets the configuration win over the client', () => {
    const client = { messages: [user], max_tokens: 7, temperature: 0.5 };
    expect(translated(client, settings({ max_tokens: 55, temperature: 1 }))).toMatchObject({
      max_tokens: 55,
      temperature: 1,
    });
    expect(translated(client)).toMatchObject({ max_tokens: 7, temperature: 0.5 });
  });

  it.each([
    [
      'the last system message',
      [{ role: 'system', content: 'a' }, user, { role: 'developer', content: 'b' }],
      [user],
      'b',
    ],
    [
      'tool calls without the text beside them',
      [assistant(call('{"a":[]}'))],
      [{ role: 'assistant', content: [{ type: 'tool_use', id: 'c1', name: 'f', input: { a: {} } }] }],
      undefined,
    ],
    [
      'arguments that are no JSON as nothing',
      [assistant(call('{bad'))],
      [{ role: 'assistant', content: [{ type: 'tool_use', id: 'c1', name: 'f' }] }],
      undefined,
    ],
    ['no tool calls as no content', [assistant()], [{ role: 'assistant' }], undefined],
    [
      'a tool result',
      [{ role: 'tool', tool_call_id: 'c1', content: '42' }],
      [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c1', content: '42' }] }],
      undefined,
    ],
    ['nothing of strings, and an empty list as a map', ['hi'], {}, undefined],
  ])('carries %s', (_, messages, carried, system) => {
    const { messages: sent, system: sentSystem } = translated({ messages }) as Record<string, unknown>;
    expect(sent).toEqual(carried);
    expect(sentSystem).toEqual(system);
  });

  it('carries the tools that are functions, and tool_choice as it is', () => {
    const tools = [
      { type: 'function', function: { name: 'f', parameters: { type: 'object' } } },
      { type: 'other' },
    ];
    expect(translated({ messages: [user], tools, tool_choice: 'auto' })).toMatchObject({
      tools: [{ name: 'f', input_schema: { type: 'object' } }],
      tool_choice: 'auto',
    });
  });

  it.each([
    ['a message of null', { messages: [null] }],
    ['tool calls of null', { messages: [{ role: 'assistant', tool_calls: null }] }],
    ['a call without a function', { messages: [assistant({ id: 'c1' })] }],
    ['tools of null', { messages: [user], tools: null }],
  ])('cannot be made of %s', (_, client) => {
    expect(() => translated(client)).toThrow();
  });

  it('can be a completion', () => {
    const used = settings({}, 'llm/v1/completions');
    expect(translated({ prompt: 'hi', max_tokens: 3 }, used)).toEqual({
      model: 'claude',
      prompt: 'Human: hi\n\nAssistant:',
      max_tokens_to_sample: 3,
      stream: false,
    });
  });
});

describe('an answer of Anthropic', () => {
  const message = { model: 'claude', stop_reason: 'end_turn', usage: { input_tokens: 3, output_tokens: 4 } };
  const chat = (fields: object): unknown =>
    JSON.parse(answer(JSON.stringify({ ...message, ...fields }), 'llm/v1/chat'));
  const choice = (said: object, reason = 'end_turn') => ({
    choices: [{ index: 0, message: { role: 'assistant', ...said }, finish_reason: reason }],
    usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
    model: 'claude',
    object: 'chat.completion',
  });
  const toolUse = { type: 'tool_use', id: 't', name: 'f', input: { a: [] } };

  it.each([
    ['a text', { content: [{ type: 'text', text: 'hi' }] }, choice({ content: 'hi' })],
    ['no content', { content: [] }, choice({ content: '' })],
    ['content that is a map', { content: { a: 1 } }, choice({ content: '' })],
    [
      'tools between texts, and thinking',
      {
        content: [
          { type: 'thinking', thinking: 'h' },
          { type: 'text', text: 'a' },
          toolUse,
          { type: 'text', text: 'b' },
        ],
        stop_reason: 'tool_use',
      },
      choice(
        {
          content: '\na\nb',
          tool_calls: [{ id: 't', type: 'function', function: { name: 'f', arguments: '{"a":{}}' } }],
        },
        'tool_use',
      ),
    ],
    [
      'no usage',
      { content: [], usage: undefined },
      { ...choice({ content: '' }), usage: 'no usage data returned from upstream' },
    ],
  ])('with %s is one of OpenAI', (_, fields, expected) => {
    expect(chat(fields)).toEqual(expected);
  });

  it.each([
    ['not json', 'failed to decode anthropic response'],
    ['', 'failed to decode anthropic response'],
    ['[1]', "'content' not in anthropic://llm/v1/chat response"],
    ['"x"', "'content' not in anthropic://llm/v1/chat response"],
    ['{"error":{}}', "'content' not in anthropic://llm/v1/chat response"],
    ['{"content":"text"}', 'table expected'],
    ['{"content":[null]}', 'no table'],
    ['{"content":[{"text":1}]}', 'string expected'],
    ['{"content":[],"usage":null}', 'no table'],
  ])('of %j is an error', (text, message) => {
    expect(() => answer(text, 'llm/v1/chat')).toThrow(message);
  });

  it('can be a completion', () => {
    const text = '{"completion":"hi","stop_reason":"stop_sequence","model":"claude-2"}';
    expect(JSON.parse(answer(text, 'llm/v1/completions'))).toEqual({
      choices: [{ index: 0, text: 'hi', finish_reason: 'stop_sequence' }],
      model: 'claude-2',
      object: 'text_completion',
    });
  });
});
