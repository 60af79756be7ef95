import { beforeAll, describe, expect, it } from 'vitest';
import type { Provider } from '../src/config/api-uri.ts';
import { type Reading, readRequest, readResponse, readStream } from '../src/formats/read.ts';
import { type RouteFormats, routeFormats } from '../src/formats/registry.ts';
import { isObject } from '../src/formats/segment.ts';
import { plantEverywhere } from '../testkit/formats/plant-everywhere.ts';
import { readSdkTypes, type SdkTypes } from '../testkit/sdk/sdk-types.ts';

const OPENAI = 'openai/resources/';
const CHAT = `${OPENAI}chat/completions/completions.d.ts`;
const COMPLETIONS = `${OPENAI}completions.d.ts`;
const EMBEDDINGS = `${OPENAI}embeddings.d.ts`;
const RESPONSES = `${OPENAI}responses/responses.d.ts`;
const INPUT_TOKENS = `${OPENAI}responses/input-tokens.d.ts`;
const ANTHROPIC = '@anthropic-ai/sdk/resources/';
const MESSAGES = `${ANTHROPIC}messages/messages.d.ts`;
const BETA_MESSAGES = `${ANTHROPIC}beta/messages/messages.d.ts`;
/** What the client reads and writes, with the names of the wire, which its own types do not have. */
const COHERE = 'cohere-ai/serialization/';
const GEMINI = '@google/genai/dist/genai.d.ts';
const BEDROCK = '@aws-sdk/client-bedrock-runtime/dist-types/models/models_0.d.ts';

type What = 'request' | 'response' | 'event';

interface Declared {
  file: string;
  type: string;
  what: What;
  route: [Provider, string, path: string];
  /** What makes a body of a few members one of the API's, or an event that comes before. */
  beside?: object;
  /** The member of the body that has the type. */
  member?: string;
  /** The type is a list of members, of which each is the name of an event. */
  isNamed?: true;
}

const chat: Declared['route'] = ['openai', '/v1/chat/completions', '/v1/chat/completions'];
const completions: Declared['route'] = ['openai', '/v1/completions', '/v1/completions'];
const embeddings: Declared['route'] = ['openai', '/v1/embeddings', '/v1/embeddings'];
const responses: Declared['route'] = ['openai', '/v1/responses', '/v1/responses'];
const azure: Declared['route'] = ['azureai', '/responses', '/openai/v1/responses'];

const messages: Declared['route'] = ['anthropic', '/v1/messages', '/v1/messages'];
const cohereV2: Declared['route'] = ['cohere', '/v2/chat', '/v2/chat'];
const cohereV1: Declared['route'] = ['cohere', '/v1/chat', '/v1/chat'];
const cohereGenerate: Declared['route'] = ['cohere', '/v1/generate', '/v1/generate'];
const MODEL = '/v1beta/models/gemini-2.5-flash';
const gemini: Declared['route'] = ['gemini', 'generateContent', `${MODEL}:generateContent`];
const geminiStream: Declared['route'] = ['gemini', 'streamGenerateContent', `${MODEL}:streamGenerateContent`];
const converse: Declared['route'] = ['bedrock', 'converse', '/model/anthropic.claude/converse'];
const converseStream: Declared['route'] = [
  'bedrock',
  'converse-stream',
  '/model/anthropic.claude/converse-stream',
];

const started = {
  type: 'message_start',
  message: { id: 'msg_1', type: 'message', role: 'assistant', content: [], model: 'claude' },
};
const geminiPart = (type: string, member: string): Declared => ({
  ...{ file: GEMINI, type, what: 'request', route: gemini, member },
  beside: { contents: [{ role: 'user', parts: [{ text: 'words' }] }] },
});

const created = { type: 'response.created', response: { id: 'resp_1a', object: 'response', output: [] } };

