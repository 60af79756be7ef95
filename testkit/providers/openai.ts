/**
 * OpenAI's chat completions, as far as a client can tell: the same request gives the same answer, byte for byte.
 *
 * @see https://platform.openai.com/docs/api-reference/chat
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Answer, decode } from './answer.ts';
import type { ProviderRequest } from './index.ts';

/** The texts a prompt can bring out; the last user message chooses. */
const CANNED = [
  {
    asked: /\b(?:ssn|social security|employee record)/i,
    text: 'Certainly — here it is: 234-56-7890. Tell me if you would like anything else from the file! 🚀',
  },
  {
    asked: /\b(?:phishing|bomb)/i,
    text: 'Here is the example you asked for: "Dear colleague, the attachment explains how to build a pipe bomb."',
  },
  { asked: /(?:)/, text: 'Hello! I am glad to help. What would you like to know?' },
] as const;

const Tool = z.looseObject({
  function: z.looseObject({ name: z.string(), parameters: z.looseObject({}).optional() }).optional(),
});

const Properties = z.record(z.string(), z.looseObject({ type: z.string().optional() }));

const ChatRequest = z.looseObject({
  model: z.string().min(1),
  messages: z
    .array(
      z.looseObject({
        role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']),
        content: z.union([z.string(), z.array(z.looseObject({ type: z.string() })), z.null()]).optional(),
      }),
    )
    .min(1),
  n: z.int().min(1).max(128).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
  tools: z.array(Tool).optional(),
  tool_choice: z.unknown().optional(),
});

type ChatRequest = z.infer<typeof ChatRequest>;

interface ToolCall {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: string };
}

/** The model's turn: text or a tool call. */
interface Turn {
  readonly content: string | null;
  readonly call: ToolCall | undefined;
}

/** Answers `POST /v1/chat/completions`; whatever is wrong with the body is a 400 in OpenAI's form. */
export function answerChatCompletion(request: ProviderRequest): Answer {
  const body = parse(request);
  if (body === undefined) return openAiError(400, 'The body of the request could not be parsed as JSON.');
  const chat = ChatRequest.safeParse(body);
  if (!chat.success) {
    const [issue] = chat.error.issues;
    const param = issue?.path.map(String).join('.') ?? '';
    return openAiError(400, `Invalid value for '${param}': ${issue?.message}`, param);
  }
  const id = createHash('sha256').update(request.body).digest('base64url').replace(/[-_]/g, '0');
  const turn = respond(chat.data, id);
  const head = { id: `chatcmpl-${id.slice(0, 29)}`, created: 1_760_000_000, model: chat.data.model };
  return chat.data.stream
    ? { chunks: streamed(chat.data, turn, head) }
    : { body: completion(chat.data, turn, head), headers: { 'x-request-id': `req_${id.slice(0, 32)}` } };
}

/** An error in OpenAI's form. */
export function openAiError(status: number, message: string, param: string | null = null): Answer {
  return { status, body: { error: { message, type: 'invalid_request_error', param, code: null } } };
}

function parse({ body, headers }: ProviderRequest): unknown {
  try {
    return JSON.parse(decode(body, headers['content-encoding']).toString('utf8'));
  } catch {
    return undefined;
  }
}

function respond(chat: ChatRequest, id: string): Turn {
  const prompt = lastUserText(chat);
  const call = callFor(chat, prompt, id);
  if (call) return { content: null, call };
  return { content: CANNED.find(({ asked }) => asked.test(prompt))?.text ?? null, call: undefined };
}

function lastUserText({ messages }: ChatRequest): string {
  const content = messages.findLast(({ role }) => role === 'user')?.content;
  if (typeof content === 'string') return content;
  return (content ?? []).map(({ text }) => (typeof text === 'string' ? text : '')).join('\n');
}

