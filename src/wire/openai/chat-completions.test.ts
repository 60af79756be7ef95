import { describe, expect, it } from 'vitest';
import { Collector } from '../collector.ts';
import type { Extraction, JsonObject } from '../segment.ts';
import { chatCompletions } from './chat-completions.ts';

function readRequest(body: JsonObject): Extraction | undefined {
  const out = new Collector();
  return chatCompletions.readRequest(body, out) ? out.found : undefined;
}

function readResponse(body: JsonObject): Extraction | undefined {
  const out = new Collector();
  return chatCompletions.readResponse(body, out) ? out.found : undefined;
}

/** `role kind pointer: text`, one line a segment. */
function lines(found: Extraction | undefined): string[] | undefined {
  return found?.segments.map(
    ({ role, kind, pieces, text }) => `${role} ${kind} /${pieces[0]?.path.join('/')}: ${text}`,
  );
}

const chat = (...messages: unknown[]) => ({ model: 'gpt-4o', messages });

describe('a chat completions request', () => {
  it.each<[string, JsonObject, string[]]>([
    [
      'roles',
      chat(
        { role: 'system', content: 'a' },
        { role: 'developer', content: 'b' },
        { role: 'user', content: 'c', name: 'bob' },
        { role: 'assistant', content: 'd' },
        { role: 'tool', content: 'e', tool_call_id: 'call_1' },
        { role: 'function', name: 'f', content: 'f' },
        { role: 'oracle', content: 'g' },
        { content: 'h' },
      ),
      [
        'system text /messages/0/content: a',
        'system text /messages/1/content: b',
        'user text /messages/2/content: c',
        'assistant text /messages/3/content: d',
        'tool tool_result /messages/4/content: e',
        'tool tool_result /messages/5/content: f',
        'user text /messages/6/content: g',
        'user text /messages/7/content: h',
      ],
    ],
    [
      'parts, known and unknown',
      chat({
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: '' },
          { type: 'novel', payload: ['b', { deep: 'c' }], size: 3 },
          'd',
          null,
        ],
      }),
      [
        'user text /messages/0/content/0/text: a',
        'user text /messages/0/content/2/payload/0: b',
        'user text /messages/0/content/2/payload/1/deep: c',
        'user text /messages/0/content/3: d',
      ],
    ],
    [
      'an assistant turn in reading order',
      chat({
        role: 'assistant',
        content: null,
        refusal: 'r',
        reasoning_content: 'thought',
        tool_calls: [
          { id: '1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
          { id: '2', type: 'custom', custom: { name: 'g', input: 'free' } },
        ],
        function_call: { name: 'h', arguments: '{}' },
        vendor_note: 'n',
      }),
      [
        'assistant reasoning /messages/0/reasoning_content: thought',
        'assistant refusal /messages/0/refusal: r',
        'assistant tool_arguments /messages/0/tool_calls/0/function/arguments: {"a":1}',
        'assistant tool_arguments /messages/0/tool_calls/1/custom/input: free',
        'assistant tool_arguments /messages/0/function_call/arguments: {}',
        'assistant text /messages/0/vendor_note: n',
      ],
    ],
    [
      'a prediction and a schema',
      {
        ...chat(),
        prediction: { type: 'content', content: [{ type: 'text', text: 'p' }] },
        response_format: {
          type: 'json_schema',
          json_schema: {
            name: 's',
            description: 'd',
            schema: { properties: { x: { type: 'string', description: 'e' } } },
          },
        },
      },
      [
        'assistant text /prediction/content/0/text: p',
        'system text /response_format/json_schema/description: d',
        'system text /response_format/json_schema/schema/properties/x/description: e',
      ],
    ],
    [
      'messages that are no objects',
      chat('a', ['b'], 7, null),
      ['user text /messages/0: a', 'user text /messages/1/0: b'],
    ],
  ])('is read: %s', (_name, body, expected) => {
    expect(lines(readRequest(body))).toEqual(expected);
  });

  it('names the model and counts what carries no text', () => {
    const found = readRequest(
      chat({
        role: 'user',
        content: [
          { type: 'image_url', image_url: { url: 'https://x' } },
          { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
          { type: 'file', file: { file_id: 'file-1' } },
        ],
      }),
    );
    expect(found).toMatchObject({ model: 'gpt-4o', segments: [], opaque: 3 });
  });

  it('has its tools in the form that AIDR knows', () => {
    const found = readRequest({
      ...chat(),
      tools: [
        {
          type: 'function',
          function: { name: 'f', description: 'd', parameters: { type: 'object' }, strict: true },
        },
        { type: 'custom', custom: { name: 'c', format: { type: 'text' } } },
        { type: 'novel', description: 'n' },
      ],
      functions: [{ name: 'old' }],
    });
    expect(found?.tools).toEqual([
      {
        name: 'f',
        description: 'd',
        parameters: { type: 'object' },
        places: {
          description: ['tools', 0, 'function', 'description'],
          parameters: ['tools', 0, 'function', 'parameters'],
        },
      },
      {
        name: 'c',
        parameters: { type: 'text' },
        places: {
          description: ['tools', 1, 'custom', 'description'],
          parameters: ['tools', 1, 'custom', 'format'],
        },
      },
      {
        name: 'old',
        places: { description: ['functions', 0, 'description'], parameters: ['functions', 0, 'format'] },
      },
    ]);
    expect(lines(found)).toEqual(['system text /tools/2/description: n']);
  });

  it.each<[string, JsonObject]>([
    ['without messages', { prompt: 'x' }],
    ['with messages that are no list', { messages: { role: 'user', content: 'x' } }],
  ])('is not recognised %s', (_name, body) => {
    expect(readRequest(body)).toBeUndefined();
  });
});

describe('a chat completions answer', () => {
  it('is read choice by choice', () => {
    const found = readResponse({
      model: 'gpt-4o-2024',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'a', annotations: [{ url_citation: { title: 't' } }] },
        },
        {
          index: 1,
          message: { content: null, tool_calls: [{ function: { name: 'f', arguments: '{"x":"y"}' } }] },
        },
        {
          index: 2,
          message: { role: 'user', content: null, audio: { id: 'au', data: 'AAAA', transcript: 'b' } },
        },
        { index: 3, message: { content: ['odd', { type: 'text', text: 'c' }] } },
        { index: 4, finish_reason: 'content_filter' },
      ],
    });
    expect(found).toMatchObject({ model: 'gpt-4o-2024', opaque: 1 });
    expect(lines(found)).toEqual([
      'assistant text /choices/0/message/content: a',
      'assistant tool_arguments /choices/1/message/tool_calls/0/function/arguments: {"x":"y"}',
      'assistant text /choices/2/message/audio/transcript: b',
      'assistant text /choices/3/message/content/0: odd',
      'assistant text /choices/3/message/content/1/text: c',
    ]);
  });

  it('loses its log probabilities when its text is changed', () => {
    const logprobs = { content: [{ token: 'a', logprob: -1 }] };
    const found = readResponse({
      choices: [{ logprobs, message: { content: 'a' } }, { message: { content: 'b' } }],
    });
    expect(found?.segments.map(({ derived }) => derived)).toEqual([
      [{ path: ['choices', 0, 'logprobs'], json: 'null' }],
      [],
    ]);
  });

  it.each<[string, JsonObject]>([
    ['without choices', { output: [] }],
    ['with the choices of legacy completions', { choices: [{ text: 'a', index: 0 }] }],
  ])('is not recognised %s', (_name, body) => {
    expect(readResponse(body)).toBeUndefined();
  });
});
