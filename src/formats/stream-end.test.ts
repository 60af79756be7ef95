import { describe, expect, test } from 'vitest';
import { AWS } from '../body/stream/aws-event-stream.ts';
import type { Framing } from '../body/stream/framing.ts';
import { parseStream } from '../body/stream/index.ts';
import { NDJSON } from '../body/stream/ndjson.ts';
import { SSE } from '../body/stream/sse.ts';
import { streamEnd } from './stream-end.ts';

const MESSAGE = 'Response has been rejected: violence';

const CASES: [api: string, framing: Framing, event: object, end: object[]][] = [
  [
    'chat completions',
    SSE,
    {
      value: {
        id: 'c1',
        model: 'm',
        object: 'o',
        created: 7,
        choices: [{ index: 1, delta: { content: 'x' } }],
      },
    },
    [
      {
        value: {
          ...{ id: 'c1', model: 'm', object: 'o', created: 7 },
          choices: [{ index: 1, delta: {}, logprobs: null, finish_reason: 'content_filter' }],
        },
      },
      { value: undefined },
    ],
  ],
  [
    'completions',
    SSE,
    { value: { id: 'c1', model: 'm', object: 'o', created: 7, choices: [{ text: 'x' }] } },
    [
      {
        value: {
          ...{ id: 'c1', model: 'm', object: 'o', created: 7 },
          choices: [{ index: 0, text: '', logprobs: null, finish_reason: 'content_filter' }],
        },
      },
      { value: undefined },
    ],
  ],
  [
    'responses',
    SSE,
    { value: { type: 'response.output_text.delta', sequence_number: 4, delta: 'x' } },
    [
      {
        name: 'error',
        value: { type: 'error', code: 'content_filter', message: MESSAGE, param: null, sequence_number: 5 },
      },
    ],
  ],
  [
    'messages',
    SSE,
    { value: { type: 'content_block_delta', index: 0, delta: {} } },
    [{ name: 'error', value: { type: 'error', error: { type: 'api_error', message: MESSAGE } } }],
  ],
  [
    'Cohere, version 2',
    SSE,
    { value: { type: 'content-delta' } },
    [
      {
        name: 'message-end',
        value: { type: 'message-end', delta: { finish_reason: 'ERROR', error: MESSAGE } },
      },
    ],
  ],
  [
    'Cohere, version 1',
    NDJSON,
    { value: { event_type: 'text-generation', text: 'x' } },
    [
      {
        value: {
          event_type: 'stream-end',
          is_finished: true,
          finish_reason: 'ERROR',
          response: { text: '', finish_reason: 'ERROR' },
          error: MESSAGE,
        },
      },
    ],
  ],
  [
    'Gemini',
    SSE,
    { value: { candidates: [{}] } },
    [{ value: { candidates: [{ index: 0, finishReason: 'SAFETY', finishMessage: MESSAGE }] } }],
  ],
  ['Ollama', NDJSON, { value: { done: false, response: 'x' } }, [{ value: { error: MESSAGE } }]],
  [
    'Bedrock',
    AWS,
    { name: 'contentBlockDelta', value: {} },
    [{ name: 'validationException', value: { message: MESSAGE } }],
  ],
  [
    'an unknown API',
    SSE,
    { value: { hello: 1 } },
    [{ name: 'error', value: { type: 'error', error: { type: 'api_error', message: MESSAGE } } }],
  ],
];

const CONTENT_TYPES = new Map([
  [SSE, 'text/event-stream'],
  [NDJSON, 'application/x-ndjson'],
  [AWS, 'application/vnd.amazon.eventstream'],
]);

describe.each(CASES)('a stream of %s that is broken off', (_api, framing, event, end) => {
  test('ends as that API ends streams', () => {
    const bytes = streamEnd(framing, [event as { value: unknown }], 1, MESSAGE);
    const parsed = parseStream(bytes, CONTENT_TYPES.get(framing));
    expect(parsed).toMatchObject({ ok: true, document: { events: end } });
    expect(parsed?.ok && parsed.document.events.length).toBe(end.length);
  });

  test('repeats nothing of what the client has not seen', () => {
    const unseen = JSON.parse(JSON.stringify(event).replaceAll('"c1"', '"unseen"'));
    expect(Buffer.from(streamEnd(framing, [unseen], 0, MESSAGE)).toString()).not.toContain('unseen');
  });
});