const DECLARED: Declared[] = [
  {
    file: CHAT,
    type: 'ChatCompletionCreateParamsBase',
    what: 'request',
    route: chat,
    beside: { messages: [] },
  },
  { file: CHAT, type: 'ChatCompletion', what: 'response', route: chat },
  { file: CHAT, type: 'ChatCompletionChunk', what: 'event', route: chat },
  { file: COMPLETIONS, type: 'CompletionCreateParamsBase', what: 'request', route: completions },
  { file: COMPLETIONS, type: 'Completion', what: 'response', route: completions },
  { file: COMPLETIONS, type: 'Completion', what: 'event', route: completions },
  { file: EMBEDDINGS, type: 'EmbeddingCreateParams', what: 'request', route: embeddings },
  { file: EMBEDDINGS, type: 'CreateEmbeddingResponse', what: 'response', route: embeddings },
  {
    file: RESPONSES,
    type: 'ResponseCreateParamsBase',
    what: 'request',
    route: responses,
    beside: { input: 'words' },
  },
  {
    file: RESPONSES,
    type: 'ResponseCompactParams',
    what: 'request',
    route: responses,
    beside: { input: 'words' },
  },
  {
    file: INPUT_TOKENS,
    type: 'InputTokenCountParams',
    what: 'request',
    route: azure,
    beside: { input: 'words' },
  },
  { file: RESPONSES, type: 'Response', what: 'response', route: responses },
  { file: RESPONSES, type: 'CompactedResponse', what: 'response', route: responses },
  { file: RESPONSES, type: 'ResponseStreamEvent', what: 'event', route: responses, beside: created },
  ...[
    { file: MESSAGES, prefix: '' },
    { file: BETA_MESSAGES, prefix: 'Beta' },
  ].flatMap(({ file, prefix }): Declared[] => [
    { file, type: 'MessageCreateParamsBase', what: 'request', route: messages },
    { file, type: 'MessageCountTokensParams', what: 'request', route: messages },
    { file, type: `${prefix}Message`, what: 'response', route: messages },
    { file, type: `${prefix}RawMessageStreamEvent`, what: 'event', route: messages, beside: started },
  ]),
  {
    file: `${COHERE}resources/v2/client/requests/V2ChatRequest.d.ts`,
    type: 'V2ChatRequest.Raw',
    ...{ what: 'request', route: cohereV2 },
  },
  {
    file: `${COHERE}resources/v2/types/V2ChatResponse.d.ts`,
    type: 'V2ChatResponse.Raw',
    ...{ what: 'response', route: cohereV2 },
  },
  {
    file: `${COHERE}resources/v2/types/V2ChatStreamResponse.d.ts`,
    type: 'V2ChatStreamResponse.Raw',
    ...{ what: 'event', route: cohereV2, beside: { type: 'message-start' } },
  },
  {
    file: `${COHERE}client/requests/ChatRequest.d.ts`,
    type: 'ChatRequest.Raw',
    ...{ what: 'request', route: cohereV1 },
  },
  {
    file: `${COHERE}types/NonStreamedChatResponse.d.ts`,
    type: 'NonStreamedChatResponse.Raw',
    ...{ what: 'response', route: cohereV1 },
  },
  {
    file: `${COHERE}types/StreamedChatResponse.d.ts`,
    type: 'StreamedChatResponse.Raw',
    ...{ what: 'event', route: cohereV1 },
  },
  {
    file: `${COHERE}client/requests/GenerateRequest.d.ts`,
    type: 'GenerateRequest.Raw',
    ...{ what: 'request', route: cohereGenerate },
  },
  {
    file: `${COHERE}types/Generation.d.ts`,
    type: 'Generation.Raw',
    ...{ what: 'response', route: cohereGenerate },
  },
  {
    file: `${COHERE}types/GenerateStreamedResponse.d.ts`,
    type: 'GenerateStreamedResponse.Raw',
    ...{ what: 'event', route: cohereGenerate },
  },
  { file: GEMINI, type: 'Content', what: 'request', route: gemini, member: 'contents' },
  geminiPart('Content', 'systemInstruction'),
  geminiPart('Tool', 'tools'),
  geminiPart('ToolConfig', 'toolConfig'),
  geminiPart('GenerationConfig', 'generationConfig'),
  geminiPart('SafetySetting', 'safetySettings'),
  { file: GEMINI, type: 'GenerateContentResponse', what: 'response', route: gemini },
  { file: GEMINI, type: 'GenerateContentResponse', what: 'event', route: geminiStream },
  { file: BEDROCK, type: 'ConverseRequest', what: 'request', route: converse, beside: { messages: [] } },
  { file: BEDROCK, type: 'ConverseResponse', what: 'response', route: converse },
  { file: BEDROCK, type: 'ConverseStreamOutput', what: 'event', route: converseStream, isNamed: true },
];

