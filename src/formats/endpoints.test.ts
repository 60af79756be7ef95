import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DESCRIBED_PATHS } from '../../testkit/formats/described-paths.ts';
import { plantEverywhere } from '../../testkit/formats/plant-everywhere.ts';
import { parseStream } from '../body/stream/index.ts';
import { routedPath } from './path-spellings.ts';
import { PROVIDERS } from './providers.ts';
import { readResponse, readStream, readStreamOrList } from './read.ts';
import {
  answersOfPath,
  asksForPrompt,
  endpointTable,
  formatsOfPath,
  refusalOfPath,
  routeFormats,
} from './registry.ts';

const MODULES = resolve(import.meta.dirname, '../../node_modules');

interface Client {
  provider: string;
  folders: readonly string[];
  /** Every call of the API in the sources. */
  call: RegExp;
  /** The path of a call. */
  path: RegExp;
  /** Calls whose paths the API gives. */
  pathless?: number;
  spelled?: (path: string) => string;
}

const STAINLESS = {
  call: /_client\s*\.(?:get|post|put|patch|delete|getAPIList|request)\(/g,
  path: /_client\s*\.(?:get|post|put|patch|delete|getAPIList|request)\(\s*(?:\(0, path_1\.path\)|path)?\s*['`]([^'`]+)['`]/g,
};

const GEMINI = ['@google/genai/dist/node'];

const CLIENTS: Client[] = [
  { provider: 'OpenAI', folders: ['openai/resources'], ...STAINLESS, spelled: (path) => `/v1${path}` },
  // The results of a batch, of the API and of its beta, stand where the batch says.
  { provider: 'Anthropic', folders: ['@anthropic-ai/sdk/resources'], ...STAINLESS, pathless: 2 },
  {
    provider: 'Cohere',
    folders: ['cohere-ai'],
    call: /method: "(?:GET|POST|PUT|PATCH|DELETE)"/g,
    path: /["`](v[12]\/[^"`]+)["`]/g,
    spelled: (path) => `/${path}`,
  },
  {
    provider: 'Google Gemini',
    folders: GEMINI,
    call: /(?<!function )formatMap\((?!template|endpointUrl)/g,
    path: /formatMap\('([^']+)'/g,
    spelled: (path) =>
      path.startsWith('upload')
        ? `/${path.replace('/x/', '/v1beta/')}`
        : // The name of something, whichever it is.
          `/v1beta/${/^x(?::cancel)?$/.test(path) ? path.replace('x', 'operations/x') : `models/${path}`}`,
  },
  {
    provider: 'Google Gemini',
    folders: GEMINI,
    call: /pathToFunc\("/g,
    path: /pathToFunc\("([^"]+)"/g,
    spelled: (path) => path.replace('/x/', '/v1beta/'),
  },
  {
    provider: 'AWS Bedrock',
    folders: ['@aws-sdk/client-bedrock-runtime/dist-cjs', '@aws-sdk/client-bedrock-agent-runtime/dist-cjs'],
    call: /class \w+Command extends/g,
    path: /\["(?:POST|GET|PUT|PATCH|DELETE)", "(\/[^"]+)"/g,
  },
];

describe("an official client's endpoints", () => {
  it.each(CLIENTS)('of $provider are all in the table: $call', ({ folders, pathless = 0, ...client }) => {
    const sources = folders.flatMap(sourcesIn).join('\n');
    const found = [...sources.matchAll(client.path)].map(([, path = '']) => path);
    expect(found.length).toBeGreaterThan(10);
    // One whose path is not found could have no row.
    expect(found.length).toBe([...sources.matchAll(client.call)].length - pathless);
    const { endpoints = [] } = endpointTable().find((one) => one.provider === client.provider) ?? {};
    const paths = found
      .map((path) => path.replaceAll(/\$?\{[^}]*\}/g, 'x').replace(/\?.*/, ''))
      .map((path) => routedPath(client.spelled?.(path) ?? path));
    expect(paths.filter((path) => !endpoints.some((endpoint) => endpoint.path.test(path)))).toEqual([]);
  });
});

