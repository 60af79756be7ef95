import { describe, expect, it } from 'vitest';
import { linesOf } from '../../testkit/formats/extract.ts';
import { SSE } from '../body/stream/sse.ts';
import type { ProviderName as Provider } from './providers.ts';
import { readError, readRequest, readResponse, readStream } from './read.ts';
import { routeFormats } from './registry.ts';
import type { JsonObject, Segment } from './segment.ts';
import { streamEnd } from './stream-end.ts';
import { writeBack } from './write-back.ts';

function route(provider: Provider, apiUri: string) {
  const formats = routeFormats(provider, apiUri);
  if (!formats) throw new Error(`no format for ${provider} ${apiUri}`);
  return formats;
}

function requestLines(
  provider: Provider,
  apiUri: string,
  body: JsonObject,
  path = '/any',
): string[] | undefined {
  const { extraction, isRecognised } = readRequest(route(provider, apiUri), body, path);
  return isRecognised ? linesOf(extraction) : undefined;
}

describe('a request', () => {
  it('is read by the configured format, and so is what no format knows', () => {
    const body = { model: 'gpt-4o', messages: [{ role: 'user', content: 'a' }], prompt: 'b' };
    expect(requestLines('openai', '/v1/chat/completions', body)).toEqual([
      'user text /messages/0/content: a',
      'user text /prompt: b',
      'user label /: prompt',
    ]);
  });

  it.each<[string, Provider, string, JsonObject]>([
    ['/v1/responses', 'openai', '/v1/chat/completions', { input: [{ role: 'developer', content: 'a' }] }],
    [
      '/openai/v1/responses/compact',
      'azureai',
      '/chat/completions',
      { input: [{ role: 'developer', content: 'a' }] },
    ],
    ['/v1/any', 'openai', '/v1/chat/completions', { input: [{ role: 'developer', content: 'a' }] }],
    ['/v1/any', 'openai', 'auto', { input: [{ role: 'developer', content: 'a' }] }],
  ])('is read as what its path or its shape says: %s, %s %s', (path, provider, apiUri, body) => {
    expect(requestLines(provider, apiUri, body, path)).toEqual(['system text /input/0/content: a']);
  });

  it('is read in all its parts with `auto`, whichever API reads which', () => {
    const body = { messages: [{ role: 'user', content: 'a' }], input: [[1, 2]] };
    const { extraction } = readRequest(route('openai', 'auto'), body, '/any');
    expect(linesOf(extraction)).toEqual(['user text /messages/0/content: a']);
    expect(extraction.unreadable).toBe(1);
  });

  it('names the model of an Azure deployment', () => {
    const path = '/openai/deployments/my%20gpt/chat/completions';
    const { extraction } = readRequest(route('azureai', '/chat/completions'), { messages: [] }, path);
    expect(extraction.model).toBe('my gpt');
  });

  it('names a tool once: in its definition, or else where it is called', () => {
    const call = (name: string) => ({ type: 'function', function: { name, arguments: '' } });
    const body = {
      messages: [{ role: 'assistant', tool_calls: [call('offered'), call('other')] }],
      tools: [{ type: 'function', function: { name: 'offered' } }],
    };
    expect(requestLines('openai', '/v1/chat/completions', body)).toEqual([
      'assistant label /messages/0/tool_calls/1/function/name: other',
    ]);
  });

  it('is not recognised when no API has its shape', () => {
    expect(requestLines('kong', 'auto', { segassem: [] })).toBeUndefined();
  });
});

