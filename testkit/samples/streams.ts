/** Streamed answers: each framing, and each way in which an API tells a text in pieces. */
import type { StreamSample } from './sample.ts';

type Events = StreamSample['events'];

const unnamed = (...values: unknown[]): Events => values.map((value) => ({ value }));

const typed = (...values: { type: string; [key: string]: unknown }[]): Events =>
  values.map((value) => ({ name: value.type, value }));

const chunk = (delta: object, index = 0) => ({
  id: 'c',
  object: 'chat.completion.chunk',
  model: 'm',
  choices: [{ index, delta, finish_reason: null }],
});

const CLAUDE = typed(
  { type: 'message_start', message: { id: 'm', type: 'message', role: 'assistant', content: [] } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'It is ' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'sunny.' } },
  { type: 'content_block_stop', index: 0 },
  {
    type: 'content_block_start',
    index: 1,
    content_block: { type: 'tool_use', id: 't', name: 'weather', input: {} },
  },
  { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '{"city":"Ro' } },
  { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: 'me"}' } },
  { type: 'content_block_stop', index: 1 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } },
  { type: 'message_stop' },
);

const GEMINI = unnamed(
  { candidates: [{ index: 0, content: { role: 'model', parts: [{ text: 'It is ' }] } }] },
  {
    candidates: [{ index: 0, finishReason: 'STOP', content: { role: 'model', parts: [{ text: 'sunny.' }] } }],
  },
);

export const STREAMS: readonly StreamSample[] = [
  {
    name: 'chat completions',
    route: ['openai', '/v1/chat/completions'],
    path: '/v1/chat/completions',
    framing: 'sse',
    events: unnamed(
      chunk({ role: 'assistant', content: '' }),
      chunk({ reasoning_content: 'The user ' }),
      chunk({ reasoning_content: 'wants it.' }),
      chunk({ content: 'It is ' }),
      chunk({ content: 'sunny.' }),
      chunk({ content: 'Or is ' }, 1),
      chunk({ content: 'it not?' }, 1),
      chunk({ tool_calls: [{ index: 0, id: 'c', function: { name: 'weather', arguments: '{"city":' } }] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: '"Rome"}' } }] }),
    ),
  },
  {
    name: 'completions',
    route: ['openai', '/v1/completions'],
    path: '/v1/completions',
    framing: 'sse',
    events: unnamed(
      { id: 'c', choices: [{ index: 0, text: 'there was ' }] },
      { id: 'c', choices: [{ index: 0, text: 'a king' }] },
    ),
  },
  {
    name: 'responses',
    route: ['openai', '/v1/responses'],
    path: '/v1/responses',
    framing: 'sse',
    events: typed(
      { type: 'response.created', response: { id: 'r', output: [] } },
      { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'It is ' },
      { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'sunny.' },
      { type: 'response.output_text.done', output_index: 0, content_index: 0, text: 'It is sunny.' },
      {
        type: 'response.completed',
        response: {
          id: 'r',
          output: [
            { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'It is sunny.' }] },
          ],
        },
      },
    ),
  },
  {
    name: 'anthropic messages',
    route: ['anthropic', '/v1/messages'],
    path: '/v1/messages',
    framing: 'sse',
    events: CLAUDE,
  },
  {
    name: 'anthropic complete',
    route: ['anthropic', '/v1/complete'],
    path: '/v1/complete',
    framing: 'sse',
    events: unnamed(
      { type: 'completion', completion: ' I am ' },
      { type: 'completion', completion: 'well.' },
    ),
  },
  {
    name: 'cohere v2 chat',
    route: ['cohere', '/v2/chat'],
    path: '/v2/chat',
    framing: 'sse',
    events: typed(
      { type: 'message-start', id: 'm', delta: { message: { role: 'assistant', content: [] } } },
      { type: 'content-start', index: 0, delta: { message: { content: { type: 'text', text: '' } } } },
      { type: 'content-delta', index: 0, delta: { message: { content: { text: 'It is ' } } } },
      { type: 'content-delta', index: 0, delta: { message: { content: { text: 'sunny.' } } } },
      { type: 'content-end', index: 0 },
      { type: 'message-end', delta: { finish_reason: 'COMPLETE' } },
    ),
  },
  {
    name: 'cohere v1 chat',
    route: ['cohere', '/v1/chat'],
    path: '/v1/chat',
    framing: 'ndjson',
    events: unnamed(
      { is_finished: false, event_type: 'stream-start', generation_id: 'g' },
      { is_finished: false, event_type: 'text-generation', text: 'It is ' },
      { is_finished: false, event_type: 'text-generation', text: 'sunny.' },
      {
        is_finished: true,
        event_type: 'stream-end',
        finish_reason: 'COMPLETE',
        response: { text: 'It is sunny.' },
      },
    ),
  },
  {
    name: 'gemini as events',
    route: ['gemini', 'streamGenerateContent'],
    path: '/v1beta/models/g:streamGenerateContent',
    framing: 'sse',
    events: GEMINI,
  },
  {
    name: 'gemini as a list',
    route: ['gemini', 'streamGenerateContent'],
    path: '/v1beta/models/g:streamGenerateContent',
    framing: 'list',
    events: GEMINI,
  },
  {
    name: 'bedrock converse-stream',
    route: ['bedrock', 'converse-stream'],
    path: '/model/m/converse-stream',
    framing: 'aws',
    events: [
      { name: 'messageStart', value: { role: 'assistant' } },
      { name: 'contentBlockDelta', value: { contentBlockIndex: 0, delta: { text: 'It is ' } } },
      { name: 'contentBlockDelta', value: { contentBlockIndex: 0, delta: { text: 'sunny.' } } },
      { name: 'contentBlockStop', value: { contentBlockIndex: 0 } },
      { name: 'messageStop', value: { stopReason: 'end_turn' } },
    ],
  },
  {
    name: 'bedrock invoke, claude',
    route: ['bedrock', 'invoke-with-response-stream'],
    path: '/model/anthropic.claude-3/invoke-with-response-stream',
    framing: 'aws',
    isWrapped: true,
    events: CLAUDE.map(({ value }) => ({ name: 'chunk', value })),
  },
  {
    name: 'kong ollama',
    route: ['kong', '/llm/v1/chat'],
    path: '/api/chat',
    framing: 'ndjson',
    events: unnamed(
      { model: 'm', message: { role: 'assistant', content: 'It is ' }, done: false },
      { model: 'm', message: { role: 'assistant', content: 'sunny.' }, done: true },
    ),
  },
];