/** The endpoints beside chats: their bodies are read leaf by leaf. */
const KEPT: [file: string, path: string, ...types: [type: string, what: What][]][] = [
  ['beta/assistants', '/v1/assistants', ['AssistantCreateParams', 'request'], ['Assistant', 'response']],
  ['beta/threads/threads', '/v1/threads', ['ThreadCreateParams', 'request'], ['Thread', 'response']],
  [
    'beta/threads/messages',
    '/v1/threads/x/messages',
    ['MessageCreateParams', 'request'],
    ['Message', 'response'],
  ],
  ['beta/threads/messages', '/v1/threads/x/runs', ['MessageDeltaEvent', 'event']],
  ['beta/threads/runs/runs', '/v1/threads/x/runs', ['RunCreateParamsBase', 'request'], ['Run', 'response']],
  ['beta/threads/runs/steps', '/v1/threads/x/runs', ['RunStep', 'response'], ['RunStepDeltaEvent', 'event']],
  [
    'conversations/conversations',
    '/v1/conversations',
    ['ConversationCreateParams', 'request'],
    ['Conversation', 'response'],
  ],
  [
    'conversations/items',
    '/v1/conversations/x/items',
    ['ItemCreateParams', 'request'],
    ['ConversationItemList', 'response'],
  ],
  ['batches', '/v1/batches', ['BatchCreateParams', 'request'], ['Batch', 'response']],
  [
    'vector-stores/vector-stores',
    '/v1/vector_stores',
    ['VectorStoreCreateParams', 'request'],
    ['VectorStore', 'response'],
  ],
  [
    'vector-stores/vector-stores',
    '/v1/vector_stores/x/search',
    ['VectorStoreSearchParams', 'request'],
    ['VectorStoreSearchResponse', 'response'],
  ],
  [
    'fine-tuning/jobs/jobs',
    '/v1/fine_tuning/jobs',
    ['JobCreateParams', 'request'],
    ['FineTuningJob', 'response'],
  ],
  ['evals/evals', '/v1/evals', ['EvalCreateParams', 'request'], ['EvalCreateResponse', 'response']],
  ['evals/runs/runs', '/v1/evals/x/runs', ['RunCreateParams', 'request'], ['RunCreateResponse', 'response']],
  [
    'images',
    '/v1/images/generations',
    ['ImageGenerateParamsBase', 'request'],
    ['ImagesResponse', 'response'],
    ['ImageGenStreamEvent', 'event'],
  ],
  [
    'moderations',
    '/v1/moderations',
    ['ModerationCreateParams', 'request'],
    ['ModerationCreateResponse', 'response'],
  ],
  ['videos', '/v1/videos', ['VideoCreateParams', 'request'], ['Video', 'response']],
  ['audio/speech', '/v1/audio/speech', ['SpeechCreateParams', 'request']],
  [
    'audio/transcriptions',
    '/v1/audio/transcriptions',
    ['Transcription', 'response'],
    ['TranscriptionVerbose', 'response'],
    ['TranscriptionStreamEvent', 'event'],
  ],
  [
    'containers/containers',
    '/v1/containers',
    ['ContainerCreateParams', 'request'],
    ['ContainerCreateResponse', 'response'],
  ],
  ['realtime/client-secrets', '/v1/realtime/client_secrets', ['ClientSecretCreateParams', 'request']],
];
for (const [file, path, ...types] of KEPT) {
  for (const [type, what] of types)
    DECLARED.push({
      file: `${OPENAI}${file}.d.ts`,
      type,
      what,
      route: ['openai', '/v1/chat/completions', path],
    });
}

const BEDROCK_PATHS = {
  ApplyGuardrailRequest: '/guardrail/g/version/1/apply',
  CountTokensRequest: '/model/anthropic.claude/count-tokens',
  StartAsyncInvokeRequest: '/async-invoke',
};