describe('JSON that JavaScript stumbles over', () => {
  const odd = { toString: 'a b', valueOf: 'c d' };
  const PROVIDERS: Provider[] = ['openai', 'azureai', 'anthropic', 'cohere', 'gemini', 'bedrock', 'kong'];
  const part = { type: odd, text: 'e', jsonPath: odd, file_type: 'x', content: odd };
  const call = {
    ...{ index: odd, function: { arguments: 'k' } },
    code_interpreter: { input: 'l', outputs: [{ index: odd, logs: 'l' }] },
  };
  const BODIES: JsonObject[] = [
    { messages: [{ role: odd, content: [part] }], input: [{ type: odd, role: odd }] },
    { message: 'm', chat_history: [{ role: odd, message: 'n' }] },
    { candidates: [{ content: { parts: [{ text: odd }] } }] },
    { contents: [{ parts: [{ functionCall: { partialArgs: [{ jsonPath: odd, stringValue: 'f' }] } }] }] },
    { content: [{ type: 'text_editor_code_execution_view_result', content: odd }], role: 'assistant' },
    {
      type: odd,
      event_type: odd,
      index: odd,
      is_finished: false,
      text: 'g',
      tool_call_delta: { index: odd },
    },
    { type: 'response.output_audio.delta', delta: odd },
    { type: 'response.created', sequence_number: odd },
    { type: odd },
    { event_type: 'step.delta', index: odd, delta: { text: 'h' } },
    { type: 'message.output.delta', id: odd, output_index: odd, content_index: odd, content: 'i' },
    { object: 'thread.message.delta', id: odd, delta: { content: [{ index: odd, text: { value: 'j' } }] } },
    { object: 'thread.run.step.delta', id: odd, delta: { step_details: { tool_calls: [call] } } },
    { type: 'event_delta', event_id: odd, delta: { index: odd, content: { text: 'm' } } },
  ];

  const PATHS = [
    ...['/any', '/v1/conversations', '/v1beta/interactions', '/v1/audio/transcriptions'],
    '/v1/sessions/s/events',
  ];

  it.each(PROVIDERS)('is read all the same: %s', (provider) => {
    for (const body of BODIES) {
      for (const path of PATHS) {
        expect(() => readRequest(route(provider, 'auto'), body, path)).not.toThrow();
        expect(() => readResponse(route(provider, 'auto'), body, path)).not.toThrow();
        expect(() => readStream(route(provider, 'auto'), [{ value: body }], path)).not.toThrow();
      }
      expect(() => streamEnd(SSE, [{ value: body }], 1, 'm')).not.toThrow();
    }
  });
});

describe("behind Kong's ai-proxy", () => {
  const anthropic = {
    model: 'claude',
    max_tokens: 9,
    system: 'a',
    messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'b' }] }],
  };
  const gemini = {
    systemInstruction: { parts: [{ text: 'a' }] },
    contents: [{ role: 'user', parts: [{ functionResponse: { name: 'f', response: { x: 'b' } } }] }],
  };
  const converse = {
    system: [{ text: 'a' }],
    messages: [
      {
        role: 'user',
        content: [{ toolResult: { toolUseId: 'tooluse_1a2b3c4d', content: [{ text: 'b' }] } }],
      },
    ],
  };

  it.each<[string, JsonObject]>([
    ['anthropic', anthropic],
    ['gemini', gemini],
    ['bedrock', converse],
  ])('a native request is read by its own format: %s', (_name, body) => {
    for (const apiUri of ['/llm/v1/chat', 'auto']) {
      const { extraction, isRecognised } = readRequest(route('kong', apiUri), body, '/any');
      expect(isRecognised).toBe(true);
      const isOfTurns = ({ isOutsideConversation, kind }: Segment) =>
        !isOutsideConversation && kind !== 'label';
      const turns = extraction.segments.filter(isOfTurns);
      expect(turns.map(({ role, text }) => `${role} ${text}`)).toEqual(['system a', 'tool b']);
    }
  });

  it('a chat completion is read by its own format, though others have messages too', () => {
    const call = { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } };
    const body = { messages: [{ role: 'assistant', content: null, tool_calls: [call] }] };
    expect(requestLines('kong', 'auto', body)).toEqual([
      'assistant label /messages/0/tool_calls/0/function/name: f',
      'assistant tool_arguments /messages/0/tool_calls/0/function/arguments: {}',
    ]);
  });

  it.each<[string, unknown]>([
    ['chat completions', { choices: [{ message: { content: 'a' } }] }],
    ['completions', { choices: [{ text: 'a' }] }],
    [
      'responses',
      { output: [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'a' }] }] },
    ],
    ['anthropic', { content: [{ type: 'text', text: 'a' }], stop_reason: 'end_turn' }],
    ['gemini', { candidates: [{ content: { parts: [{ text: 'a' }] } }] }],
    ['bedrock', { output: { message: { role: 'assistant', content: [{ text: 'a' }] } } }],
    [
      'cohere v2',
      {
        id: 'c14c80c3-18eb-4519-9460-6c92edd8cfb4',
        message: { role: 'assistant', content: [{ type: 'text', text: 'a' }] },
      },
    ],
    ['ollama', { message: { role: 'assistant', content: 'a' }, done: true }],
    ['llama2-raw', { data: [{ generated_text: 'a' }] }],
    ['huggingface', [{ generated_text: 'a' }]],
  ])('an answer is read whoever gave it: %s', (_name, body) => {
    const { extraction, isRecognised } = readResponse(route('kong', '/llm/v1/chat'), body, '/any');
    expect(isRecognised).toBe(true);
    expect(extraction.segments.map(({ role, kind, text }) => `${role} ${kind} ${text}`)).toEqual([
      'assistant text a',
    ]);
  });
});