/** A call of the tool that the prompt names, or of the first one if it asks for a tool; never after a tool's result. */
function callFor(chat: ChatRequest, prompt: string, id: string): ToolCall | undefined {
  if (chat.tool_choice === 'none' || chat.messages.at(-1)?.role === 'tool') return undefined;
  const functions = (chat.tools ?? []).flatMap((tool) => tool.function ?? []);
  const named = functions.find(({ name }) => prompt.includes(name));
  const asked = chat.tool_choice === 'required' || /\b(?:use|call)\b[^.]*\btool\b/i.test(prompt);
  const chosen = named ?? (asked ? functions[0] : undefined);
  if (!chosen) return undefined;
  const args = JSON.stringify(sampleOf(chosen.parameters));
  return {
    id: `call_${id.slice(0, 24)}`,
    type: 'function',
    function: { name: chosen.name, arguments: args },
  };
}

/** Arguments that fit a JSON schema of flat properties. */
function sampleOf(parameters: Record<string, unknown> | undefined): Record<string, unknown> {
  const properties = Properties.safeParse(parameters?.properties).data ?? {};
  const samples: Record<string, unknown> = { number: 1, integer: 1, boolean: true, array: [], object: {} };
  return Object.fromEntries(
    Object.entries(properties).map(([name, { type }]) => [name, samples[type ?? ''] ?? 'Jane Doe']),
  );
}

type Head = { readonly id: string; readonly created: number; readonly model: string };

function completion(chat: ChatRequest, { content, call }: Turn, { id, created, model }: Head): object {
  return {
    id,
    object: 'chat.completion',
    created,
    model,
    choices: indexes(chat).map((index) => ({
      index,
      message: {
        role: 'assistant',
        content,
        ...(call && { tool_calls: [call] }),
        refusal: null,
        annotations: [],
      },
      logprobs: null,
      finish_reason: call ? 'tool_calls' : 'stop',
    })),
    usage: usage(chat, { content, call }),
    service_tier: 'default',
    system_fingerprint: 'fp_mock000000',
  };
}

/** The events of a stream, the choices' pieces interleaved as OpenAI interleaves them. */
function streamed(chat: ChatRequest, turn: Turn, { id, created, model }: Head): string[] {
  const event = (data: object) => `data: ${JSON.stringify(data)}\n\n`;
  const chunk = (choices: object[], more: object = {}) =>
    event({
      id,
      object: 'chat.completion.chunk',
      created,
      model,
      service_tier: 'default',
      system_fingerprint: 'fp_mock000000',
      choices,
      ...more,
    });
  const reason = turn.call ? 'tool_calls' : 'stop';
  const includeUsage = chat.stream_options?.include_usage === true;
  const more = includeUsage ? { usage: null } : {};
  const deltas = [...deltasOf(turn), undefined];
  return [
    ...deltas.flatMap((delta) =>
      indexes(chat).map((index) =>
        chunk([{ index, delta: delta ?? {}, logprobs: null, finish_reason: delta ? null : reason }], more),
      ),
    ),
    ...(includeUsage ? [chunk([], { usage: usage(chat, turn) })] : []),
    'data: [DONE]\n\n',
  ];
}

function deltasOf({ content, call }: Turn): object[] {
  if (!call) {
    const start = { role: 'assistant', content: '', refusal: null };
    return [start, ...pieces(content ?? '').map((piece) => ({ content: piece }))];
  }
  const { id, type } = call;
  const start = { index: 0, id, type, function: { name: call.function.name, arguments: '' } };
  return [
    { role: 'assistant', content: null, tool_calls: [start], refusal: null },
    ...pieces(call.function.arguments).map((piece) => ({
      tool_calls: [{ index: 0, function: { arguments: piece } }],
    })),
  ];
}

/** Token-sized pieces, so that an entity such as a social security number arrives in several of them. */
function pieces(text: string): string[] {
  return text.match(/\s?(?:\d{1,3}|\p{L}+|[^\s\d\p{L}])|\s/gu) ?? [];
}

function indexes({ n }: ChatRequest): number[] {
  return Array.from({ length: n ?? 1 }, (_, index) => index);
}

function usage(chat: ChatRequest, { content, call }: Turn): object {
  const prompt = Math.ceil(JSON.stringify(chat.messages).length / 4);
  const answer = pieces(content ?? call?.function.arguments ?? '').length * (chat.n ?? 1);
  return {
    prompt_tokens: prompt,
    completion_tokens: answer,
    total_tokens: prompt + answer,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}