/** Of packages that have each source in two kinds of modules, one kind is enough. */
function sourcesIn(folder: string): string[] {
  const files = readdirSync(resolve(MODULES, folder), { recursive: true, encoding: 'utf8' });
  const isSource = (file: string) =>
    folder === GEMINI[0] ? file === 'index.mjs' : /(?<!\.d)\.js$/.test(file) && !file.startsWith('dist/esm');
  return files.filter(isSource).map((file) => readFileSync(resolve(MODULES, folder, file), 'utf8'));
}

describe('the endpoints that an API describes', () => {
  it.each(DESCRIBED_PATHS)('of $source are all in the table', ({ paths }) => {
    const all = paths.trim().split(/\s+/);
    expect(all.filter((path) => formatsOfPath(path).length === 0 && !refusalOfPath(path))).toEqual([]);
  });
});

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
  [
    '/v1/conversations',
    events(
      { type: 'conversation.response.started', conversation_id: 'conv_1' },
      { type: 'message.output.delta', id: 'msg_1', output_index: 0, content_index: 0, content: 'Hi' },
      { type: 'function.call.delta', id: 'call_1', output_index: 1, name: 'f', arguments: '{"a":"b"}' },
    ),
  ],
  [
    '/v1beta/interactions',
    events(
      { event_type: 'interaction.created', interaction: { id: 'a', object: 'interaction' } },
      {
        event_type: 'step.start',
        index: 0,
        step: { type: 'model_output', content: [{ type: 'text', text: 'H' }] },
      },
      { event_type: 'step.delta', index: 0, delta: { type: 'text', text: 'i' } },
      { event_type: 'step.delta', index: 1, delta: { type: 'arguments_delta', arguments: '{"a":"b"}' } },
      {
        event_type: 'step.delta',
        index: 2,
        delta: { type: 'thought_summary', content: { type: 'text', text: 'a' } },
      },
      { event_type: 'step.stop', index: 0 },
    ),
  ],
  ['/openai/v1/video/generations/jobs', { id: 'task_1', object: 'video.generation.job', prompt: 'A cat' }],
  ['/v1/projects/p/locations/l/reasoningEngines/r:query', { output: 'Hi' }],
  ['/v1/libraries/l/documents/d/text_content', { text: 'Hi' }],
  ['/v1beta/models/veo:predictLongRunning', { name: 'models/veo/operations/1' }],
  ['/v1/tokenize', { tokens: [1, 2], token_strings: ['a', 'b'] }],
  ['/v1/classify', { id: 'x', classifications: [{ id: 'y', input: 'a', prediction: 'b', confidence: 0.5 }] }],
];

/** Every route that there can be. */
const ROUTES = PROVIDERS.flatMap(({ name: provider, apiUris }) =>
  ['auto', ...Object.keys(apiUris)].map((api_uri) => ({ provider, api_uri })),
);