describe('a streamed answer', () => {
  const chat = [
    { value: { choices: [{ index: 0, delta: { role: 'assistant', content: 'a' } }] } },
    { value: { choices: [{ index: 0, delta: { content: 'b' } }] } },
    { value: undefined },
  ];
  const anthropic = [
    { name: 'content_block_start', value: { type: 'content_block_start', index: 0, content_block: {} } },
    {
      name: 'content_block_delta',
      value: { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'ab' } },
    },
  ];

  it('is read by the configured format, by the one that the path names, or by any that recognises it', () => {
    const routes = [
      readStream(route('openai', '/v1/chat/completions'), chat, '/any'),
      readStream(route('openai', '/v1/responses'), chat, '/v1/chat/completions'),
      readStream(route('openai', 'auto'), chat, '/any'),
      readStream(route('kong', '/llm/v1/chat'), anthropic, '/any'),
    ];
    for (const { extraction, isRecognised } of routes) {
      expect(isRecognised).toBe(true);
      expect(extraction.segments.map(({ role, kind, text }) => `${role} ${kind} ${text}`)).toEqual([
        'assistant text ab',
      ]);
    }
  });

  it('has what its frames hold beside the JSON inspected once, and a change of that refused', () => {
    const events = [...chat, { value: undefined, beside: 'note' }, { value: {}, beside: 'note' }];
    const { extraction } = readStream(route('openai', '/v1/chat/completions'), events, '/any');
    const [, note, ...rest] = extraction.segments;
    expect(note).toMatchObject({ role: 'tool', text: 'note', immutableBecause: 'frame' });
    expect(rest).toEqual([]);
    expect(note && writeBack([], [{ segment: note, text: '*' }])).toMatchObject({ ok: false });
    expect(
      readError([{ a: 'b' }], [{ value: { a: 'b' }, beside: 'note' }]).segments.map(({ text }) => text),
    ).toEqual(['b', 'a', 'note']);
  });

  it('says the model that only the path names', () => {
    const path = '/model/amazon.nova-micro-v1%3A0/converse-stream';
    expect(readStream(route('bedrock', 'auto'), [], path).extraction.model).toBe('amazon.nova-micro-v1:0');
  });

  it.each<[string, { value: unknown }[]]>([
    ['no events', []],
    ['no JSON', [{ value: undefined }]],
    ['what no API sends', [{ value: 1 }, { value: ['a'] }, { value: { foo: 'a' } }]],
  ])('is not recognised with %s', (_name, events) => {
    for (const provider of ['openai', 'anthropic', 'cohere', 'gemini', 'bedrock', 'kong'] as const)
      expect(readStream(route(provider, 'auto'), events, '/any').isRecognised, provider).toBe(false);
  });
});
