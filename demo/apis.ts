/** One request and one answer of each provider's API, as small as its clients and the plugins take them. */
import { encodeFrame } from '../testkit/streams/encode-frames.ts';

export interface DemoApi {
  label: string;
  /** Query included. */
  path(isStreamed: boolean): string;
  request(prompt: string, isStreamed: boolean): object;
  answer(text: string): object;
  /** The events of a stream. */
  events(pieces: readonly string[]): (string | Uint8Array)[];
  /** Of a stream that is no SSE. */
  streamType?: string;
}

const sse = (value: object, name?: string) =>
  `${name === undefined ? '' : `event: ${name}\n`}data: ${JSON.stringify(value)}\n\n`;

const frame = (name: string, value: object) =>
  encodeFrame({
    headers: { ':message-type': 'event', ':event-type': name, ':content-type': 'application/json' },
    payload: JSON.stringify(value),
  });

const user = (content: string) => [{ role: 'user', content }];

function openAi(label: string, path: string): DemoApi {
  const chunk = (delta: object, finish: string | null = null) =>
    sse({
      ...{ id: 'chatcmpl-demo1', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o-mini' },
      choices: [{ index: 0, delta, finish_reason: finish }],
    });
  return {
    label,
    path: () => path,
    request: (prompt, stream) => ({
      model: 'gpt-4o-mini',
      messages: user(prompt),
      ...(stream ? { stream } : {}),
    }),
    answer: (content) => ({
      ...{ id: 'chatcmpl-demo1', object: 'chat.completion', created: 1, model: 'gpt-4o-mini' },
      choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 9, completion_tokens: 9, total_tokens: 18 },
    }),
    events: (pieces) => [
      ...pieces.map((content) => chunk({ content })),
      chunk({}, 'stop'),
      'data: [DONE]\n\n',
    ],
  };
}

const anthropic: DemoApi = {
  label: 'Anthropic Messages',
  path: () => '/v1/messages',
  request: (prompt, stream) => ({
    ...{ model: 'claude-sonnet-4-5', max_tokens: 256, messages: user(prompt) },
    ...(stream ? { stream } : {}),
  }),
  answer: (text) => ({
    ...{ id: 'msg_demo1', type: 'message', role: 'assistant', model: 'claude-sonnet-4-5' },
    ...{ content: [{ type: 'text', text }], stop_reason: 'end_turn', stop_sequence: null },
    usage: { input_tokens: 9, output_tokens: 9 },
  }),
  events: (pieces) => [
    sse(
      {
        type: 'message_start',
        message: {
          ...{ id: 'msg_demo1', type: 'message', role: 'assistant', model: 'claude-sonnet-4-5' },
          ...{
            content: [],
            stop_reason: null,
            stop_sequence: null,
            usage: { input_tokens: 9, output_tokens: 1 },
          },
        },
      },
      'message_start',
    ),
    sse(
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      'content_block_start',
    ),
    ...pieces.map((text) =>
      sse(
        { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } },
        'content_block_delta',
      ),
    ),
    sse({ type: 'content_block_stop', index: 0 }, 'content_block_stop'),
    sse(
      {
        type: 'message_delta',
        delta: { stop_reason: 'end_turn', stop_sequence: null },
        usage: { output_tokens: 9 },
      },
      'message_delta',
    ),
    sse({ type: 'message_stop' }, 'message_stop'),
  ],
};

const cohere: DemoApi = {
  label: 'Cohere Chat',
  path: () => '/v2/chat',
  request: (prompt, stream) => ({
    ...{ model: 'command-a-03-2025', messages: user(prompt) },
    ...(stream ? { stream } : {}),
  }),
  answer: (text) => ({
    ...{ id: '11111111-1111-4111-8111-111111111111', finish_reason: 'COMPLETE' },
    message: { role: 'assistant', content: [{ type: 'text', text }] },
  }),
  events: (pieces) =>
    [
      { type: 'message-start', id: 'm', delta: { message: { role: 'assistant', content: [] } } },
      { type: 'content-start', index: 0, delta: { message: { content: { type: 'text', text: '' } } } },
      ...pieces.map((text) => ({
        ...{ type: 'content-delta', index: 0 },
        delta: { message: { content: { text } } },
      })),
      { type: 'content-end', index: 0 },
      { type: 'message-end', delta: { finish_reason: 'COMPLETE' } },
    ].map((event) => sse(event, event.type)),
};

const gemini: DemoApi = {
  label: 'Gemini',
  path: (stream) =>
    `/v1beta/models/gemini-2.5-flash:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
  request: (text) => ({ contents: [{ role: 'user', parts: [{ text }] }] }),
  answer: (text) => ({
    candidates: [{ index: 0, content: { role: 'model', parts: [{ text }] }, finishReason: 'STOP' }],
  }),
  events: (pieces) =>
    pieces.map((text, index) =>
      sse({
        candidates: [
          {
            ...{ index: 0, content: { role: 'model', parts: [{ text }] } },
            ...(index === pieces.length - 1 ? { finishReason: 'STOP' } : {}),
          },
        ],
      }),
    ),
};

const bedrock: DemoApi = {
  label: 'Bedrock Converse',
  path: (stream) => `/model/amazon.nova-lite-v1:0/${stream ? 'converse-stream' : 'converse'}`,
  request: (text) => ({ messages: [{ role: 'user', content: [{ text }] }] }),
  answer: (text) => ({
    output: { message: { role: 'assistant', content: [{ text }] } },
    ...{ stopReason: 'end_turn', usage: { inputTokens: 9, outputTokens: 9, totalTokens: 18 } },
  }),
  streamType: 'application/vnd.amazon.eventstream',
  events: (pieces) => [
    frame('messageStart', { role: 'assistant' }),
    ...pieces.map((text) => frame('contentBlockDelta', { contentBlockIndex: 0, delta: { text } })),
    frame('contentBlockStop', { contentBlockIndex: 0 }),
    frame('messageStop', { stopReason: 'end_turn' }),
  ],
};

export const APIS = {
  openai: openAi('OpenAI Chat', '/v1/chat/completions'),
  azureai: openAi('Azure OpenAI', '/openai/deployments/gpt-4o-mini/chat/completions?api-version=2024-10-21'),
  anthropic,
  bedrock,
  cohere,
  gemini,
  kong: openAi('OpenAI, by ai-proxy', '/llm/v1/chat'),
} as const satisfies Record<string, DemoApi>;

export type ApiName = keyof typeof APIS;

/** As models write: a few characters each. */
export function piecesOf(text: string): string[] {
  return text.match(/.{1,9}/gsu) ?? [''];
}
