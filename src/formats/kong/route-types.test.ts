/**
 * What ai-proxy carries: clients send what the route type says, or what the provider's own API says (`llm_format`), under whatever
 * path the route has; the provider's answers come as the provider gave them.
 *
 * @see https://developer.konghq.com/ai-gateway/ai-providers/
 */
import { describe, expect, it } from 'vitest';
import { plantEverywhere } from '../../../testkit/formats/plant-everywhere.ts';
import { type Reading, readRequest, readResponse, readStreamOrList } from '../read.ts';
import { answersOfPath, refusalOfPath, routeFormats } from '../registry.ts';
import { isObject } from '../segment.ts';
import { kong } from './index.ts';

const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const CHAT = { messages: [{ role: 'user', content: 'The sky' }], tools: [] };
const COMPLETION = { prompt: 'The sky' };
const EMBEDDING = { input: ['The sky'], model: 'm' };
const RESPONSE = { input: 'The sky', instructions: 'Be kind' };
const BATCH = { input_file_id: 'file-abc', endpoint: '/v1/chat/completions', metadata: { who: 'Ann' } };
const PICTURE = { prompt: 'The sky', n: 1, size: '1024x1024' };

const openAi = {
  chat: {
    choices: [{ index: 0, message: { role: 'assistant', content: 'is blue' }, finish_reason: 'stop' }],
  },
  completion: { choices: [{ index: 0, text: 'is blue', finish_reason: 'stop' }] },
  embedding: { object: 'list', data: [{ object: 'embedding', index: 0, embedding: [0.1] }], model: 'm' },
};
const ollama = {
  model: 'm',
  created_at: '2026-01-01T00:00:00Z',
  message: { role: 'assistant', content: 'is blue' },
  done: true,
};
const gemini = {
  candidates: [{ content: { role: 'model', parts: [{ text: 'is blue' }] }, finishReason: 'STOP' }],
};
const converse = {
  output: { message: { role: 'assistant', content: [{ text: 'is blue' }] } },
  stopReason: 'end_turn',
  usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
};

