import { describe, expect, it } from 'vitest';
import { createInspector } from '../inspection/create-inspector.ts';
import { inspectPlainAnswer } from '../inspection/inspect-answer.ts';
import { PROVIDERS } from './providers.ts';
import { hasUnreadAnswers } from './registry.ts';

const events = (...values: object[]) => values.map((value) => `data: ${JSON.stringify(value)}\n\n`).join('');

/** What the APIs answer to these. */
const ANSWERS: [path: string, answer: object | string | Uint8Array][] = [
  ['/v1/images/generations', { created: 1, data: [{ b64_json: 'iVBORw0KGgo=' }] }],
  [
    '/v1/images/generations',
    { created: 1, data: [{ url: 'https://x.example/a.png', revised_prompt: 'A cat' }] },
  ],
  ['/v1/images/generations', events({ type: 'image_generation.completed', b64_json: 'iVBORw0KGgo=' })],
  ['/openai/deployments/d/images/generations', { created: 1, data: [{ url: 'https://x.example/a.png' }] }],
  ['/v1/images/edits', { created: 1, data: [{ b64_json: 'iVBORw0KGgo=' }] }],
  ['/v1/audio/speech', Buffer.from([0xff, 0xf3, 0x84, 0xc4, 0, 1, 2, 3])],
  ['/v1/audio/speech', events({ type: 'speech.audio.delta', audio: 'AAAA' }, { type: 'speech.audio.done' })],
  [
    '/v1/moderations',
    { id: 'modr-1', model: 'omni', results: [{ flagged: true, categories: { violence: true } }] },
  ],
  ['/v1/assistants', { id: 'asst_1', object: 'assistant', instructions: 'Be kind', tools: [] }],
  ['/v1/threads', { id: 'thread_1', object: 'thread', metadata: {} }],
  ['/openai/threads', { id: 'thread_1', object: 'thread', metadata: {} }],
  ['/v1/threads/runs', { id: 'run_1', object: 'thread.run', status: 'queued', instructions: 'Be kind' }],
  ['/v1/threads/thread_1/runs', { id: 'run_1', object: 'thread.run', status: 'queued', tools: [] }],
  [
    '/v1/threads/thread_1/runs',
    events(
      { id: 'run_1', object: 'thread.run', status: 'queued' },
      {
        ...{ id: 'msg_1', object: 'thread.message.delta' },
        delta: { content: [{ index: 0, type: 'text', text: { value: 'Hi' } }] },
      },
    ),
  ],
  [
    '/v1/threads/thread_1/runs/run_1/submit_tool_outputs',
    { id: 'run_1', object: 'thread.run', status: 'queued' },
  ],
  ['/v1/batches', { id: 'batch_1', object: 'batch', endpoint: '/v1/chat/completions', status: 'validating' }],
  ['/v1/fine_tuning/jobs', { id: 'ftjob-1', object: 'fine_tuning.job', model: 'gpt', status: 'queued' }],
  ['/v1/vector_stores', { id: 'vs_1', object: 'vector_store', name: 'x', status: 'completed' }],
  ['/v1/conversations', { id: 'conv_1', object: 'conversation', metadata: {} }],
  ['/v1/videos', { id: 'video_1', object: 'video', status: 'queued', model: 'sora-2', progress: 0 }],
  ['/v1beta/models/veo:predictLongRunning', { name: 'models/veo/operations/1' }],
  ['/v1/tokenize', { tokens: [1, 2], token_strings: ['a', 'b'] }],
  ['/v1/classify', { id: 'x', classifications: [{ id: 'y', input: 'a', prediction: 'b', confidence: 0.5 }] }],
];

/** Every route that there can be. */
const ROUTES = PROVIDERS.flatMap(({ name: provider, apiUris }) =>
  ['auto', ...Object.keys(apiUris)].map((api_uri) => ({ provider, api_uri })),
);

describe('the answers of an endpoint', () => {
  it.each(ANSWERS)(
    'of %s are refused by every route, so nobody need be asked for them',
    async (path, answer) => {
      expect(hasUnreadAnswers(path)).toBe(true);
      const isText = typeof answer === 'string';
      const isBinary = answer instanceof Uint8Array;
      const head = {
        ...{ path, status: 200, requestHadBody: true },
        contentType: isText ? 'text/event-stream' : isBinary ? 'audio/mpeg' : 'application/json',
        bytes: isBinary ? answer : Buffer.from(isText ? answer : JSON.stringify(answer)),
      };
      for (const upstream_llm of ROUTES) {
        const { inspector } = createInspector({ ai_guard_api_key: 'pts_demo', upstream_llm }, 'response');
        const { decision } = await inspectPlainAnswer(inspector, head, { caller: {} }, { encryptions: [] });
        expect(decision, JSON.stringify(upstream_llm)).toMatchObject({
          outcome: 'blocked',
          rejection: { code: 'aidr_unreadable_answer' },
        });
      }
    },
  );

  it.each([
    ...['/v1/chat/completions', '/v1/completions', '/v1/responses', '/v1/embeddings', '/v1/messages'],
    ...['/v1/messages/batches', '/v2/chat', '/v1/chat', '/v2/rerank', '/v2/embed', '/v1/models'],
    ...['/v1/threads/thread_1/messages', '/v1/vector_stores/vs_1/search', '/v1/conversations/conv_1/items'],
    ...['/v1beta/models/g:generateContent', '/v1beta/models/i:predict', '/v1beta/cachedContents'],
    ...['/model/m/invoke', '/api/chat', '/llm/v1/chat'],
  ])('of %s may be read', (path) => {
    expect(hasUnreadAnswers(path)).toBe(false);
  });

  it.each(['/threads', '/assistants', '/team/moderations', '/images/generations', '/batches'])(
    'of a route that is called %s are not known before',
    (path) => {
      expect(hasUnreadAnswers(path)).toBe(false);
    },
  );
});
