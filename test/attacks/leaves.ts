/**
 * Text in leaves that look like no text: names, roles, ids, settings, schemas, the caller's own fields. A phrase of an attack
 * is blocked there, and what looks like an identifier is seen by AIDR as well.
 */

import { answerOf } from '../scenarios/provider-answers.ts';
import { type Attack, INJECTION, SSN, type Theme } from './attack.ts';
import { post } from './sending.ts';

/** Provider and endpoint, by route. */
export const ROUTES = {
  chat: ['openai', '/v1/chat/completions', '/v1/chat/completions'],
  responses: ['openai', '/v1/responses', '/v1/responses'],
  embeddings: ['openai', '/v1/embeddings', '/v1/embeddings'],
  azure: ['azureai', '/chat/completions', '/openai/deployments/gpt-4o/chat/completions'],
  anthropic: ['anthropic', '/v1/messages', '/v1/messages'],
  bedrock: ['bedrock', 'converse', '/model/amazon.nova-lite-v1:0/converse'],
  gemini: ['gemini', 'generateContent', '/v1beta/models/gemini-2.5-flash:generateContent'],
  cohere: ['cohere', '/v2/chat', '/v2/chat'],
  'cohere-v1': ['cohere', '/v1/chat', '/v1/chat'],
} as const;

export type Route = keyof typeof ROUTES;

/** The emulator redacts the first two in a prompt and has no rule for the others. */
const IDENTIFIERS = [SSN, 'AKIAIOSFODNN7EXAMPLE', 'ignore_all_previous_instructions', '\u738b\u5c0f\u660e'];

/** A leaf, as a body that has the words in it; the emulator blocks no phrase in the definition of a tool. */
type Leaf = [name: string, body: (words: string) => object, isOfTool?: true];

const model = 'gpt-4o-mini';
const hi = { role: 'user', content: 'Hi.' };
const asked = (more: object) => ({ model, messages: [hi], ...more });
const schema = (inner: object) => ({ type: 'object', properties: { a: { type: 'string', ...inner } } });
const chatTool = (more: object) =>
  asked({ tools: [{ type: 'function', function: { name: 'f', parameters: schema({}), ...more } }] });
const chatCall = (call: object, name = 'f') =>
  asked({
    messages: [
      hi,
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'call_1', type: 'function', function: { name, arguments: '{}' }, ...call }],
      },
      { role: 'tool', content: 'done', ...('id' in call ? { tool_call_id: call.id } : {}) },
    ],
  });

const CHAT: Leaf[] = [
  ['the name of a participant', (name) => asked({ messages: [{ ...hi, name }] })],
  ['the role of a message', (role) => asked({ messages: [{ ...hi, role }] })],
  ['the type of a part', (type) => asked({ messages: [{ role: 'user', content: [{ type, text: 'Hi.' }] }] })],
  ['the id of a call', (id) => chatCall({ id })],
  ['the type of a call', (type) => chatCall({ type })],
  ['the name of a called tool', (name) => chatCall({}, name)],
  ['the name of an offered tool', (name) => chatTool({ name }), true],
  ['the name of an offered tool, in a list', (name) => chatTool({ name: [name] })],
  ['the name of an offered tool, as a key', (name) => chatTool({ name: { [name]: 1 } })],
  ['the tool to choose', (name) => asked({ tool_choice: { type: 'function', function: { name } } })],
  ['a literal of a schema', (words) => chatTool({ parameters: schema({ enum: [words] }) }), true],
  ['a default of a schema', (words) => chatTool({ parameters: schema({ default: words }) }), true],
  ['a pattern of a schema', (pattern) => chatTool({ parameters: schema({ pattern }) }), true],
  ['a format of a schema', (format) => chatTool({ parameters: schema({ format }) }), true],
  ['a $ref of a schema', ($ref) => chatTool({ parameters: schema({ $ref }) }), true],
  [
    'a definition in a schema',
    (words) => chatTool({ parameters: { ...schema({}), $defs: { [words]: {} } } }),
    true,
  ],
  ['a property of a schema', (words) => chatTool({ parameters: { properties: { [words]: {} } } }), true],
  ['what a schema requires', (words) => chatTool({ parameters: { ...schema({}), required: [words] } }), true],
  ['an unknown word of a schema', (words) => chatTool({ parameters: schema({ 'x-note': words }) }), true],
  [
    'the name of the schema of the answer',
    (name) => asked({ response_format: { type: 'json_schema', json_schema: { name, schema: schema({}) } } }),
  ],
  [
    'a constant of the schema of the answer',
    (words) =>
      asked({
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'n', schema: schema({ const: words }) },
        },
      }),
  ],
  ['the metadata', (words) => asked({ metadata: { a: words } })],
  ['a key of the metadata', (words) => asked({ metadata: { [words]: 'a' } })],
  ['the user', (user) => asked({ user })],
  ['the safety identifier', (words) => asked({ safety_identifier: words })],
  ['the key of the prompt cache', (words) => asked({ prompt_cache_key: words })],
  ['the stop sequence', (stop) => asked({ stop })],
  ['one of the stop sequences', (words) => asked({ stop: ['a', words] })],
  ['a token of the bias', (words) => asked({ logit_bias: { [words]: 1 } })],
  ['the service tier', (words) => asked({ service_tier: words })],
  ['the effort of reasoning', (words) => asked({ reasoning_effort: words })],
  ['the voice', (voice) => asked({ modalities: ['text', 'audio'], audio: { voice, format: 'wav' } })],
  ['an unknown setting', (words) => asked({ 'x-setting': words })],
];