describe('the answers of an endpoint', () => {
  it.each(ANSWERS)('of %s are read in every leaf by every route', (path, answer) => {
    for (const { provider, api_uri } of ROUTES) {
      const formats = routeFormats(provider, api_uri) ?? { configured: [], all: [] };
      if (answer instanceof Uint8Array) {
        expect(answersOfPath(path)).toBe('media');
        continue;
      }
      const parsed =
        typeof answer === 'string' ? parseStream(Buffer.from(answer), 'text/event-stream') : undefined;
      const value = parsed?.ok ? parsed.document.events.map((event) => event.value) : answer;
      const read = (body: unknown) =>
        Array.isArray(body)
          ? readStream(
              formats,
              body.map((event: unknown) => ({ value: event })),
              path,
            )
          : readResponse(formats, body, path);
      expect(read(value).isRecognised, `${provider} ${api_uri}`).toBe(true);
      expect(plantEverywhere(value, read).unseen, `${provider} ${api_uri}`).toEqual([]);
    }
  });

  it.each([
    ...['/v1/chat/completions', '/v1/completions', '/v1/responses', '/v1/embeddings', '/v1/messages'],
    ...['/v1/messages/batches', '/v2/chat', '/v1/chat', '/v2/rerank', '/v2/embed', '/v1/models'],
    ...['/v1/threads/thread_1/messages', '/v1/vector_stores/vs_1/search', '/v1/conversations/conv_1/items'],
    ...['/v1beta/models/g:generateContent', '/v1beta/models/i:predict', '/v1beta/cachedContents'],
    ...['/model/m/invoke', '/api/chat', '/llm/v1/chat'],
    ...[
      '/threads',
      '/realtime',
      '/v1/projects/p/locations/l/reasoningEngines/r:query',
      '/v1/projects/p/locations/l/publishers/mistralai/models/m:streamRawPredict',
      '/v1/agents/completions',
      '/agents/a/sessions',
      '/sessions/',
      '/v1/sessions/sesn_1/events/stream',
      '/v1/environments/env_1',
      '/flows',
      '/agents/A/agentAliases/B/sessions/C/text',
    ],
    '/v1beta/environments/e/work',
    '/v1beta/agents/a/telephony',
    '/tunnels/team/v1/chat/completions',
  ])('of %s may be read', (path) => {
    expect(refusalOfPath(path)).toBeUndefined();
  });

  it.each([
    ['/v1/realtime/sessions', 'around_kong'],
    ['/v1/realtime/client_secrets', 'around_kong'],
    ['/openai/realtimeapi/sessions', 'around_kong'],
    ['/team/realtime/client_secrets/', 'around_kong'],
    ['/v1/./Realtime//sessions;x', 'around_kong'],
    ['/v1/chat/%2e%2e/realtime%2Fsessions', 'around_kong'],
    ['/team/oauth/token', 'around_kong'],
    ['/team/environments/env_1/work/poll', 'around_kong'],
    ['/team/tunnels/tunnel_1/reveal_token', 'around_kong'],
    ['/team/connections/c/getConnectionWithCredentials', 'around_kong'],
    ['/team/datasets/d/versions/1/credentials', 'around_kong'],
    ['/v1/oauth/token#/x', 'around_kong'],
    ['/v1/oauth/token%23/x', 'around_kong'],
    ['/v1/oauth/token%3F/../../chat/completions', 'around_kong'],
    ['/v1/oauth/token#/../../chat/completions', 'around_kong'],
    ['/v1/chat#/../oauth/token', 'around_kong'],
    ['/v1/chatkit/sessions', 'around_kong'],
    ['/v1alpha/auth_tokens', 'around_kong'],
    ['/v1/environments/env_1/work/poll', 'around_kong'],
    ['/v1/tunnels/tunnel_1/reveal_token', 'around_kong'],
    ['/model/m/invoke-with-bidirectional-stream', 'unread_prompt'],
    ['/model;x//m/%69nvoke-with-bidirectional-stream/', 'unread_prompt'],
    ['/v1/chat/completions/derender', 'unread_prompt'],
    ['/generate_from_file', 'unread_prompt'],
    ['/v1/workflows/executions/e/stream', 'unread_answer'],
    ['/v1/realtime/translations/client_secrets', 'around_kong'],
    ['/v1/oauth/token', 'around_kong'],
    ['/api/projects/p/datasets/d/versions/1/startPendingUpload', 'around_kong'],
    ['/api/projects/p/agents/a/telephony/call_jobs', 'around_kong'],
    ['/v2/models/m/infer', 'unread_prompt'],
    ['/inference/v1/generate', 'unread_prompt'],
    ['/v1/projects/p/locations/l/reasoningEngines/r:streamQuery', 'unread_answer'],
    ['/v1/projects/p/locations/l/endpoints/e%3AserverStreamingPredict', 'unread_answer'],
    ['/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent', 'around_kong'],
    ['/openai/realtime', 'around_kong'],
    ['/api/v1/tokens', 'around_kong'],
    ['/api-ws/v1/inference', 'around_kong'],
  ])('of %s are not asked for', (path, why) => {
    expect(refusalOfPath(path)).toMatchObject({ why, instead: expect.stringMatching(/\S/) });
  });

  it.each([
    ['/v1/realtime', '/v1/responses'],
    ['/realtime/v1/realtime', '/llm/v1/chat'],
    ['/api-ws/v1/realtime', '/api/v1/services/aigc/multimodal-generation/generation'],
  ])('of %s name the cure of their own API', (path, instead) => {
    expect(refusalOfPath(path)?.instead).toBe(instead);
  });
});

