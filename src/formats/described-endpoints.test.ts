/** What the endpoints read that no chat and no official client here has: in both directions, by every route. */
import { describe, expect, it } from 'vitest';
import { plantEverywhere, readAnyResponse } from '../../testkit/formats/plant-everywhere.ts';
import { PROVIDERS } from './providers.ts';
import { type Reading, readRequest, readStreamOrList } from './read.ts';
import { answersOfPath, type RouteFormats, refusalOfPath, routeFormats } from './registry.ts';
import { isObject } from './segment.ts';

const ROUTES = PROVIDERS.map(({ name }) => ({
  name,
  formats: routeFormats(name, 'auto') as RouteFormats,
}));

const HI = [{ role: 'user', content: [{ text: 'The sky' }] }];

const REQUESTS: [path: string, body: object][] = [
  ['/v1/content_provenance_checks', { file: 'ann.png' }],
  ['/v1/responses/resp_1a/messages', { role: 'user', content: 'The sky' }],
  ['/v1/stored_completions/chatcmpl-1', { metadata: { who: 'Ann' } }],
  ['/openai/fine-tunes', { training_file: 'file-abc', suffix: 'ann' }],
  ['/openai/deployments/d', { model: 'gpt-4o', scale_settings: { scale_type: 'standard' }, owner: 'Ann' }],
  ['/api/projects/p/indexes/i/versions/1', { description: 'The sky', tags: { who: 'Ann' } }],
  ['/api/projects/p/memory_stores/m:search_memories', { scope: 'ann', items: [{ content: 'The sky' }] }],
  ['/api/projects/p/evaluators/e/versions', { display_name: 'Ann', definition: { prompt_text: 'The sky' } }],
  ['/api/projects/p/redTeams/runs:run', { displayName: 'Ann', applicationScenario: 'The sky' }],
  ['/v1/observability/judges', { name: 'ann', instructions: 'The sky', output: { options: ['good'] } }],
  ['/v1/observability/datasets/d/records', { payload: { messages: [{ role: 'user', content: 'The sky' }] } }],
  ['/v1/rag/indexes', { name: 'ann', description: 'The sky' }],
  ['/v1/workflows/w/execute', { input: { text: 'The sky' }, custom_tracing_attributes: { who: 'Ann' } }],
  ['/v1/workflows/executions/e/signals', { name: 'ann', input: { text: 'The sky' } }],
  ['/v2/prompts', { name: 'ann', prompt: 'The sky', tags: ['Rome'] }],
  ['/v2/skills', { name: 'ann', description: 'The sky' }],
  ['/agents', { agentName: 'ann', instruction: 'The sky', foundationModel: 'amazon.nova-lite-v1:0' }],
  ['/agents/AGENT12345/agentversions/DRAFT/actiongroups', { actionGroupName: 'ann', description: 'The sky' }],
  ['/prompts', { name: 'ann', variants: [{ templateConfiguration: { text: { text: 'The sky' } } }] }],
  ['/prompts/PROMPT1234/versions', { description: 'The sky' }],
  [
    '/flows',
    { name: 'ann', definition: { nodes: [{ name: 'Rome', configuration: { prompt: 'The sky' } }] } },
  ],
  ['/knowledgebases', { name: 'ann', description: 'The sky' }],
  ['/knowledgebases/KB12345678/datasources', { name: 'ann', description: 'The sky' }],
  ['/guardrails', { name: 'ann', blockedInputMessaging: 'The sky', topicPolicyConfig: { topicsConfig: [] } }],
  ['/automated-reasoning-policies/a/test-cases', { guardContent: 'The sky', queryContent: 'Who?' }],
  ['/evaluation-jobs', { jobName: 'ann', jobDescription: 'The sky' }],
  ['/prompt-routers', { promptRouterName: 'ann', description: 'The sky' }],
  ['/inference-profiles', { inferenceProfileName: 'ann', description: 'The sky' }],
  ['/use-case-for-model-access', { formData: 'The sky' }],
  ['/harnesses/invoke', { messages: HI, systemPrompt: [{ text: 'Be kind' }] }],
  ['/code-interpreters/c/tools/invoke', { name: 'executeCode', arguments: { code: 'print("The sky")' } }],
  ['/runtimes/r/commands', { command: 'echo The sky' }],
  ['/memories/m/events', { actorId: 'ann', payload: [{ conversational: { content: { text: 'The sky' } } }] }],
  ['/memories/m/retrieve', { namespace: '/ann', searchCriteria: { searchQuery: 'The sky', topK: 3 } }],
  ['/evaluations/evaluate/e', { evaluationInput: { sessionSpans: [{ name: 'The sky' }] } }],
  ['/v1beta/agents', { id: 'ann', system_instruction: 'The sky', tools: [{ type: 'code_execution' }] }],
  ['/v1beta/triggers', { display_name: 'Ann', interaction: { input: 'The sky' } }],
  ['/v1beta/environments', { display_name: 'Ann', sources: [{ content: 'The sky' }] }],
  ['/v1beta1/reasoningEngines/r:query', { input: { text: 'The sky' }, classMethod: 'ann' }],
  ['/v1beta1/reasoningEngines/r/memories:retrieve', { similaritySearchParams: { searchQuery: 'The sky' } }],
  ['/v1beta1:evaluateInstances', { exactMatchInput: { instances: [{ prediction: 'The sky' }] } }],
  [
    '/v1/projects/p/locations/l/publishers/google/models/g:setPublisherModelConfig',
    { publisherModelConfig: { note: 'The sky' } },
  ],
  ['/responses', { input: 'The sky' }],
  ['/chat/completions/input_tokens', { messages: [{ role: 'user', content: 'The sky' }] }],
  ['/cohere/v2/chat/render', { model: 'm', messages: [{ role: 'user', content: 'The sky' }] }],
  [
    '/v1/systemone',
    { state: { ticket: 'The sky' }, questions: { a: { type: 'noul', instructions: 'Is it?' } } },
  ],
  ['/inference/v1/abort_requests', { request_ids: ['ann'] }],
  ['/api/signout', {}],
];

