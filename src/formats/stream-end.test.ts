import { describe, expect, test } from 'vitest';
import { AWS } from '../body/stream/aws-event-stream.ts';
import type { Framing } from '../body/stream/framing.ts';
import { parseStream } from '../body/stream/index.ts';
import { NDJSON } from '../body/stream/ndjson.ts';
import { SSE } from '../body/stream/sse.ts';
import { streamEnd } from './stream-end.ts';

const MESSAGE = 'Response has been rejected: violence';

const CHAT_ERROR = {
  value: { error: { message: MESSAGE, type: 'invalid_request_error', param: null, code: 'content_filter' } },
};

const RESPONSES_ERROR = {
  ...{ type: 'error', code: 'invalid_prompt', message: MESSAGE, param: null },
  error: { type: 'invalid_request_error', code: 'invalid_prompt', message: MESSAGE, param: null },
};

/** What OpenAI's types declare, but for what they declare optional. */
const FAILED_RESPONSE = {
  ...{ id: 'resp_0', object: 'response', created_at: 0, status: 'failed', model: '' },
  ...{ error: { code: 'invalid_prompt', message: MESSAGE }, incomplete_details: null, instructions: null },
  ...{ metadata: {}, output: [], parallel_tool_calls: true, temperature: null, tool_choice: 'auto' },
  ...{ tools: [], top_p: null, usage: null },
};

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
      CHAT_ERROR,
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
      CHAT_ERROR,
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
    {
      value: {
        ...{ type: 'response.in_progress', sequence_number: 4 },
        response: {
          id: 'resp_c1',
          created_at: 7,
          model: 'm',
          instructions: 'x',
          tools: ['x'],
          output: ['x'],
        },
      },
    },
    [
      {
        name: 'response.failed',
        value: {
          ...{ type: 'response.failed', sequence_number: 5 },
          response: { ...FAILED_RESPONSE, id: 'resp_c1', created_at: 7, model: 'm' },
        },
      },
      { name: 'error', value: { ...RESPONSES_ERROR, sequence_number: 6 } },
    ],
  ],
  [
    'responses of which the client has nothing but deltas',
    SSE,
    { value: { type: 'response.output_text.delta', delta: 'x' } },
    [
      {
        name: 'response.created',
        value: {
          ...{ type: 'response.created', sequence_number: 0 },
          response: { ...FAILED_RESPONSE, status: 'in_progress', error: null },
        },
      },
      {
        name: 'response.failed',
        value: { type: 'response.failed', sequence_number: 1, response: FAILED_RESPONSE },
      },
      { name: 'error', value: { ...RESPONSES_ERROR, sequence_number: 2 } },
    ],
  ],
  [
    'messages',
    SSE,
    { value: { type: 'content_block_delta', index: 0, delta: {} } },
    [
      {
        name: 'error',
        value: {
          type: 'error',
          error: {
            ...{ type: 'invalid_request_error', message: MESSAGE },
            details: { error_code: 'dlp_request_denied' },
          },
        },
      },
    ],
  ],
  [
    'Cohere, version 2',
    SSE,
    { value: { type: 'content-delta' } },
    [
      {
        name: 'message-end',
        value: {
          type: 'message-end',
          delta: {
            ...{ error: MESSAGE, finish_reason: 'ERROR' },
            usage: {
              billed_units: { input_tokens: 0, output_tokens: 0 },
              tokens: { input_tokens: 0, output_tokens: 0 },
            },
          },
        },
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
    [
      {
        value: {
          candidates: [
            {
              ...{ index: 0, content: { role: 'model', parts: [] } },
              ...{ finishReason: 'SAFETY', finishMessage: MESSAGE },
            },
          ],
        },
      },
      { value: { error: { code: 400, message: MESSAGE, status: 'INVALID_ARGUMENT' } } },
    ],
  ],
  ['Ollama', NDJSON, { value: { done: false, response: 'x' } }, [{ value: { error: MESSAGE } }]],
  [
    'DashScope',
    SSE,
    { name: 'result', value: { output: { text: 'x' }, request_id: 'c1' } },
    [{ name: 'error', value: { code: 'DataInspectionFailed', message: MESSAGE, request_id: '' } }],
  ],
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

test('clients of DashScope find no blank in the name of the event', () => {
  const event = { value: { output: { text: 'x' }, request_id: 'c1' } };
  expect(Buffer.from(streamEnd(SSE, [event], 1, MESSAGE)).toString()).toMatch(/^event:error\ndata:\{/);
});