/** What a client asks of each route type, and what each provider answers to what ai-proxy makes of it. */
const ROUTE_TYPES: Record<string, { asks: object; answers: [provider: string, answer: unknown][] }> = {
  'llm/v1/chat': {
    asks: CHAT,
    answers: [
      ...[
        'openai',
        'azure',
        'mistral',
        'llama2 (openai)',
        'huggingface',
        'xai',
        'cerebras',
        'dashscope',
        'databricks',
        'deepseek',
        'vllm',
        'vercel',
      ].map((provider): [string, unknown] => [provider, openAi.chat]),
      [
        'anthropic',
        {
          id: 'msg_1',
          type: 'message',
          role: 'assistant',
          content: [{ type: 'text', text: 'is blue' }],
          stop_reason: 'end_turn',
        },
      ],
      [
        'cohere',
        {
          id: 'a',
          message: { role: 'assistant', content: [{ type: 'text', text: 'is blue' }] },
          finish_reason: 'COMPLETE',
        },
      ],
      ['cohere (v1)', { response_id: 'a', text: 'is blue', generation_id: 'b', finish_reason: 'COMPLETE' }],
      ['gemini', gemini],
      ['bedrock', converse],
      ['llama2 (ollama), mistral (ollama), ollama', ollama],
      ['llama2 (raw)', { data: [{ generated_text: 'is blue' }] }],
      ['huggingface (text generation)', [{ generated_text: 'is blue' }]],
    ],
  },
  'llm/v1/completions': {
    asks: COMPLETION,
    answers: [
      ...['openai', 'azure', 'mistral', 'huggingface', 'vllm'].map((provider): [string, unknown] => [
        provider,
        openAi.completion,
      ]),
      [
        'anthropic',
        { type: 'completion', id: 'compl_1', completion: 'is blue', stop_reason: 'stop_sequence' },
      ],
      ['cohere', { id: 'a', generations: [{ id: 'b', text: 'is blue' }], prompt: 'The sky' }],
      ['gemini', gemini],
      ['bedrock', converse],
      [
        'llama2 (ollama)',
        { model: 'm', created_at: '2026-01-01T00:00:00Z', response: 'is blue', done: true },
      ],
      ['llama2 (raw)', { data: [{ generated_text: 'is blue' }] }],
      ['huggingface (text generation)', { generated_text: 'is blue' }],
    ],
  },
  'llm/v1/embeddings': {
    asks: EMBEDDING,
    answers: [
      ...['openai', 'azure', 'mistral', 'dashscope', 'databricks', 'vllm'].map(
        (provider): [string, unknown] => [provider, openAi.embedding],
      ),
      [
        'cohere',
        {
          id: 'a',
          embeddings: { float: [[0.1, 0.2]] },
          texts: ['The sky'],
          meta: { api_version: { version: '2' } },
        },
      ],
      ['gemini', { embeddings: [{ values: [0.1, 0.2] }] }],
      [
        'gemini (Vertex)',
        { predictions: [{ embeddings: { values: [0.1], statistics: { token_count: 2 } } }] },
      ],
      ['bedrock (Titan)', { embedding: [0.1, 0.2], inputTextTokenCount: 2 }],
      [
        'bedrock (Cohere)',
        { id: 'a', embeddings: [[0.1]], texts: ['The sky'], response_type: 'embeddings_floats' },
      ],
      ['huggingface', [[0.1, 0.2]]],
      ['huggingface, of one text', [0.1, 0.2]],
      ['ollama', { model: 'm', embeddings: [[0.1]], total_duration: 14143917 }],
    ],
  },
  'llm/v1/responses': {
    asks: RESPONSE,
    answers: [
      [
        'openai, azure',
        {
          id: 'resp_1',
          object: 'response',
          status: 'completed',
          output: [
            { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'is blue' }] },
          ],
        },
      ],
      ['any other, as a chat', openAi.chat],
    ],
  },
  'llm/v1/files': {
    asks: { purpose: 'batch', filename: 'ann.jsonl' },
    answers: [
      ['openai, azure, mistral', { id: 'file-abc', object: 'file', filename: 'ann.jsonl', purpose: 'batch' }],
      ['gemini', { file: { name: 'files/a', displayName: 'Ann', mimeType: 'text/plain', state: 'ACTIVE' } }],
      ['bedrock', { id: 'file-abc', object: 'file', filename: 'ann.jsonl' }],
    ],
  },
  'llm/v1/batches': {
    asks: BATCH,
    answers: [
      ['openai, azure', { id: 'batch_1', object: 'batch', status: 'completed', metadata: { who: 'Ann' } }],
      ['anthropic', { id: 'msgbatch_1', type: 'message_batch', processing_status: 'ended' }],
      ['gemini', { name: 'batches/a', metadata: { displayName: 'Ann', state: 'BATCH_STATE_SUCCEEDED' } }],
      [
        'bedrock',
        { jobArn: 'arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/a', jobName: 'Ann' },
      ],
      ['mistral', { id: 'a', object: 'batch', errors: [{ message: 'is blue' }], status: 'SUCCESS' }],
    ],
  },
  'llm/v1/assistants': {
    asks: { model: 'gpt-4o', instructions: 'Be kind', name: 'Ann' },
    answers: [['openai, azure', { id: 'asst_1', object: 'assistant', instructions: 'Be kind', name: 'Ann' }]],
  },
  'image/v1/images/generations': {
    asks: PICTURE,
    answers: [
      ['openai, azure, xai', { created: 1, data: [{ b64_json: PNG, revised_prompt: 'is blue' }] }],
      ['gemini', { predictions: [{ mimeType: 'image/png', bytesBase64Encoded: PNG, prompt: 'is blue' }] }],
      ['gemini, as a chat', gemini],
      ['bedrock', { images: [PNG], error: 'is blue' }],
      [
        'dashscope',
        {
          request_id: 'a',
          output: { choices: [{ message: { content: [{ image: 'https://x.example/a.png' }] } }] },
        },
      ],
    ],
  },
  'image/v1/images/edits': {
    asks: { ...PICTURE, image: `data:image/png;base64,${PNG}` },
    answers: [
      ['openai, azure', { created: 1, data: [{ b64_json: PNG, revised_prompt: 'is blue' }] }],
      ['gemini', { predictions: [{ mimeType: 'image/png', bytesBase64Encoded: PNG }] }],
      ['bedrock', { images: [PNG] }],
    ],
  },
  'audio/v1/audio/speech': {
    asks: { model: 'tts-1', input: 'The sky', voice: 'alloy', instructions: 'Be kind' },
    answers: [['openai, azure: an error', { error: { message: 'is blue', type: 'server_error' } }]],
  },
  'audio/v1/audio/transcriptions': {
    asks: { model: 'whisper-1', prompt: 'The sky' },
    answers: [['openai, azure, vllm', { text: 'is blue' }]],
  },
  'audio/v1/audio/translations': {
    asks: { model: 'whisper-1', prompt: 'The sky' },
    answers: [['openai, azure', { text: 'is blue' }]],
  },
  'video/v1/videos/generations': {
    asks: { model: 'sora-2', prompt: 'The sky', seconds: '8' },
    answers: [
      [
        'openai, azure, xai, huggingface',
        { id: 'video_1', object: 'video', status: 'queued', prompt: 'is blue' },
      ],
      ['gemini', { name: 'models/veo/operations/a', error: { message: 'is blue' } }],
      [
        'bedrock',
        { invocationArn: 'arn:aws:bedrock:us-east-1:123456789012:async-invoke/a', failureMessage: 'is blue' },
      ],
      [
        'dashscope',
        { request_id: 'a', output: { task_id: 'a', task_status: 'PENDING', message: 'is blue' } },
      ],
    ],
  },
};