const ANSWERS: [path: string, body: object][] = [
  ['/v1/messages/batches/msgbatch_1', { id: 'msgbatch_1', type: 'message_batch_deleted' }],
  [
    '/v1/content_provenance_checks',
    { object: 'content_provenance_check', created_at: 1, results: [{ type: 'c2pa', issuer: 'Ann' }] },
  ],
  ['/v1/responses/resp_1a/messages', { object: 'list', data: [{ role: 'assistant', content: 'is blue' }] }],
  ['/openai/fine-tunes/ft-1/events', { object: 'list', data: [{ message: 'is blue', created_at: 1 }] }],
  [
    '/api/projects/p/memory_stores/m:search_memories',
    { memories: [{ memory_item: { content: 'is blue' } }] },
  ],
  ['/api/projects/p/insights', { value: [{ id: 'a', displayName: 'Ann', result: { summary: 'is blue' } }] }],
  ['/v1/observability/traces/search', { results: [{ name: 'Ann', attributes: { said: 'is blue' } }] }],
  ['/v1/rag/indexes/index/i/detail', { name: 'Ann', documents: [{ text: 'is blue' }] }],
  ['/v1/workflows/executions/e', { status: 'COMPLETED', result: { text: 'is blue' } }],
  ['/v2/prompts', { data: [{ name: 'ann', prompt: 'is blue' }] }],
  ['/agents/AGENT12345/agentversions/1', { agentVersion: { instruction: 'is blue', agentName: 'ann' } }],
  [
    '/prompts/PROMPT1234',
    { name: 'ann', variants: [{ templateConfiguration: { text: { text: 'is blue' } } }] },
  ],
  ['/flows', { flowSummaries: [{ name: 'ann', description: 'is blue' }] }],
  ['/knowledgebases/KB12345678', { knowledgeBase: { name: 'ann', description: 'is blue' } }],
  ['/guardrails/gr123', { name: 'ann', blockedOutputsMessaging: 'is blue', status: 'READY' }],
  ['/automated-reasoning-policies/a/test-cases/t', { testCase: { guardContent: 'is blue' } }],
  ['/custom-models', { modelSummaries: [{ modelName: 'ann' }] }],
  ['/tagResource', { tags: [{ key: 'who', value: 'Ann' }] }],
  ['/memories/m/retrieve', { memoryRecordSummaries: [{ content: { text: 'is blue' }, score: 0.5 }] }],
  ['/evaluations/evaluate/e', { evaluationResults: [{ explanation: 'is blue', label: 'Ann', value: 0.5 }] }],
  ['/v1beta/agents/a', { id: 'ann', system_instruction: 'is blue', base_agent: 'x' }],
  ['/v1beta/triggers/t/executions', { executions: [{ id: 'a', status: 'completed', output: 'is blue' }] }],
  ['/v1beta1/reasoningEngines/r:query', { output: 'is blue' }],
  ['/v1beta1:evaluateInstances', { exactMatchResults: { explanation: 'is blue' } }],
  ['/v2/models/m/versions/1', { name: 'ann', versions: ['1'], platform: 'unknown' }],
  ['/responses/input_tokens', { object: 'response.input_tokens', input_tokens: 11 }],
  ['/v1/streams', [{ conversation_id: 'ann', is_done: true }]],
  [
    '/v1/systemone',
    { id: 'a', object: 'structured_decision', answers: { a: { type: 'choice', choice: 'is blue' } } },
  ],
  ['/cohere/v2/chat/render', { request_id: 'ann', token_ids: [1, 2], sampling_params: { stop: ['Bob'] } }],
  ['/v1/loads', { timestamp: '2026-01-01T00:00:00Z', loads: [{ dp_rank: 0, note: 'ann' }] }],
  [
    '/api/experimental/model-recommendations',
    { recommendations: [{ model: 'ann', description: 'is blue' }] },
  ],
];

