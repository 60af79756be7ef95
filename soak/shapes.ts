/** The providers' APIs as far as traffic needs them: a prompt, and an answer, whole and in pieces. */

import type { Provider } from '../src/config/api-uri.ts';
import { encodeFrame } from '../testkit/streams/encode-frames.ts';

export interface Shape {
  /** Of its route as well. */
  name: string;
  upstream: { provider: Provider; api_uri: string };
  path(isStream: boolean): string;
  /** @param earlier turns of the conversation: the user's and the assistant's, in turn */
  prompt(text: string, earlier: readonly string[], isStream: boolean): object;
  answer(text: string): object;
  /** @returns chunks as they are written, one for each piece and more */
  stream(pieces: readonly string[]): readonly Buffer[];
  streamType: string;
}

const SSE = 'text/event-stream';

function events(values: readonly object[], isNamed: boolean, last = ''): Buffer[] {
  const chunks = values.map((value) => {
    const name = isNamed && 'type' in value ? `event: ${value.type}\n` : '';
    return `${name}data: ${JSON.stringify(value)}\n\n`;
  });
  return [...chunks, ...(last === '' ? [] : [last])].map((chunk) => Buffer.from(chunk));
}

function turns(text: string, earlier: readonly string[]): { role: string; content: string }[] {
  return [...earlier, text].map((content, index) => ({
    role: index % 2 === 0 ? 'user' : 'assistant',
    content,
  }));
}

const chatPrompt: Shape['prompt'] = (text, earlier, stream) => ({
  model: 'm',
  stream,
  messages: turns(text, earlier),
});

const chatAnswer = (content: string) => ({
  ...{ id: 'chatcmpl-1', object: 'chat.completion', model: 'm' },
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content } }],
});

const chatStream = (pieces: readonly string[]) => {
  const chunk = (delta: object, finish_reason: string | null) => ({
    ...{ id: 'c', object: 'chat.completion.chunk', model: 'm' },
    choices: [{ index: 0, delta, finish_reason }],
  });
  const deltas = pieces.map((content) => chunk({ content }, null));
  return events(
    [chunk({ role: 'assistant', content: '' }, null), ...deltas, chunk({}, 'stop')],
    false,
    'data: [DONE]\n\n',
  );
};

const chat: Shape = {
  name: 'chat',
  upstream: { provider: 'openai', api_uri: '/v1/chat/completions' },
  path: () => '/v1/chat/completions',
  prompt: chatPrompt,
  answer: chatAnswer,
  stream: chatStream,
  streamType: SSE,
};

const azure: Shape = {
  ...chat,
  name: 'azure',
  upstream: { provider: 'azureai', api_uri: '/chat/completions' },
  path: () => '/openai/deployments/d/chat/completions?api-version=1',
};

const responses: Shape = {
  name: 'responses',
  upstream: { provider: 'openai', api_uri: '/v1/responses' },
  path: () => '/v1/responses',
  prompt: (text, earlier, stream) => ({ model: 'm', stream, input: turns(text, earlier) }),
  answer: (text) => ({
    id: 'resp_1',
    object: 'response',
    status: 'completed',
    output: [responsesMessage(text)],
  }),
  stream: (pieces) => {
    const place = { output_index: 0, content_index: 0 };
    const text = pieces.join('');
    return events(
      [
        { type: 'response.created', response: { id: 'r', output: [] } },
        ...pieces.map((delta) => ({ type: 'response.output_text.delta', ...place, delta })),
        { type: 'response.output_text.done', ...place, text },
        { type: 'response.completed', response: { id: 'r', output: [responsesMessage(text)] } },
      ],
      true,
    );
  },
  streamType: SSE,
};

function responsesMessage(text: string): object {
  return { type: 'message', role: 'assistant', content: [{ type: 'output_text', text, annotations: [] }] };
}