/** What a client of each provider's own API asks, and is answered: `llm_format`, and the route type `preserve`. */
const NATIVE: [llmFormat: string, path: string, asks: object, answer: unknown][] = [
  ['openai', '/v1/chat/completions', CHAT, openAi.chat],
  [
    'anthropic',
    '/v1/messages',
    { max_tokens: 9, system: 'Be kind', messages: [{ role: 'user', content: 'The sky' }] },
    { type: 'message', role: 'assistant', content: [{ type: 'text', text: 'is blue' }] },
  ],
  [
    'anthropic',
    '/v1/messages/batches',
    {
      requests: [
        { custom_id: 'ann', params: { max_tokens: 9, messages: [{ role: 'user', content: 'The sky' }] } },
      ],
    },
    { id: 'msgbatch_1', type: 'message_batch', processing_status: 'ended' },
  ],
  ['gemini', '/v1beta/models/g:generateContent', { contents: [{ parts: [{ text: 'The sky' }] }] }, gemini],
  [
    'gemini',
    '/v1/projects/p/locations/l/publishers/google/models/g:generateContent',
    { contents: [{ parts: [{ text: 'The sky' }] }] },
    gemini,
  ],
  [
    'gemini',
    '/v1beta/models/g:embedContent',
    { content: { parts: [{ text: 'The sky' }] } },
    { embedding: { values: [0.1] } },
  ],
  [
    'gemini',
    '/v1beta/models/g:batchEmbedContents',
    { requests: [{ content: { parts: [{ text: 'The sky' }] } }] },
    { embeddings: [{ values: [0.1] }] },
  ],
  [
    'gemini',
    '/v1beta/models/veo:predictLongRunning',
    { instances: [{ prompt: 'The sky' }] },
    { name: 'models/veo/operations/a' },
  ],
  [
    'gemini',
    '/v1beta/models/g:batchGenerateContent',
    { batch: { displayName: 'Ann', inputConfig: {} } },
    { name: 'batches/a' },
  ],
  [
    'gemini',
    '/v1/projects/p/locations/l/rankingConfigs/default_ranking_config:rank',
    { query: 'The sky', records: [{ id: 'a', content: 'The sea' }] },
    { records: [{ id: 'a', content: 'is blue', score: 0.5 }] },
  ],
  [
    'bedrock',
    '/model/m/converse',
    { messages: [{ role: 'user', content: [{ text: 'The sky' }] }] },
    converse,
  ],
  [
    'bedrock',
    '/model/anthropic.claude/invoke',
    {
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 9,
      messages: [{ role: 'user', content: 'The sky' }],
    },
    { type: 'message', role: 'assistant', content: [{ type: 'text', text: 'is blue' }] },
  ],
  [
    'bedrock',
    '/retrieveAndGenerate',
    { input: { text: 'The sky' } },
    { output: { text: 'is blue' }, sessionId: 'a' },
  ],
  [
    'bedrock',
    '/rerank',
    { queries: [{ textQuery: { text: 'The sky' } }], sources: [] },
    { results: [{ index: 0, relevanceScore: 0.5, document: { textDocument: { text: 'is blue' } } }] },
  ],
  [
    'bedrock',
    '/async-invoke',
    { modelInput: { prompt: 'The sky' } },
    { invocationArn: 'arn:aws:bedrock:us-east-1:123456789012:async-invoke/a' },
  ],
  ['bedrock', '/model-invocation-job', { jobName: 'Ann' }, { jobArn: 'a' }],
  [
    'cohere',
    '/v2/chat',
    { model: 'm', messages: [{ role: 'user', content: 'The sky' }] },
    { message: { role: 'assistant', content: [{ type: 'text', text: 'is blue' }] } },
  ],
  ['cohere', '/v1/chat', { message: 'The sky' }, { text: 'is blue', generation_id: 'a' }],
  [
    'cohere',
    '/v2/rerank',
    { query: 'The sky', documents: ['The sea'] },
    { results: [{ index: 0, relevance_score: 0.5, document: { text: 'is blue' } }] },
  ],
  [
    'cohere',
    '/v2/embed',
    { texts: ['The sky'], input_type: 'search_query' },
    { id: 'a', embeddings: { float: [[0.1]] }, texts: ['is blue'] },
  ],
  ['huggingface', '/generate', { inputs: 'The sky' }, { generated_text: 'is blue' }],
  ['huggingface', '/generate_stream', { inputs: 'The sky' }, { generated_text: 'is blue' }],
  ['huggingface', '/v1/chat/completions', CHAT, openAi.chat],
  [
    'huggingface',
    '/hf-inference/models/a/b/pipeline/feature-extraction',
    { inputs: ['The sky'], prompt_name: 'ann' },
    [[0.1, 0.2]],
  ],
  [
    'huggingface',
    '/hf-inference/models/a/b',
    { inputs: 'The sky', parameters: { candidate_labels: ['ann'] } },
    [{ label: 'is blue', score: 0.5 }],
  ],
];

