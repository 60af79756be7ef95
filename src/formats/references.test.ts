/** What a prompt refers to, or carries sealed: `on_opaque: block` refuses it wherever it stands. */
import { describe, expect, it } from 'vitest';
import type { Provider } from '../config/api-uri.ts';
import { readRequest } from './read.ts';
import { asksForStoredPrompt, modelOfPath, routeFormats } from './registry.ts';
import type { JsonObject } from './segment.ts';

type Route = readonly [Provider, string, path: string];

const CHAT: Route = ['openai', '/v1/chat/completions', '/v1/chat/completions'];
const RESPONSES: Route = ['openai', '/v1/responses', '/v1/responses'];
const AZURE: Route = ['azureai', '/chat/completions', '/openai/deployments/gpt-4o/chat/completions'];
const MESSAGES: Route = ['anthropic', '/v1/messages', '/v1/messages'];
const CONVERSE: Route = ['bedrock', 'converse', '/model/amazon.nova-lite-v1:0/converse'];
const PROMPT_ARN = 'arn:aws:bedrock:us-east-1:123456789012:prompt/PROMPT12345:1';
const STORED: Route = ['bedrock', 'converse', `/model/${encodeURIComponent(PROMPT_ARN)}/converse`];
const INVOKE: Route = ['bedrock', 'invoke', '/model/anthropic.claude-sonnet-4-20250514-v1:0/invoke'];
const GEMINI: Route = ['gemini', 'generateContent', '/v1beta/models/gemini-2.5-flash:generateContent'];
const COHERE: Route = ['cohere', '/v2/chat', '/v2/chat'];
const COHERE_V1: Route = ['cohere', '/v1/chat', '/v1/chat'];
const GENERATE: Route = ['cohere', '/v1/generate', '/v1/generate'];
const OLLAMA: Route = ['kong', '/llm/v1/chat', '/api/chat'];

const SEALED = 'Eo8BCioIBxgCIiQ0NGFlNjc2Yy05NThmLTRkNjgtOTEwOC1lYWU5ZGU3YjM2ABCDEFGH0123456789ab==';
const hi = { role: 'user', content: 'Hi.' };
const chat = (...messages: object[]) => ({ model: 'gpt-4o-mini', messages: [hi, ...messages] });
const part = (value: object) => chat({ role: 'user', content: [value] });
const item = (value: object) => ({ input: ['Hi.', value].map((one) => (one === 'Hi.' ? hi : one)) });
const tool = (value: object) => ({ input: 'Hi.', tools: [value] });
const skill = { type: 'skill_reference', skill_id: 'skill_68e5a1b2', version: '1' };
const block = (value: object) => ({ max_tokens: 9, ...part(value) });
const turn = (value: object) => ({ messages: [{ role: 'user', content: [{ text: 'Hi.' }, value] }] });
const contents = [{ role: 'user', parts: [{ text: 'Hi.' }] }];
const geminiPart = (value: object) => ({ contents: [{ role: 'user', parts: [value] }] });