const anthropic: Shape = {
  name: 'anthropic',
  upstream: { provider: 'anthropic', api_uri: '/v1/messages' },
  path: () => '/v1/messages',
  prompt: (text, earlier, stream) => ({ model: 'c', max_tokens: 9, stream, messages: turns(text, earlier) }),
  answer: (text) => ({
    ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'c', stop_reason: 'end_turn' },
    content: [{ type: 'text', text }],
  }),
  stream: (pieces) =>
    events(
      [
        { type: 'message_start', message: { id: 'm', type: 'message', role: 'assistant', content: [] } },
        { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
        ...pieces.map((text) => ({
          type: 'content_block_delta',
          index: 0,
          delta: { type: 'text_delta', text },
        })),
        { type: 'content_block_stop', index: 0 },
        { type: 'message_stop' },
      ],
      true,
    ),
  streamType: SSE,
};

const cohere: Shape = {
  name: 'cohere',
  upstream: { provider: 'cohere', api_uri: '/v2/chat' },
  path: () => '/v2/chat',
  prompt: chatPrompt,
  answer: (text) => ({
    id: 'c',
    finish_reason: 'COMPLETE',
    message: { role: 'assistant', content: [{ type: 'text', text }] },
  }),
  stream: (pieces) =>
    events(
      [
        { type: 'message-start', id: 'm', delta: { message: { role: 'assistant', content: [] } } },
        { type: 'content-start', index: 0, delta: { message: { content: { type: 'text', text: '' } } } },
        ...pieces.map((text) => ({
          type: 'content-delta',
          index: 0,
          delta: { message: { content: { text } } },
        })),
        { type: 'content-end', index: 0 },
        { type: 'message-end', delta: { finish_reason: 'COMPLETE' } },
      ],
      true,
    ),
  streamType: SSE,
};

const gemini: Shape = {
  name: 'gemini',
  upstream: { provider: 'gemini', api_uri: 'auto' },
  path: (isStream) => `/v1beta/models/g:${isStream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
  prompt: (text, earlier) => ({
    contents: turns(text, earlier).map(({ role, content }) => ({
      role: role === 'assistant' ? 'model' : role,
      parts: [{ text: content }],
    })),
  }),
  answer: (text) => ({ candidates: [geminiCandidate(text, 'STOP')] }),
  stream: (pieces) =>
    events(
      pieces.map((text) => ({ candidates: [geminiCandidate(text)] })),
      false,
    ),
  streamType: SSE,
};

function geminiCandidate(text: string, finishReason?: string): object {
  return {
    index: 0,
    content: { role: 'model', parts: [{ text }] },
    ...(finishReason ? { finishReason } : {}),
  };
}

const bedrock: Shape = {
  name: 'bedrock',
  upstream: { provider: 'bedrock', api_uri: 'auto' },
  path: (isStream) => `/model/amazon.nova-micro-v1%3A0/converse${isStream ? '-stream' : ''}`,
  prompt: (text, earlier) => ({
    messages: turns(text, earlier).map(({ role, content }) => ({ role, content: [{ text: content }] })),
  }),
  answer: (text) => ({
    output: { message: { role: 'assistant', content: [{ text }] } },
    stopReason: 'end_turn',
  }),
  stream: (pieces) => [
    converseFrame('messageStart', { role: 'assistant' }),
    ...pieces.map((text) => converseFrame('contentBlockDelta', { contentBlockIndex: 0, delta: { text } })),
    converseFrame('contentBlockStop', { contentBlockIndex: 0 }),
    converseFrame('messageStop', { stopReason: 'end_turn' }),
  ],
  streamType: 'application/vnd.amazon.eventstream',
};

function converseFrame(name: string, payload: object): Buffer {
  const headers = { ':event-type': name, ':content-type': 'application/json', ':message-type': 'event' };
  return encodeFrame({ headers, payload: JSON.stringify(payload) });
}

export const SHAPES: readonly Shape[] = [chat, azure, responses, anthropic, cohere, gemini, bedrock];