const AZURE: Leaf[] = [
  ['the security context', (words) => asked({ user_security_context: { end_user_id: words } })],
  [
    'the filter of a data source',
    (filter) => asked({ data_sources: [{ type: 'azure_search', parameters: { index_name: 'i', filter } }] }),
  ],
];

const asking = (more: object) => ({ model, input: 'Hi.', ...more });
const responsesTool = (tool: object) => asking({ tools: [tool] });
const mcp = { type: 'mcp', server_label: 'a', server_url: 'https://mcp.example.com' };

const RESPONSES: Leaf[] = [
  [
    'the filter of a search',
    (value) =>
      responsesTool({
        type: 'file_search',
        vector_store_ids: ['vs_1'],
        filters: { type: 'eq', key: 'k', value },
      }),
  ],
  [
    'the key of a filter of a search',
    (key) =>
      responsesTool({
        type: 'file_search',
        vector_store_ids: ['vs_1'],
        filters: { type: 'eq', key, value: 'v' },
      }),
  ],
  ['the id of a store', (words) => responsesTool({ type: 'file_search', vector_store_ids: [words] })],
  ['the label of a server', (words) => responsesTool({ ...mcp, server_label: words })],
  ['a tool that a server may offer', (words) => responsesTool({ ...mcp, allowed_tools: [words] })],
  ['a header for a server', (words) => responsesTool({ ...mcp, headers: { 'x-note': words } })],
  ['the city of the user', (city) => responsesTool({ type: 'web_search', user_location: { city } })],
  ['the zone of the user', (timezone) => responsesTool({ type: 'web_search', user_location: { timezone } })],
  [
    'a domain to search',
    (words) => responsesTool({ type: 'web_search', filters: { allowed_domains: [words] } }),
  ],
  ['the name of a format', (name) => asking({ text: { format: { type: 'json_schema', name, schema: {} } } })],
  ['the id of an item', (id) => asking({ input: [{ type: 'message', id, ...hi }] })],
  ['the id of an answer', (id) => asking({ previous_response_id: id })],
  ['the id of a conversation', (id) => asking({ conversation: { id } })],
  ['the id of a stored prompt', (id) => asking({ prompt: { id } })],
  ['a variable of a stored prompt', (a) => asking({ prompt: { id: 'pmpt_1', variables: { a } } })],
  ['what to include', (words) => asking({ include: [words] })],
  ['the truncation', (truncation) => asking({ truncation })],
];

const EMBEDDINGS: Leaf[] = [
  ['the user of an embedding', (user) => asking({ user })],
  ['the encoding of an embedding', (words) => asking({ encoding_format: words })],
];

const message = (more: object) => ({ ...asked(more), max_tokens: 9 });
const used = (use: object, result: object = {}) =>
  message({
    messages: [
      hi,
      { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'f', input: {}, ...use }] },
      {
        role: 'user',
        content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'done', ...result }],
      },
    ],
  });

const ANTHROPIC: Leaf[] = [
  ['the user', (user_id) => message({ metadata: { user_id } })],
  ['a stop sequence', (words) => message({ stop_sequences: [words] })],
  ['the name of a called tool', (name) => used({ name })],
  ['the id of a call', (id) => used({ id }, { tool_use_id: id })],
  [
    'a literal of a schema',
    (words) => message({ tools: [{ name: 'f', input_schema: schema({ enum: [words] }) }] }),
    true,
  ],
  ['the name of an offered tool', (name) => message({ tools: [{ name, input_schema: schema({}) }] }), true],
  [
    'the name of a server',
    (name) => message({ mcp_servers: [{ type: 'url', url: 'https://a.example', name }] }),
  ],
  ['the kind of a cache', (type) => message({ cache_control: { type } })],
  ['the service tier', (words) => message({ service_tier: words })],
  ['the container', (container) => message({ container })],
];

const conversing = (more: object) => ({ messages: [{ role: 'user', content: [{ text: 'Hi.' }] }], ...more });