const REFERENCES: [name: string, route: Route, body: object][] = [
  ['a file by its id', CHAT, part({ type: 'file', file: { file_id: 'file-abc123' } })],
  ['a picture by its URL', CHAT, part({ type: 'image_url', image_url: { url: 'https://a.example/b.png' } })],
  ['a sound', CHAT, part({ type: 'input_audio', input_audio: { data: SEALED, format: 'wav' } })],
  ['a spoken turn by its id', CHAT, chat({ role: 'assistant', audio: { id: 'audio_abc123' } })],
  [
    'thoughts that are encrypted',
    CHAT,
    chat({
      role: 'assistant',
      content: 'Hi.',
      reasoning_details: [{ type: 'reasoning.encrypted', data: SEALED }],
    }),
  ],
  [
    'thoughts that are redacted',
    CHAT,
    chat({
      role: 'assistant',
      content: 'Hi.',
      thinking_blocks: [{ type: 'redacted_thinking', data: SEALED }],
    }),
  ],
  [
    'a source of data',
    AZURE,
    { ...chat(), data_sources: [{ type: 'azure_search', parameters: { index_name: 'i' } }] },
  ],
  [
    'a source of data, as it was called',
    AZURE,
    { ...chat(), dataSources: [{ type: 'AzureCognitiveSearch' }] },
  ],

  ['an answer by its id', RESPONSES, { input: 'Hi.', previous_response_id: 'resp_68e5a1b2' }],
  ['a conversation', RESPONSES, { input: 'Hi.', conversation: 'conv_68e5a1b2' }],
  ['a conversation by its id', RESPONSES, { input: 'Hi.', conversation: { id: 'conv_68e5a1b2' } }],
  ['a stored prompt', RESPONSES, { input: 'Hi.', prompt: { id: 'pmpt_68e5a1b2', variables: { a: 'b' } } }],
  ['an item by its id', RESPONSES, item({ type: 'item_reference', id: 'msg_68e5a1b2' })],
  [
    'a file by its id',
    RESPONSES,
    item({ role: 'user', content: [{ type: 'input_file', file_id: 'file-abc123' }] }),
  ],
  [
    'a file by its URL',
    RESPONSES,
    item({ role: 'user', content: [{ type: 'input_file', file_url: 'https://a.example/b.pdf' }] }),
  ],
  [
    'a picture by its id',
    RESPONSES,
    item({ role: 'user', content: [{ type: 'input_image', file_id: 'file-abc123' }] }),
  ],
  [
    'a picture of a screen',
    RESPONSES,
    item({
      type: 'computer_call_output',
      call_id: 'call_1',
      output: { type: 'computer_screenshot', file_id: 'file-abc123' },
    }),
  ],
  ['a made picture', RESPONSES, item({ type: 'image_generation_call', id: 'ig_1', result: SEALED })],
  [
    'thoughts that are encrypted',
    RESPONSES,
    item({ type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: SEALED }),
  ],
  ['a compaction', RESPONSES, item({ type: 'compaction', encrypted_content: SEALED })],
  ['a container of code', RESPONSES, tool({ type: 'code_interpreter', container: 'cntr_68e5a1b2' })],
  [
    'files in a container of code',
    RESPONSES,
    tool({ type: 'code_interpreter', container: { type: 'auto', file_ids: ['file-abc123'] } }),
  ],
  [
    'skills in a container of code',
    RESPONSES,
    tool({ type: 'code_interpreter', container: { type: 'auto', skills: [skill] } }),
  ],
  [
    'the container of a shell',
    RESPONSES,
    tool({ type: 'shell', environment: { type: 'container_reference', container_id: 'cntr_68e5a1b2' } }),
  ],
  [
    'the files of a shell',
    RESPONSES,
    tool({ type: 'shell', environment: { type: 'container_auto', file_ids: ['file-abc123'] } }),
  ],
  [
    'the skills of a shell',
    RESPONSES,
    tool({ type: 'shell', environment: { type: 'container_auto', skills: [skill] } }),
  ],
  [
    'the skills of a local shell',
    RESPONSES,
    tool({
      type: 'shell',
      environment: { type: 'local', skills: [{ name: 'n', description: 'd', path: '/skills/n' }] },
    }),
  ],
  ['stores of files', RESPONSES, tool({ type: 'file_search', vector_store_ids: ['vs_68e5a1b2'] })],
  [
    'a server of tools by its URL',
    RESPONSES,
    tool({ type: 'mcp', server_label: 'a', server_url: 'https://mcp.example.com' }),
  ],
  ['a connector', RESPONSES, tool({ type: 'mcp', server_label: 'a', connector_id: 'connector_gmail' })],
  ['a tunnel', RESPONSES, tool({ type: 'mcp', server_label: 'a', tunnel_id: 'tunnel_1' })],
  [
    'a server of tools among others',
    RESPONSES,
    tool({
      type: 'namespace',
      name: 'n',
      tools: [{ type: 'mcp', server_label: 'a', server_url: 'https://a.example' }],
    }),
  ],
  [
    'a mask by its id',
    RESPONSES,
    tool({ type: 'image_generation', input_image_mask: { file_id: 'file-abc123' } }),
  ],
  [
    'a mask by its URL',
    RESPONSES,
    tool({ type: 'image_generation', input_image_mask: { image_url: 'https://a.example/b.png' } }),
  ],

  [
    'a document by its id',
    MESSAGES,
    block({ type: 'document', source: { type: 'file', file_id: 'file_011CNha8' } }),
  ],
  [
    'a document by its URL',
    MESSAGES,
    block({ type: 'document', source: { type: 'url', url: 'https://a.example/b' } }),
  ],
  [
    'a picture by its id',
    MESSAGES,
    block({ type: 'image', source: { type: 'file', file_id: 'file_011CNha8' } }),
  ],
  ['a file for a container', MESSAGES, block({ type: 'container_upload', file_id: 'file_011CNha8' })],
  ['redacted thoughts', MESSAGES, block({ type: 'redacted_thinking', data: SEALED })],
  [
    'an encrypted finding',
    MESSAGES,
    block({
      type: 'web_search_tool_result',
      tool_use_id: 'srvtoolu_1',
      content: [
        { type: 'web_search_result', url: 'https://a.example', title: 't', encrypted_content: SEALED },
      ],
    }),
  ],
  [
    'what a program printed, encrypted',
    MESSAGES,
    block({
      type: 'code_execution_tool_result',
      tool_use_id: 'srvtoolu_1',
      content: {
        type: 'encrypted_code_execution_result',
        encrypted_stdout: SEALED,
        content: [],
        return_code: 0,
      },
    }),
  ],
  ['a container', MESSAGES, { ...block({ type: 'text', text: 'Hi.' }), container: 'container_011CaNRH' }],
  [
    'skills',
    MESSAGES,
    {
      ...block({ type: 'text', text: 'Hi.' }),
      container: { skills: [{ type: 'anthropic', skill_id: 'pptx', version: 'latest' }] },
    },
  ],
  [
    'a server of tools',
    MESSAGES,
    {
      ...block({ type: 'text', text: 'Hi.' }),
      mcp_servers: [{ type: 'url', name: 'a', url: 'https://a.example' }],
    },
  ],
  [
    'an earlier turn by its id',
    MESSAGES,
    {
      ...block({ type: 'text', text: 'Hi.' }),
      thread: { type: 'continue', previous_message_id: 'msg_01MT4g' },
    },
  ],

  ['a stored prompt by its path', STORED, { promptVariables: { a: { text: 'b' } } }],
  ['a stored prompt by its path, without variables', STORED, turn({ text: 'Hi.' })],
  ['a stored prompt by its name', CONVERSE, { modelId: PROMPT_ARN, ...turn({ text: 'Hi.' }) }],
  ['redacted thoughts', CONVERSE, turn({ reasoningContent: { redactedContent: SEALED } })],
  [
    'a document in a bucket',
    CONVERSE,
    turn({ document: { format: 'pdf', name: 'n', source: { s3Location: { uri: 's3://a/b.pdf' } } } }),
  ],
  ['a picture', CONVERSE, turn({ image: { format: 'png', source: { bytes: SEALED } } })],
  [
    'a film in a bucket',
    CONVERSE,
    turn({ video: { format: 'mp4', source: { s3Location: { uri: 's3://a/b.mp4' } } } }),
  ],
  [
    'redacted thoughts of a model',
    INVOKE,
    { anthropic_version: 'bedrock-2023-05-31', ...block({ type: 'redacted_thinking', data: SEALED }) },
  ],

  ['cached content', GEMINI, { contents, cachedContent: 'cachedContents/4tn6nzrm6b9t' }],
  ['cached content, in snake case', GEMINI, { contents, cached_content: 'cachedContents/4tn6nzrm6b9t' }],
  [
    'a file by its URI',
    GEMINI,
    geminiPart({ fileData: { mimeType: 'application/pdf', fileUri: 'gs://a/b.pdf' } }),
  ],
  ['a picture', GEMINI, geminiPart({ inlineData: { mimeType: 'image/png', data: SEALED } })],
  [
    'stores of files',
    GEMINI,
    { contents, tools: [{ fileSearch: { fileSearchStoreNames: ['fileSearchStores/a-4tn6nzrm6b9t'] } }] },
  ],
  [
    'an index',
    GEMINI,
    {
      contents,
      tools: [{ retrieval: { vertexAiSearch: { datastore: 'projects/1/locations/global/dataStores/d' } } }],
    },
  ],
  [
    'a corpus',
    GEMINI,
    {
      contents,
      tools: [{ retrieval: { vertexRagStore: { ragResources: [{ ragCorpus: 'ragCorpora/1' }] } } }],
    },
  ],
  [
    'an address to ask',
    GEMINI,
    { contents, tools: [{ retrieval: { externalApi: { endpoint: 'https://a.example' } } }] },
  ],
  [
    'a server of tools',
    GEMINI,
    {
      contents,
      tools: [{ mcpServers: [{ name: 'a', streamableHttpTransport: { url: 'https://a.example' } }] }],
    },
  ],

  ['a picture', COHERE, part({ type: 'image_url', image_url: { url: 'https://a.example/b.png' } })],
  ['a conversation', COHERE_V1, { message: 'Hi.', conversation_id: 'c' }],
  ['a connector', COHERE_V1, { message: 'Hi.', connectors: [{ id: 'web-search' }] }],
  ['a stored prompt', GENERATE, { prompt: 'Hi.', preset: 'p' }],
  ['a picture', OLLAMA, { ...chat(), messages: [{ ...hi, images: [SEALED] }] }],
];

