/**
 * What the mock provider says to a coding agent: calls that read files, and then one text, in the form of the agent's API,
 * streamed where it asks for that.
 */
import type { Answer } from '../testkit/providers/answer.ts';
import type { ProviderRequest } from '../testkit/providers/index.ts';
import { isPlain, type PlainApi, plainAnswer } from './plain-answers.ts';
import { callIn, mcpCallIn, type ToolCall } from './tool-calls.ts';

/** Of those that agents speak. */
export type AgentApi = 'anthropic' | 'chat' | 'responses' | 'gemini';
export type Api = AgentApi | PlainApi;

/** Paths at which text is generated. */
const GENERATIONS: Record<Api, RegExp> = {
  anthropic: /\/v1\/messages$/,
  chat: /\/v1\/chat\/completions$/,
  responses: /\/v1\/responses$/,
  gemini: /:(?:streamG|g)enerateContent$/,
  converse: /\/converse(?:-stream)?$/,
  cohere: /\/v2\/chat$/,
  ollama: /\/api\/chat$/,
};

export function isGeneration({ method, path }: ProviderRequest): boolean {
  return method === 'POST' && Object.values(GENERATIONS).some((one) => one.test(pathOf(path)));
}

/**
 * @param text what is said when all files are read, however often it is asked
 * @param files how many there are
 * @param hasMcp whether a tool of the server of MCP is called in their place, once
 */
export function answerWith(text: string, files = 0, hasMcp = false): (request: ProviderRequest) => Answer {
  return (request) => {
    const path = pathOf(request.path);
    if (request.method !== 'POST') return { status: 200, body: { data: [], models: [] } };
    const api = (Object.keys(GENERATIONS) as Api[]).find((one) => GENERATIONS[one].test(path));
    if (path.endsWith('/count_tokens')) return { body: { input_tokens: 10 } };
    if (path.endsWith(':countTokens')) return { body: { totalTokens: 10 } };
    if (!api) return { status: 404, body: { error: { message: 'not found', code: 404 } } };
    const pieces = text.split(/(?<= )/);
    const isStream = /:stream|-stream$/.test(path) || request.body.includes('"stream":true');
    if (isPlain(api)) return plainAnswer(api, pieces, isStream);
    const body = request.body.toString();
    const call = hasMcp ? mcpCallIn(api, body) : callIn(api, body, files);
    if (call) return isStream ? { chunks: CALLING[api](call) } : { body: CALLS[api](call) };
    if (!isStream) return { body: WHOLE[api](text) };
    return { chunks: STREAMED[api](pieces), delayMs: 2 };
  };
}

function pathOf(path: string): string {
  return path.replace(/\?.*/, '');
}

const MESSAGE = {
  id: 'msg_01',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-4-5',
  stop_sequence: null,
};
const ANTHROPIC_USAGE = { input_tokens: 10, output_tokens: 10 };
const CHAT_USAGE = { prompt_tokens: 10, completion_tokens: 10, total_tokens: 20 };
const COMPLETION = { id: 'chatcmpl-1', created: 1_700_000_000, model: 'gpt-4.1' };
const GEMINI_USAGE = { promptTokenCount: 10, candidatesTokenCount: 10, totalTokenCount: 20 };
const RESPONSES_USAGE = {
  ...{ input_tokens: 10, output_tokens: 10, total_tokens: 20 },
  input_tokens_details: { cached_tokens: 0 },
  output_tokens_details: { reasoning_tokens: 0 },
};

function said(text: string, status = 'completed'): object {
  const content = status === 'completed' ? [{ type: 'output_text', text, annotations: [] }] : [];
  return { type: 'message', id: 'msg_1', status, role: 'assistant', content };
}

function response(status: string, output: object[]): object {
  return {
    ...{ id: 'resp_1', object: 'response', created_at: 1_700_000_000, status, model: 'gpt-4.1', output },
    ...{ error: null, incomplete_details: null, instructions: null, metadata: {}, tools: [] },
    ...{ tool_choice: 'auto', parallel_tool_calls: true, temperature: 1, top_p: 1 },
    usage: status === 'completed' ? RESPONSES_USAGE : null,
  };
}

function candidate(text: string, finishReason?: string): object {
  return {
    candidates: [
      { index: 0, content: { role: 'model', parts: [{ text }] }, ...(finishReason ? { finishReason } : {}) },
    ],
    ...{ usageMetadata: GEMINI_USAGE, modelVersion: 'gemini-2.5-flash', responseId: 'r' },
  };
}

const WHOLE: Record<AgentApi, (text: string) => object> = {
  anthropic: (text) => ({
    ...{ ...MESSAGE, content: [{ type: 'text', text }], stop_reason: 'end_turn', usage: ANTHROPIC_USAGE },
  }),
  chat: (content) => ({
    ...{ ...COMPLETION, object: 'chat.completion', usage: CHAT_USAGE },
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
  }),
  responses: (text) => response('completed', [said(text)]),
  gemini: (text) => candidate(text, 'STOP'),
};

