/** A conversation in which tools are called again and again, as each API writes it. */

/** What a tool returned, and how the model is told of it. */
export interface TellsResult {
  text: string;
  id?: string;
  /** Whether the API was told that the tool failed; undefined where it has no place for that. */
  isError?: boolean;
}

export interface ToolApi {
  name: string;
  provider: string;
  path: string;
  /** A body in which the user asks once and the tool has returned these texts, one after the other. */
  body(results: readonly string[], more?: MoreTexts): object;
  /** @returns what the provider is told of each result */
  results(body: unknown): TellsResult[];
}

export interface MoreTexts {
  /** What the user asks; default: something harmless. */
  question?: string;
  /** What the user says after the last result. */
  next?: string;
}

type Json = Record<string, unknown>;

const QUESTION = 'What do the harbour files say?';
const toolId = (index: number) => `call_${index}`;
const json = (value: unknown) => value as Json;
const list = (value: unknown) => (Array.isArray(value) ? value : []) as Json[];

/** The turns of one call each, between what the user asks and says then. */
function conversation(
  results: readonly string[],
  { question = QUESTION, next }: MoreTexts,
  user: (text: string) => Json,
  loop: (result: string, index: number) => Json[],
): Json[] {
  return [user(question), ...results.flatMap(loop), ...(next === undefined ? [] : [user(next)])];
}

const chatUser = (content: string): Json => ({ role: 'user', content });