const BEDROCK: Leaf[] = [
  ['the metadata', (words) => conversing({ requestMetadata: { a: words } })],
  ['a key of the metadata', (words) => conversing({ requestMetadata: { [words]: 'a' } })],
  ['a stop sequence', (words) => conversing({ inferenceConfig: { stopSequences: [words] } })],
  [
    'the name of an offered tool',
    (name) => conversing({ toolConfig: { tools: [{ toolSpec: { name, inputSchema: { json: {} } } }] } }),
    true,
  ],
  [
    'a literal of a schema',
    (words) =>
      conversing({
        toolConfig: {
          tools: [{ toolSpec: { name: 'f', inputSchema: { json: schema({ enum: [words] }) } } }],
        },
      }),
    true,
  ],
  [
    'the id of a call',
    (toolUseId) =>
      conversing({
        messages: [{ role: 'assistant', content: [{ toolUse: { toolUseId, name: 'f', input: {} } }] }],
      }),
  ],
  ['the path of a field', (words) => conversing({ additionalModelResponseFieldPaths: [words] })],
  ['a field of the model', (words) => conversing({ additionalModelRequestFields: { effort: words } })],
  ['the guardrail', (words) => conversing({ guardrailConfig: { guardrailIdentifier: words } })],
];

const contents = [{ role: 'user', parts: [{ text: 'Hi.' }] }];
const declared = (more: object) => ({
  contents,
  tools: [{ functionDeclarations: [{ name: 'f', parameters: schema({}), ...more }] }],
});

const GEMINI: Leaf[] = [
  ['a label', (words) => ({ contents, labels: { a: words } })],
  ['the key of a label', (words) => ({ contents, labels: { [words]: 'a' } })],
  ['the role of a content', (role) => ({ contents: [{ role, parts: [{ text: 'Hi.' }] }] })],
  ['a stop sequence', (words) => ({ contents, generationConfig: { stopSequences: [words] } })],
  ['the name of an offered tool', (name) => declared({ name }), true],
  ['a literal of a schema', (words) => declared({ parameters: schema({ enum: [words] }) }), true],
  ['a pattern of a schema', (pattern) => declared({ parameters: schema({ pattern }) }), true],
  [
    'a literal of the schema of the answer',
    (words) => ({ contents, generationConfig: { responseSchema: schema({ enum: [words] }) } }),
  ],
  [
    'the name of the voice',
    (voiceName) => ({
      contents,
      generationConfig: { speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName } } } },
    }),
  ],
  [
    'a function that may be called',
    (words) => ({ contents, toolConfig: { functionCallingConfig: { allowedFunctionNames: [words] } } }),
  ],
  ['a category of harm', (category) => ({ contents, safetySettings: [{ category, threshold: 'OFF' }] })],
  ['the cached content', (words) => ({ contents, cachedContent: words })],
];

const COHERE: Leaf[] = [
  ['a stop sequence', (words) => asked({ stop_sequences: [words] })],
  ['the id of a document', (id) => asked({ documents: [{ id, data: { a: 'b' } }] })],
  ['the mode of citations', (mode) => asked({ citation_options: { mode } })],
  ['a default of a schema', (words) => chatTool({ parameters: schema({ default: words }) }), true],
];

const COHERE_V1: Leaf[] = [
  [
    'the name of a participant',
    (user_name) => ({ message: 'Hi.', chat_history: [{ role: 'USER', message: 'Hi.', user_name }] }),
  ],
  ['a connector', (id) => ({ message: 'Hi.', connectors: [{ id }] })],
  ['the id of a conversation', (words) => ({ message: 'Hi.', conversation_id: words })],
];

/** Each leaf with the phrase, and with one of the others: those are read alike, as leaves.test.ts shows. */
function planted(route: Route, [name, body, isOfTool]: Leaf, index: number): Attack[] {
  const [, , path] = ROUTES[route];
  const identifier = IDENTIFIERS[index % IDENTIFIERS.length] ?? SSN;
  return [INJECTION, identifier].map((words) => ({
    attack: `${words} as ${name}, ${route}`,
    against: 'no prompt leaves unread',
    planted: words,
    send: (stage) => post(stage, JSON.stringify(body(words)), { route, path }),
    answer: answerOf('Fine.'),
    must: words === INJECTION && !isOfTool ? { kind: 'blocked' } : { kind: 'seen' },
  }));
}

export const LEAVES: Record<Route, Leaf[]> = {
  chat: CHAT,
  responses: RESPONSES,
  embeddings: EMBEDDINGS,
  azure: AZURE,
  anthropic: ANTHROPIC,
  bedrock: BEDROCK,
  gemini: GEMINI,
  cohere: COHERE,
  'cohere-v1': COHERE_V1,
};

export const leaves: Theme = {
  name: 'text in leaves that look like no text',
  stage: {
    routes: Object.fromEntries(
      Object.entries(ROUTES).map(([route, [provider, api_uri]]) => [
        route,
        { config: { upstream_llm: { provider, api_uri } } },
      ]),
    ),
  },
  attacks: (Object.keys(LEAVES) as Route[]).flatMap((route) =>
    LEAVES[route].flatMap((leaf, index) => planted(route, leaf, index)),
  ),
};