const STREAMED: Record<AgentApi, (pieces: readonly string[]) => string[]> = {
  anthropic: (pieces) => [
    event('message_start', {
      message: { ...MESSAGE, content: [], stop_reason: null, usage: ANTHROPIC_USAGE },
    }),
    event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    ...pieces.map((text) => event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } })),
    event('content_block_stop', { index: 0 }),
    event('message_delta', {
      ...{ delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: ANTHROPIC_USAGE },
    }),
    event('message_stop', {}),
  ],
  chat: (pieces) => {
    const chunk = (delta: object, finish_reason: string | null, more: object = {}) =>
      `data: ${JSON.stringify({ ...COMPLETION, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }], ...more })}\n\n`;
    return [
      chunk({ role: 'assistant', content: '' }, null),
      ...pieces.map((content) => chunk({ content }, null)),
      chunk({}, 'stop', { usage: CHAT_USAGE }),
      'data: [DONE]\n\n',
    ];
  },
  responses: (pieces) => {
    const text = pieces.join('');
    const place = { item_id: 'msg_1', output_index: 0, content_index: 0 };
    const part = { type: 'output_text', text, annotations: [] };
    return [
      { type: 'response.created', response: response('in_progress', []) },
      { type: 'response.in_progress', response: response('in_progress', []) },
      { type: 'response.output_item.added', output_index: 0, item: said('', 'in_progress') },
      { type: 'response.content_part.added', ...place, part: { ...part, text: '' } },
      ...pieces.map((delta) => ({ type: 'response.output_text.delta', ...place, delta, logprobs: [] })),
      { type: 'response.output_text.done', ...place, text, logprobs: [] },
      { type: 'response.content_part.done', ...place, part },
      { type: 'response.output_item.done', output_index: 0, item: said(text) },
      { type: 'response.completed', response: response('completed', [said(text)]) },
    ].map(({ type, ...fields }, sequence_number) => event(type, { sequence_number, ...fields }));
  },
  gemini: (pieces) =>
    pieces.map((text, index) => {
      const isLast = index === pieces.length - 1;
      return `data: ${JSON.stringify(candidate(text, isLast ? 'STOP' : undefined))}\r\n\r\n`;
    }),
};

const CALLS: Record<AgentApi, (call: ToolCall) => object> = {
  anthropic: (call) => ({
    ...{ ...MESSAGE, content: [{ type: 'tool_use', ...toolUse(call) }], stop_reason: 'tool_use' },
    usage: ANTHROPIC_USAGE,
  }),
  chat: (call) => ({
    ...{ ...COMPLETION, object: 'chat.completion', usage: CHAT_USAGE },
    choices: [
      {
        ...{ index: 0, finish_reason: 'tool_calls' },
        message: { role: 'assistant', content: null, tool_calls: [chatCall(call)] },
      },
    ],
  }),
  responses: (call) => response('completed', [functionCall(call)]),
  gemini: ({ name, args }) => ({
    ...candidate('', 'STOP'),
    candidates: [
      {
        index: 0,
        finishReason: 'STOP',
        content: { role: 'model', parts: [{ functionCall: { name, args } }] },
      },
    ],
  }),
};

const toolUse = ({ id, name, args }: ToolCall) => ({ id, name, input: args });
const chatCall = ({ id, name, args }: ToolCall) => ({
  ...{ id, type: 'function' },
  function: { name, arguments: JSON.stringify(args) },
});
const functionCall = ({ id, name, args }: ToolCall) => ({
  ...{ type: 'function_call', id: `fc_${id}`, call_id: id, name },
  ...{ arguments: JSON.stringify(args), status: 'completed' },
});

const CALLING: Record<AgentApi, (call: ToolCall) => string[]> = {
  anthropic: (call) => [
    event('message_start', {
      message: { ...MESSAGE, content: [], stop_reason: null, usage: ANTHROPIC_USAGE },
    }),
    event('content_block_start', {
      index: 0,
      content_block: { type: 'tool_use', ...toolUse({ ...call, args: {} }) },
    }),
    event('content_block_delta', {
      index: 0,
      delta: { type: 'input_json_delta', partial_json: JSON.stringify(call.args) },
    }),
    event('content_block_stop', { index: 0 }),
    event('message_delta', {
      ...{ delta: { stop_reason: 'tool_use', stop_sequence: null }, usage: ANTHROPIC_USAGE },
    }),
    event('message_stop', {}),
  ],
  chat: (call) =>
    [
      {
        index: 0,
        delta: { role: 'assistant', tool_calls: [{ index: 0, ...chatCall(call) }] },
        finish_reason: null,
      },
      { index: 0, delta: {}, finish_reason: 'tool_calls' },
    ]
      .map((choice) => ({ ...COMPLETION, object: 'chat.completion.chunk', choices: [choice] }))
      .map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`)
      .concat('data: [DONE]\n\n'),
  responses: (call) => {
    const item = functionCall(call);
    const place = { item_id: item.id, output_index: 0 };
    return [
      { type: 'response.created', response: response('in_progress', []) },
      {
        ...{ type: 'response.output_item.added', output_index: 0 },
        item: { ...item, arguments: '', status: 'in_progress' },
      },
      { type: 'response.function_call_arguments.delta', ...place, delta: item.arguments },
      { type: 'response.function_call_arguments.done', ...place, arguments: item.arguments },
      { type: 'response.output_item.done', output_index: 0, item },
      { type: 'response.completed', response: response('completed', [item]) },
    ].map(({ type, ...fields }, sequence_number) => event(type, { sequence_number, ...fields }));
  },
  gemini: (call) => [`data: ${JSON.stringify(CALLS.gemini(call))}\r\n\r\n`],
};

function event(type: string, fields: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}