const cohereRequest = (file: string, path: string): Declared => ({
  file: `${COHERE}${file}.d.ts`,
  type: `${file.replace(/.*\//, '')}.Raw`,
  ...{ what: 'request', route: ['cohere', '/v2/chat', path] },
});
DECLARED.push(
  cohereRequest('resources/v2/client/requests/V2EmbedRequest', '/v2/embed'),
  cohereRequest('resources/v2/client/requests/V2RerankRequest', '/v2/rerank'),
  cohereRequest('client/requests/ClassifyRequest', '/v1/classify'),
  cohereRequest('client/requests/SummarizeRequest', '/v1/summarize'),
  { ...cohereRequest('types/EmbedByTypeResponse', '/v2/embed'), what: 'response' },
  { ...cohereRequest('types/SummarizeResponse', '/v1/summarize'), what: 'response' },
  ...(['ApplyGuardrailRequest', 'CountTokensRequest', 'StartAsyncInvokeRequest'] as const).map(
    (type): Declared => ({
      ...{ file: BEDROCK, type, what: 'request' },
      route: ['bedrock', 'converse', BEDROCK_PATHS[type]],
    }),
  ),
  {
    ...{ file: BEDROCK, type: 'ApplyGuardrailResponse', what: 'response' },
    route: ['bedrock', 'converse', '/guardrail/g/version/1/apply'],
  },
  {
    ...{ file: GEMINI, type: 'CachedContent', what: 'response' },
    route: ['gemini', 'generateContent', '/v1beta/cachedContents'],
  },
);

const AGENTS = '@aws-sdk/client-bedrock-agent-runtime/dist-types/index.d.ts';
const AGENT = '/agents/A/agentAliases/B/sessions/c/text';
const FLOW = '/flows/F/aliases/A';

/** Bedrock's agents, flows, knowledge bases and sessions; the events of a stream are told apart by their names. */
const AGENT_TYPES: [path: string, ...types: [type: string, what: What][]][] = [
  [AGENT, ['InvokeAgentRequest', 'request'], ['ResponseStream', 'event']],
  ['/agents/c', ['InvokeInlineAgentRequest', 'request'], ['InlineAgentResponseStream', 'event']],
  ['/agents/A/agentAliases/B/memories', ['GetAgentMemoryResponse', 'response']],
  [FLOW, ['InvokeFlowRequest', 'request'], ['FlowResponseStream', 'event']],
  [
    `${FLOW}/executions`,
    ['StartFlowExecutionRequest', 'request'],
    ['StartFlowExecutionResponse', 'response'],
    ['GetFlowExecutionResponse', 'response'],
    ['ListFlowExecutionEventsResponse', 'response'],
    ['GetExecutionFlowSnapshotResponse', 'response'],
  ],
  ['/generateQuery', ['GenerateQueryRequest', 'request'], ['GenerateQueryResponse', 'response']],
  ['/optimize-prompt', ['OptimizePromptRequest', 'request'], ['OptimizedPromptStream', 'event']],
  ['/rerank', ['RerankRequest', 'request'], ['RerankResponse', 'response']],
  [
    '/agenticRetrieveStream',
    ['AgenticRetrieveStreamRequest', 'request'],
    ['AgenticRetrieveStreamResponseOutput', 'event'],
  ],
  ['/knowledgebases/K/retrieve', ['RetrieveRequest', 'request'], ['RetrieveResponse', 'response']],
  [
    '/knowledgebases/K/datasources/D/documents/E/content',
    ['GetDocumentContentRequest', 'request'],
    ['GetDocumentContentResponse', 'response'],
  ],
  [
    '/retrieveAndGenerate',
    ['RetrieveAndGenerateRequest', 'request'],
    ['RetrieveAndGenerateResponse', 'response'],
  ],
  [
    '/retrieveAndGenerateStream',
    ['RetrieveAndGenerateStreamRequest', 'request'],
    ['RetrieveAndGenerateStreamResponseOutput', 'event'],
  ],
  ['/sessions/', ['CreateSessionRequest', 'request'], ['GetSessionResponse', 'response']],
  [
    '/sessions/S/invocationSteps/',
    ['PutInvocationStepRequest', 'request'],
    ['GetInvocationStepResponse', 'response'],
  ],
];
for (const [path, ...types] of AGENT_TYPES) {
  for (const [type, what] of types)
    DECLARED.push({
      ...{ file: AGENTS, type, what },
      route: ['bedrock', 'converse', path],
      ...(what === 'event' ? { isNamed: true } : {}),
    });
}

const BETA = `${ANTHROPIC}beta/`;

