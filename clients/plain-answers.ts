/** What the mock provider says in the APIs that only libraries speak: one text, and no calls. */
import { awsFrame } from '../src/body/stream/aws-event-stream.ts';
import type { Answer } from '../testkit/providers/answer.ts';

export type PlainApi = 'converse' | 'cohere' | 'ollama';

interface Said {
  whole(text: string): object;
  contentType: string;
  streamed(pieces: readonly string[]): (string | Uint8Array)[];
}

const CONVERSE_USAGE = { inputTokens: 10, outputTokens: 10, totalTokens: 20 };
const COHERE_USAGE = { tokens: { input_tokens: 10, output_tokens: 10 } };

const converseEvent = (name: string, value: object) =>
  awsFrame({ ':event-type': name, ':content-type': 'application/json', ':message-type': 'event' }, value);
const cohereEvent = (type: string, fields: object) =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
const ollamaLine = (content: string, more: object) => ({
  ...{ model: 'm', created_at: '2026-01-01T00:00:00Z', message: { role: 'assistant', content } },
  ...more,
});

const APIS: Record<PlainApi, Said> = {
  converse: {
    whole: (text) => ({
      output: { message: { role: 'assistant', content: [{ text }] } },
      ...{ stopReason: 'end_turn', usage: CONVERSE_USAGE, metrics: { latencyMs: 1 } },
    }),
    contentType: 'application/vnd.amazon.eventstream',
    streamed: (pieces) => [
      converseEvent('messageStart', { role: 'assistant' }),
      ...pieces.map((text) => converseEvent('contentBlockDelta', { contentBlockIndex: 0, delta: { text } })),
      converseEvent('contentBlockStop', { contentBlockIndex: 0 }),
      converseEvent('messageStop', { stopReason: 'end_turn' }),
      converseEvent('metadata', { usage: CONVERSE_USAGE, metrics: { latencyMs: 1 } }),
    ],
  },
  cohere: {
    whole: (text) => ({
      ...{ id: 'c', finish_reason: 'COMPLETE', usage: COHERE_USAGE },
      message: { role: 'assistant', content: [{ type: 'text', text }] },
    }),
    contentType: 'text/event-stream',
    streamed: (pieces) => [
      cohereEvent('message-start', { id: 'c', delta: { message: { role: 'assistant', content: [] } } }),
      cohereEvent('content-start', { index: 0, delta: { message: { content: { type: 'text', text: '' } } } }),
      ...pieces.map((text) =>
        cohereEvent('content-delta', { index: 0, delta: { message: { content: { text } } } }),
      ),
      cohereEvent('content-end', { index: 0 }),
      cohereEvent('message-end', { delta: { finish_reason: 'COMPLETE', usage: COHERE_USAGE } }),
    ],
  },
  ollama: {
    whole: (text) => ollamaLine(text, { done: true, done_reason: 'stop' }),
    contentType: 'application/x-ndjson',
    streamed: (pieces) =>
      [
        ...pieces.map((text) => ollamaLine(text, { done: false })),
        ollamaLine('', { done: true, done_reason: 'stop' }),
      ].map((line) => `${JSON.stringify(line)}\n`),
  },
};

export function isPlain(api: string): api is PlainApi {
  return Object.hasOwn(APIS, api);
}

export function plainAnswer(api: PlainApi, pieces: readonly string[], isStream: boolean): Answer {
  const { whole, streamed, contentType } = APIS[api];
  if (!isStream) return { body: whole(pieces.join('')) };
  return { chunks: streamed(pieces), headers: { 'content-type': contentType }, delayMs: 2 };
}