it.each([
  ['/v1/messages/batches/msgbatch_1/cancel'],
  ['/v1/batches/batch_1/cancel'],
  ['/v1/responses/resp_1/cancel'],
  ['/api/v1/tasks/0123/cancel'],
  ['/v1beta/batches/b:cancel'],
  ['/sessions/1/invocations/'],
])('what is cancelled or listed needs no prompt: %s', (path) => {
  expect(formatsOfPath(path)).not.toEqual([]);
  expect(asksForPrompt(path)).toBe(false);
});

describe('an endpoint that is not asked for', () => {
  const all = endpointTable().flatMap(({ endpoints }) => endpoints);
  const known = all.filter(({ refused }) => !refused).flatMap(({ names }) => names);

  it('is refused by its own name, whatever else the path can be read as', () => {
    const names = all.flatMap((endpoint) => (endpoint.refused ? endpoint.names : []));
    const paths = names
      .filter((name) => !name.startsWith('/ws/'))
      .map((name) => name.replace('{agent}', '/v1/reasoningEngines/x'))
      .map((name) =>
        name
          .replaceAll(/\{[^}]*\}/g, 'x')
          .replaceAll('/…', '/x')
          .replaceAll('…', ''),
      );
    expect(paths.filter((path) => !refusalOfPath(path))).toEqual([]);
  });

  it.each(
    all
      .flatMap(({ names, refused }) => names.map((name) => ({ name, instead: refused?.instead })))
      .filter(({ instead }) => instead),
  )('$name names one that is read in its place', ({ instead }) => {
    expect(known.map((name) => name.replace(/…$/, ''))).toContain(instead);
  });
});

it.each<[path: string, provider: 'openai' | 'gemini', pieces: (text: string) => object]>([
  [
    '/v1/conversations',
    'openai',
    (content) => ({ type: 'message.output.delta', id: 'm', output_index: 0, content_index: 0, content }),
  ],
  [
    '/v1beta/interactions',
    'gemini',
    (text) => ({ event_type: 'step.delta', index: 0, delta: { type: 'text', text } }),
  ],
])('what a stream of %s says in pieces is one text', (path, provider, piece) => {
  const formats = routeFormats(provider, 'auto') ?? { configured: [], all: [] };
  const values = ['My number is 234-5', '6-78', '90.'].map((text) => ({ value: piece(text) }));
  const { extraction } = readStream(formats, values, path);
  expect(extraction.segments.map(({ text }) => text)).toContain('My number is 234-56-7890.');
});

it('a stream of which nobody knows how its texts grow is not read piece by piece', () => {
  const formats = routeFormats('openai', '/v1/chat/completions') ?? { configured: [], all: [] };
  const pieces = [{ value: { piece: '234-56' } }, { value: { piece: '-7890' } }];
  const read = (isList: boolean) => readStreamOrList(formats, pieces, '/v1/rerank', isList).isRecognised;
  expect([read(true), read(false)]).toEqual([true, false]);
});