const STREAMS: [path: string, events: { name: string; value: object }[]][] = [
  [
    '/code-interpreters/c/tools/invoke',
    [
      { name: 'result', value: { content: [{ type: 'text', text: 'is blue' }] } },
      { name: 'validationException', value: { message: 'is not' } },
    ],
  ],
  [
    '/harnesses/invoke',
    [
      { name: 'messageStart', value: { role: 'assistant' } },
      { name: 'contentBlockDelta', value: { contentBlockIndex: 0, delta: { text: 'is ' } } },
      { name: 'contentBlockDelta', value: { contentBlockIndex: 0, delta: { text: 'blue' } } },
      { name: 'contentBlockStop', value: { contentBlockIndex: 0 } },
      { name: 'messageStop', value: { stopReason: 'end_turn' } },
    ],
  ],
];

function isUnreadable({ extraction, isRecognised }: Reading): boolean {
  return !isRecognised || extraction.unreadable > 0;
}

describe.each(ROUTES)('on a route of $name', ({ formats }) => {
  it.each(REQUESTS)('a request of %s is read in every leaf', (path, request) => {
    const read = (body: unknown) => readRequest(formats, isObject(body) ? body : {}, path);
    expect(isUnreadable(read(request))).toBe(false);
    expect(plantEverywhere(request, read).unseen).toEqual([]);
  });

  it.each(ANSWERS)('an answer of %s is read in every leaf', (path, answer) => {
    const read = (body: unknown) => readAnyResponse(formats, body, path);
    expect(isUnreadable(read(answer))).toBe(false);
    expect(plantEverywhere(answer, read).unseen).toEqual([]);
  });

  it.each(STREAMS)('a stream of %s is read in every leaf', (path, events) => {
    const read = (values: unknown) =>
      readStreamOrList(
        formats,
        events.map(({ name }, index) => ({ name, value: (values as unknown[])[index] })),
        path,
        false,
      );
    const values = events.map(({ value }) => value);
    expect(isUnreadable(read(values))).toBe(false);
    expect(plantEverywhere(values, read).unseen).toEqual([]);
  });
});

it.each([
  ['/v1beta/files/f:download', 'file'],
  ['/v1beta/environments/e/files/a%2Fb.txt', 'file'],
  ['/api/projects/p/files/f/content', 'file'],
  ['/api/projects/p/skills/s/versions/1/content', 'file'],
  ['/api/projects/p/agents/a/code:download', 'file'],
  ['/audio/transcriptions', 'file'],
  ['/api/projects/p/agents/a/endpoint/protocols/voice/conversations/c/items/i/audio/content', 'media'],
])('what %s answers is a %s', (path, answers) => {
  expect([answersOfPath(path), refusalOfPath(path)]).toEqual([answers, undefined]);
});

it('what one text of a stream of AgentCore is comes to AIDR as one', () => {
  const [, events = []] = STREAMS.find(([path]) => path === '/harnesses/invoke') ?? [];
  const [{ formats } = { formats: { configured: [], all: [] } }] = ROUTES;
  const { extraction } = readStreamOrList(formats, events, '/harnesses/invoke', false);
  expect(extraction.segments.map(({ text }) => text)).toContain('is blue');
});