/** Anthropic's managed agents. */
const SESSION_TYPES: [path: string, file: string, ...types: [type: string, what: What][]][] = [
  ['/v1/agents', 'agents/agents', ['AgentCreateParams', 'request'], ['BetaManagedAgentsAgent', 'response']],
  [
    '/v1/sessions',
    'sessions/sessions',
    ['SessionCreateParams', 'request'],
    ['SessionUpdateParams', 'request'],
    ['BetaManagedAgentsSession', 'response'],
  ],
  [
    '/v1/sessions/S/events',
    'sessions/events',
    ['EventSendParams', 'request'],
    ['BetaManagedAgentsSendSessionEvents', 'response'],
    ['BetaManagedAgentsStreamSessionEvents', 'event'],
  ],
  [
    '/v1/sessions/S/threads/T',
    'sessions/threads/threads',
    ['BetaManagedAgentsSessionThread', 'response'],
    ['BetaManagedAgentsStreamSessionThreadEvents', 'event'],
  ],
  ['/v1/sessions/S/resources', 'sessions/resources', ['ResourceAddParams', 'request']],
  [
    '/v1/environments',
    'environments/environments',
    ['EnvironmentCreateParams', 'request'],
    ['BetaEnvironment', 'response'],
  ],
  [
    '/v1/deployments',
    'deployments',
    ['DeploymentCreateParams', 'request'],
    ['BetaManagedAgentsDeployment', 'response'],
  ],
  ['/v1/deployment_runs/D', 'deployment-runs', ['BetaManagedAgentsDeploymentRun', 'response']],
  ['/v1/dreams', 'dreams', ['DreamCreateParams', 'request'], ['BetaDream', 'response']],
];
for (const [path, file, ...types] of SESSION_TYPES) {
  for (const [type, what] of types)
    DECLARED.push({ file: `${BETA}${file}.d.ts`, type, what, route: ['anthropic', '/v1/messages', path] });
}

describe("what an official client's types declare", () => {
  let types: SdkTypes;
  beforeAll(() => {
    types = readSdkTypes([...new Set(DECLARED.map(({ file }) => file))]);
  });

  it.each(DECLARED)('is seen in every leaf, or refused: $type, $what', (declared) => {
    const { file, type, what, route } = declared;
    const [provider, apiUri, path] = route;
    const formats = routeFormats(provider, apiUri) ?? { configured: [], all: [] };
    const bodies = types.bodiesOf(file, type);
    expect(bodies).not.toEqual([]);
    const unseen = new Set<string>();
    for (const sample of bodies) {
      const { body, name } = bodyOf(declared, sample);
      const read = (value: unknown) => readAs(what, formats, value, path, name);
      if (!read(body).isRecognised) expect(body).toBe('recognised');
      for (const place of plantEverywhere(body, read, doneIn(what, apiUri, path)).unseen) unseen.add(place);
    }
    expect([...unseen]).toEqual([]);
  });
});

/** @returns an event's name with it, where it stands outside its JSON */
function bodyOf(
  { what, beside, member, isNamed }: Declared,
  sample: unknown,
): { body: unknown; name?: string } {
  if (isNamed) {
    const [[name, event] = ['', undefined]] = Object.entries(Object(sample));
    return { body: [event], name };
  }
  if (what === 'event') return { body: [...(beside ? [beside] : []), sample] };
  if (member === undefined) return { body: { ...beside, ...Object(sample) } };
  return { body: { ...beside, [member]: LISTS.has(member) ? [sample] : sample } };
}

const LISTS = new Set(['contents', 'tools', 'safetySettings']);

const done = new Map<string, Set<string>>();

const pathsOf = (rows: readonly [unknown, string, ...unknown[]][]) => new Set(rows.map(([, path]) => path));

/** Endpoints whose bodies are read alike. */
const GROUPS = [
  { name: 'kept', paths: pathsOf(KEPT) },
  { name: 'agents', paths: new Set(AGENT_TYPES.map(([path]) => path)) },
  { name: 'sessions', paths: new Set(SESSION_TYPES.map(([path]) => path)) },
];

/** What one API's bodies have in common is tried once: its other endpoints take the same. */
function doneIn(what: What, apiUri: string, path: string): Set<string> {
  const group = GROUPS.find(({ paths }) => paths.has(path))?.name ?? apiUri.replace('/v1', '');
  const key = `${what} ${group}`;
  const known = done.get(key) ?? new Set();
  done.set(key, known);
  return known;
}

function readAs(what: What, formats: RouteFormats, value: unknown, path: string, name?: string): Reading {
  if (what === 'response') return readResponse(formats, value, path);
  if (what === 'request') return readRequest(formats, isObject(value) ? value : {}, path);
  const events = Array.isArray(value)
    ? value.map((one: unknown) => ({ value: one, ...(name ? { name } : {}) }))
    : [];
  return readStream(formats, events, path);
}