/** What each provider streams to what ai-proxy makes of a chat; the names are those of Bedrock's events. */
const STREAMS: [provider: string, events: { name?: string; value: object }[]][] = [
  [
    'openai',
    [
      { value: { choices: [{ index: 0, delta: { role: 'assistant', content: 'is ' } }] } },
      { value: { choices: [{ index: 0, delta: { content: 'blue' } }] } },
    ],
  ],
  [
    'anthropic',
    [
      { value: { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } } },
      { value: { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'is ' } } },
      { value: { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'blue' } } },
    ],
  ],
  [
    'cohere',
    [
      { value: { type: 'content-delta', index: 0, delta: { message: { content: { text: 'is ' } } } } },
      { value: { type: 'content-delta', index: 0, delta: { message: { content: { text: 'blue' } } } } },
    ],
  ],
  [
    'cohere (v1)',
    [
      { value: { event_type: 'text-generation', text: 'is ' } },
      { value: { event_type: 'text-generation', text: 'blue' } },
    ],
  ],
  [
    'gemini',
    ['is ', 'blue'].map((text) => ({
      value: { candidates: [{ index: 0, content: { role: 'model', parts: [{ text }] } }] },
    })),
  ],
  [
    'bedrock',
    ['is ', 'blue'].map((text) => ({
      ...{ name: 'contentBlockDelta', value: { contentBlockIndex: 0, delta: { text } } },
    })),
  ],
  [
    'ollama',
    ['is ', 'blue'].map((content) => ({ value: { ...ollama, message: { role: 'assistant', content } } })),
  ],
  [
    'huggingface (text generation)',
    ['is ', 'blue'].map((text, id) => ({ value: { index: id, token: { id, text }, generated_text: null } })),
  ],
];