const call = { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } };

const PLAIN: [name: string, route: Route, body: object][] = [
  [
    'the ids of calls',
    CHAT,
    chat(
      { role: 'assistant', content: null, tool_calls: [call], id: 'chatcmpl-1' },
      { role: 'tool', tool_call_id: 'call_1', content: 'done' },
      {
        role: 'assistant',
        content: 'Hi.',
        reasoning_details: [{ type: 'reasoning.text', text: 'Hm.', id: 'rs_1' }],
      },
    ),
  ],
  [
    'a tool',
    CHAT,
    {
      ...chat(),
      tools: [{ type: 'function', function: { name: 'f', parameters: {} } }],
      tool_choice: 'auto',
    },
  ],
  [
    'the ids of items',
    RESPONSES,
    {
      input: [
        { type: 'message', id: 'msg_1', status: 'completed', ...hi },
        { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Hm.' }] },
        { type: 'reasoning', id: 'rs_2', summary: [], encrypted_content: null },
        { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'f', arguments: '{}' },
        { type: 'function_call_output', call_id: 'call_1', output: 'done' },
        { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'q' } },
      ],
    },
  ],
  [
    'tools that read nothing that stands elsewhere',
    RESPONSES,
    {
      input: 'Hi.',
      previous_response_id: null,
      conversation: null,
      prompt: null,
      tools: [
        { type: 'code_interpreter', container: { type: 'auto', file_ids: [], memory_limit: '4g' } },
        { type: 'shell', environment: { type: 'container_auto', network_policy: { type: 'disabled' } } },
        { type: 'image_generation', quality: 'low', input_image_mask: null },
        { type: 'file_search', vector_store_ids: [] },
        { type: 'web_search' },
        { type: 'local_shell' },
        { type: 'function', name: 'f', parameters: { properties: { file_ids: {}, server_url: {} } } },
      ],
    },
  ],
  [
    'the ids of calls, and signed thoughts',
    MESSAGES,
    {
      max_tokens: 9,
      ...chat(
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'Hm.', signature: SEALED },
            { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} },
          ],
        },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'done' }] },
      ),
    },
  ],
  [
    'the ids of calls, and signed thoughts',
    CONVERSE,
    {
      messages: [
        {
          role: 'assistant',
          content: [
            { reasoningContent: { reasoningText: { text: 'Hm.', signature: SEALED } } },
            { toolUse: { toolUseId: 'tooluse_1', name: 'f', input: {} } },
          ],
        },
        { role: 'user', content: [{ toolResult: { toolUseId: 'tooluse_1', content: [{ text: 'done' }] } }] },
      ],
      guardrailConfig: { guardrailIdentifier: 'gr1234567890', guardrailVersion: '1' },
    },
  ],
  [
    'the ids of calls, and signed thoughts',
    GEMINI,
    {
      contents: [
        {
          role: 'model',
          parts: [{ functionCall: { id: '1', name: 'f', args: {} }, thoughtSignature: SEALED }],
        },
        { role: 'user', parts: [{ functionResponse: { id: '1', name: 'f', response: { output: 'done' } } }] },
      ],
      tools: [{ googleSearch: {} }, { codeExecution: {} }, { urlContext: {} }],
    },
  ],
  ['the ids of documents', COHERE, { ...chat(), documents: [{ id: 'd', data: { a: 'b' } }] }],
];