const chatCompletions: ToolApi = {
  name: 'chat completions',
  provider: 'openai',
  path: '/v1/chat/completions',
  body: (results, more = {}) => ({
    model: 'm',
    messages: conversation(results, more, chatUser, (content, index) => [
      {
        ...{ role: 'assistant', content: null },
        tool_calls: [{ id: toolId(index), type: 'function', function: { name: 'read', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: toolId(index), content },
    ]),
  }),
  results: (body) =>
    list(json(body).messages)
      .filter(({ role }) => role === 'tool')
      .map(({ content, tool_call_id }) => ({ text: String(content), id: String(tool_call_id) })),
};

const responses: ToolApi = {
  name: 'Responses',
  provider: 'openai',
  path: '/v1/responses',
  body: (results, more = {}) => ({
    model: 'm',
    input: conversation(results, more, chatUser, (output, index) => [
      { type: 'function_call', call_id: toolId(index), name: 'read', arguments: '{}' },
      { type: 'function_call_output', call_id: toolId(index), output },
    ]),
  }),
  results: (body) =>
    list(json(body).input)
      .filter(({ type }) => type === 'function_call_output')
      .map(({ output, call_id }) => ({ text: String(output), id: String(call_id) })),
};

const anthropic: ToolApi = {
  name: 'Anthropic',
  provider: 'anthropic',
  path: '/v1/messages',
  body: (results, more = {}) => ({
    model: 'm',
    max_tokens: 9,
    messages: conversation(results, more, chatUser, (text, index) => [
      { role: 'assistant', content: [{ type: 'tool_use', id: toolId(index), name: 'read', input: {} }] },
      {
        role: 'user',
        content: [
          {
            ...{ type: 'tool_result', tool_use_id: toolId(index), content: [{ type: 'text', text }] },
            cache_control: { type: 'ephemeral' },
          },
        ],
      },
    ]),
  }),
  results: (body) =>
    list(json(body).messages)
      .flatMap(({ content }) => list(content))
      .filter(({ type }) => type === 'tool_result')
      .map(({ content, tool_use_id, is_error }) => ({
        text: typeof content === 'string' ? content : String(list(content)[0]?.text),
        id: String(tool_use_id),
        isError: is_error === true,
      })),
};

const converse: ToolApi = {
  name: 'Bedrock Converse',
  provider: 'bedrock',
  path: '/model/amazon.nova-lite-v1:0/converse',
  body: (results, more = {}) => ({
    messages: conversation(
      results,
      more,
      (text) => ({ role: 'user', content: [{ text }] }),
      (text, index) => [
        {
          role: 'assistant',
          content: [{ toolUse: { toolUseId: toolId(index), name: 'read', input: {} } }],
        },
        { role: 'user', content: [{ toolResult: { toolUseId: toolId(index), content: [{ text }] } }] },
      ],
    ),
  }),
  results: (body) =>
    list(json(body).messages)
      .flatMap(({ content }) => list(content))
      .flatMap(({ toolResult }) => (toolResult ? [json(toolResult)] : []))
      .map(({ toolUseId, content, status }) => ({
        text: String(list(content)[0]?.text),
        id: String(toolUseId),
        isError: status === 'error',
      })),
};

const gemini: ToolApi = {
  name: 'Gemini',
  provider: 'gemini',
  path: '/v1beta/models/gemini-2.5-flash:generateContent',
  body: (results, more = {}) => ({
    contents: conversation(
      results,
      more,
      (text) => ({ role: 'user', parts: [{ text }] }),
      (output, index) => [
        { role: 'model', parts: [{ functionCall: { id: toolId(index), name: 'read', args: {} } }] },
        {
          role: 'user',
          parts: [{ functionResponse: { id: toolId(index), name: 'read', response: { output } } }],
        },
      ],
    ),
  }),
  results: (body) =>
    list(json(body).contents)
      .flatMap(({ parts }) => list(parts))
      .flatMap(({ functionResponse }) => (functionResponse ? [json(functionResponse)] : []))
      .map(({ id, response }) => {
        const { output, error } = json(response);
        return { text: String(output ?? error), id: String(id), isError: error !== undefined };
      }),
};

const cohereV2: ToolApi = {
  name: 'Cohere, version 2',
  provider: 'cohere',
  path: '/v2/chat',
  body: (results, more = {}) => ({
    ...chatCompletions.body(results, more),
    messages: conversation(results, more, chatUser, (data, index) => [
      {
        role: 'assistant',
        tool_calls: [{ id: toolId(index), type: 'function', function: { name: 'read', arguments: '{}' } }],
      },
      {
        ...{ role: 'tool', tool_call_id: toolId(index) },
        content: [{ type: 'document', document: { id: 'd', data } }],
      },
    ]),
  }),
  results: (body) =>
    list(json(body).messages)
      .filter(({ role }) => role === 'tool')
      .map(({ content, tool_call_id }) => ({
        text: typeof content === 'string' ? content : String(json(list(content)[0]?.document).data),
        id: String(tool_call_id),
      })),
};

const cohereV1: ToolApi = {
  name: 'Cohere, version 1',
  provider: 'cohere',
  path: '/v1/chat',
  body: (results, more = {}) => ({
    model: 'm',
    message: more.next ?? '',
    chat_history: [
      { role: 'USER', message: more.question ?? QUESTION },
      ...results.slice(0, -1).flatMap((text) => [
        { role: 'CHATBOT', tool_calls: [{ name: 'read', parameters: {} }] },
        {
          role: 'TOOL',
          tool_results: [{ call: { name: 'read', parameters: {} }, outputs: [{ text }] }],
        },
      ]),
      ...(results.length > 0 ? [{ role: 'CHATBOT', tool_calls: [{ name: 'read', parameters: {} }] }] : []),
    ],
    tool_results: results
      .slice(-1)
      .map((text) => ({ call: { name: 'read', parameters: {} }, outputs: [{ text }] })),
  }),
  results: (body) => {
    const turns = [...list(json(body).chat_history), json(body)];
    return turns
      .flatMap(({ tool_results }) => list(tool_results))
      .map(({ outputs }) => {
        const [output] = list(outputs);
        return { text: String(output?.text ?? output?.error), isError: output?.error !== undefined };
      });
  },
};

const ollama: ToolApi = {
  name: 'Ollama',
  provider: 'kong',
  path: '/api/chat',
  body: (results, more = {}) => ({
    model: 'm',
    options: { num_ctx: 4_096 },
    messages: conversation(results, more, chatUser, (content) => [
      { role: 'assistant', content: '', tool_calls: [{ function: { name: 'read', arguments: {} } }] },
      { role: 'tool', tool_name: 'read', content },
    ]),
  }),
  results: (body) =>
    list(json(body).messages)
      .filter(({ role }) => role === 'tool')
      .map(({ content }) => ({ text: String(content) })),
};

export const TOOL_APIS: readonly ToolApi[] = [
  ...[chatCompletions, responses, anthropic, converse, gemini, cohereV2, cohereV1, ollama],
];

export { anthropic as ANTHROPIC_TOOLS, chatCompletions as CHAT_TOOLS };