const ANY_PATH = '/ai';

const formatsOf = (apiUri: string) => routeFormats('kong', apiUri) ?? { configured: [], all: [] };

function isUnreadable({ extraction, isRecognised }: Reading): boolean {
  return !isRecognised || extraction.unreadable > 0;
}

function probeRequest(apiUri: string, path: string, body: object): void {
  const read = (value: unknown) => readRequest(formatsOf(apiUri), isObject(value) ? value : {}, path);
  expect(isUnreadable(read(body)), `${apiUri} ${path}`).toBe(false);
  expect(plantEverywhere(body, read).unseen, `${apiUri} ${path}`).toEqual([]);
}

function probeAnswer(apiUri: string, path: string, body: unknown): void {
  const read = (value: unknown) =>
    Array.isArray(value)
      ? readStreamOrList(
          formatsOf(apiUri),
          value.map((item: unknown) => ({ value: item })),
          path,
        )
      : readResponse(formatsOf(apiUri), value, path);
  expect(isUnreadable(read(body)), `${apiUri} ${path}`).toBe(false);
  expect(plantEverywhere(body, read).unseen, `${apiUri} ${path}`).toEqual([]);
}

const byType = Object.entries(ROUTE_TYPES);

describe('of the route types of ai-proxy', () => {
  it('each but those without a body of its own has an api_uri', () => {
    expect(Object.keys(kong.apiUris).sort()).toEqual(byType.map(([type]) => `/${type}`).sort());
  });

  it.each(byType)('what a client sends to %s is read, at any path and at its own', (type, { asks }) => {
    for (const path of [ANY_PATH, `/${type}`]) probeRequest(`/${type}`, path, asks);
    probeRequest('auto', `/${type}`, asks);
  });

  it.each(
    byType.flatMap(([type, { answers }]) =>
      answers.map(([provider, answer]) => [type, provider, answer] as const),
    ),
  )('what %s of %s is answered is read, at any path and at its own', (type, _provider, answer) => {
    for (const path of [ANY_PATH, `/${type}`]) probeAnswer(`/${type}`, path, answer);
    probeAnswer('auto', `/${type}`, answer);
  });

  it.each(STREAMS)(
    'what a chat of %s is answered in a stream is read as one text, at any path',
    (_name, events) => {
      for (const [apiUri, path] of [
        ['/llm/v1/chat', ANY_PATH],
        ['/llm/v1/chat', '/llm/v1/chat'],
        ['auto', ANY_PATH],
      ] as const) {
        const read = (values: unknown) =>
          readStreamOrList(
            formatsOf(apiUri),
            events.map((event, index) => ({ ...event, value: (values as unknown[])[index] })),
            path,
            false,
          );
        const values = events.map(({ value }) => value);
        const { isRecognised, extraction } = read(values);
        expect(isRecognised, `${apiUri} ${path}`).toBe(true);
        expect(extraction.segments.map(({ text }) => text)).toContain('is blue');
        expect(plantEverywhere(values, read).unseen, `${apiUri} ${path}`).toEqual([]);
      }
    },
  );

  it.each([
    ['audio/v1/audio/speech', 'media'],
    ['audio/v1/audio/transcriptions', 'file'],
    ['audio/v1/audio/translations', 'file'],
  ])('%s can be answered with no JSON: %s', (type, answers) => {
    expect(answersOfPath(`/${type}`)).toBe(answers);
  });

  it('realtime is refused: it is a WebSocket', () => {
    expect(refusalOfPath('/realtime/v1/realtime')).toMatchObject({ why: 'around_kong' });
  });
});

describe('with llm_format, or the route type preserve,', () => {
  it.each(NATIVE)("what %s's own clients send to %s is read by every route", (_format, path, asks) => {
    for (const apiUri of ['auto', ...Object.keys(kong.apiUris)]) probeRequest(apiUri, `/ai${path}`, asks);
  });

  it.each(NATIVE)(
    "what %s's own clients are answered at %s is read by every route",
    (_format, path, _asks, answer) => {
      for (const apiUri of ['auto', ...Object.keys(kong.apiUris)]) probeAnswer(apiUri, `/ai${path}`, answer);
    },
  );
});