function opaqueIn([provider, apiUri, path]: Route, body: object): number {
  const formats = routeFormats(provider, apiUri) ?? { configured: [], all: [] };
  const { extraction, isRecognised } = readRequest(formats, body as JsonObject, path);
  expect(isRecognised).toBe(true);
  return extraction.opaque;
}

const TITLE = (table: typeof REFERENCES) =>
  table.map(([name, route, body]) => [name, `${route[0]} ${route[1]}`, route, body] as const);

describe('of what a prompt has', () => {
  it.each(TITLE(REFERENCES))('this is counted as opaque: %s, %s', (_name, _title, route, body) => {
    expect(opaqueIn(route, body)).toBeGreaterThan(0);
  });

  it.each(TITLE(PLAIN))('this is not: %s, %s', (_name, _title, route, body) => {
    expect(opaqueIn(route, body)).toBe(0);
  });
});

const ENCODED = encodeURIComponent(PROMPT_ARN);
const TWICE = encodeURIComponent(ENCODED);

describe('a stored prompt in a path', () => {
  it.each([
    `/model/${PROMPT_ARN}/converse`,
    `/model/${ENCODED}/converse`,
    `/model/${ENCODED}/converse/`,
    `/model/${ENCODED.toLowerCase()}/converse-stream`,
    `/model;x/${ENCODED}/converse`,
    `/model/${ENCODED};x=1/converse;y`,
    `//model//${ENCODED}//converse`,
    `/model/./${ENCODED}/x/../converse`,
    `/model/x/%2e%2e/${ENCODED}/converse`,
    `/%6dodel/${ENCODED}/%63onverse`,
    `/model%2F${ENCODED}%2Fconverse`,
    `\\model\\${ENCODED}\\converse`,
    `/Model/${ENCODED}/Converse`,
    `/model/%20${ENCODED}%20/converse`,
    `/model/${ENCODED}/converse?a=/model/b/converse`,
    `/model/${TWICE}/converse`,
    // What stands before it can be the route's.
    `/model/amazon.nova-lite-v1:0/converse/model/${ENCODED}/converse`,
    `/v1/models/gpt-4o/model/${ENCODED}/converse`,
    // What cannot be decoded does not keep the rest encoded.
    `/%ff/%2e%2e/model;x/${ENCODED}/converse`,
    `/%zz/../model;x/${ENCODED}/%c3/../converse`,
  ])('counts in %s', (path) => {
    expect(asksForStoredPrompt(path)).toBe(true);
    expect(opaqueIn(['bedrock', 'converse', path], turn({ text: 'Hi.' }))).toBeGreaterThan(0);
  });

  it.each([
    '/model/amazon.nova-lite-v1:0/converse',
    `/model/${encodeURIComponent(PROMPT_ARN.replace(':prompt/', ':inference-profile/'))}/converse`,
    `/files/${ENCODED}`,
  ])('is not seen in %s', (path) => {
    expect(asksForStoredPrompt(path)).toBe(false);
  });
});

it.each([
  ['/model/amazon.nova-lite-v1%3A0/converse', 'amazon.nova-lite-v1:0'],
  ['/model;x//amazon.nova-lite-v1:0/invoke', 'amazon.nova-lite-v1:0'],
  ['/v1beta/models/gemini-2.5-flash%3AgenerateContent', 'gemini-2.5-flash'],
  ['/openai/deployments;x/gpt-4o/chat/completions', 'gpt-4o'],
  ['/openai/deployments/gpt-4o/models/b/c', 'gpt-4o'],
  ['/v1/chat/completions', undefined],
])('the model of %s is %s', (path, model) => {
  expect(modelOfPath(path)).toBe(model);
});
