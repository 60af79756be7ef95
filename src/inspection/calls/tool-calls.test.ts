/** Whose words a call is, and which of a body's texts are its arguments, in every API that has calls. */
import { describe, expect, it } from 'vitest';
import { readRequest, readResponse, readStream } from '../../formats/read.ts';
import { routeFormats } from '../../formats/registry.ts';
import type { Extraction, JsonObject, Segment } from '../../formats/segment.ts';
import { answeredCalls, inspectedCalls, recallCalls } from '../history/call-memory.ts';
import { type HistoryScope, historyOfProcess, historyScope, type KeptTurn } from '../history/history.ts';
import { callWords } from './read-together.ts';

type Route = Parameters<typeof routeFormats>;

type ChangesOf = Parameters<typeof answeredCalls>[2];

/** A turn that calls a tool twice, as an API writes it in a prompt, in an answer and in a stream. */
interface Api {
  route: Route;
  /** @param calls names and arguments */
  turn(role: string, calls: readonly Call[]): JsonObject;
  prompt(turns: readonly JsonObject[]): JsonObject;
  answer(turn: JsonObject): JsonObject;
  /** Absent where the pieces of a stream's call do not say which tool it calls: it is asked about again. */
  stream?(calls: readonly Call[]): JsonObject[];
  roles: { assistant: string; user: string };
}

type Call = readonly [name: string, args: JsonObject];

const CALLS: readonly Call[] = [
  ['find', { of: 'Rotterdam', by: 'sea' }],
  ['close', { of: 'Hamburg' }],
];

const roles = { assistant: 'assistant', user: 'user' };
const chatCall = ([name, args]: Call, index: number) => ({
  id: `c${index}`,
  type: 'function',
  function: { name, arguments: JSON.stringify(args) },
});
const chunk = (delta: object) => ({ choices: [{ index: 0, delta }] });

const pieces = (args: JsonObject) => JSON.stringify(args).match(/.{1,5}/g) ?? [];

const APIS: Record<string, Api> = {
  'chat completions': {
    route: ['openai', '/v1/chat/completions'],
    roles,
    turn: (role, calls) => ({ role, content: null, tool_calls: calls.map(chatCall) }),
    prompt: (messages) => ({ messages }),
    answer: (message) => ({ choices: [{ index: 0, message }] }),
    stream: (calls) =>
      calls.flatMap(([name, args], index) => [
        chunk({ tool_calls: [{ index, id: `c${index}`, function: { name, arguments: '' } }] }),
        ...pieces(args).map((piece) => chunk({ tool_calls: [{ index, function: { arguments: piece } }] })),
      ]),
  },
  responses: {
    route: ['openai', '/v1/responses'],
    roles,
    turn: (role, calls) => ({
      items: calls.map(([name, args], index) => ({
        ...{ type: 'function_call', call_id: `c${index}`, name, arguments: JSON.stringify(args) },
        ...(role === 'user' ? { role } : {}),
      })),
    }),
    prompt: (turns) => ({ input: turns.flatMap(({ items }) => items) }),
    answer: ({ items }) => ({ object: 'response', output: items }),
    stream: (calls) => [
      { type: 'response.created', response: { output: [] } },
      ...calls.flatMap(([name, args], index) => {
        const item = { type: 'function_call', call_id: `c${index}`, name };
        const at = { output_index: index, item_id: `i${index}` };
        const text = JSON.stringify(args);
        return [
          { type: 'response.output_item.added', ...at, item: { ...item, arguments: '' } },
          { type: 'response.function_call_arguments.delta', ...at, delta: text.slice(0, 7) },
          { type: 'response.function_call_arguments.delta', ...at, delta: text.slice(7) },
          { type: 'response.function_call_arguments.done', ...at, name, arguments: text },
          { type: 'response.output_item.done', ...at, item: { ...item, arguments: text } },
        ];
      }),
    ],
  },
  messages: {
    route: ['anthropic', '/v1/messages'],
    roles,
    turn: (role, calls) => ({
      role,
      content: calls.map(([name, input], index) => ({ type: 'tool_use', id: `c${index}`, name, input })),
    }),
    prompt: (messages) => ({ max_tokens: 1, messages }),
    answer: ({ role, content }) => ({ type: 'message', role, content }),
    stream: (calls) => [
      { type: 'message_start', message: { role: 'assistant', content: [] } },
      ...calls.flatMap(([name, args], index) => [
        {
          ...{ type: 'content_block_start', index },
          content_block: { type: 'tool_use', id: `c${index}`, name, input: {} },
        },
        ...pieces(args).map((partial_json) => ({
          ...{ type: 'content_block_delta', index },
          delta: { type: 'input_json_delta', partial_json },
        })),
        { type: 'content_block_stop', index },
      ]),
    ],
  },
  Gemini: {
    route: ['gemini', 'generateContent'],
    roles: { assistant: 'model', user: 'user' },
    turn: (role, calls) => ({ role, parts: calls.map(([name, args]) => ({ functionCall: { name, args } })) }),
    prompt: (contents) => ({ contents }),
    answer: (content) => ({ candidates: [{ content }] }),
    stream: (calls) =>
      calls.map(([name, args]) => ({
        candidates: [{ content: { role: 'model', parts: [{ functionCall: { name, args } }] } }],
      })),
  },
  Converse: {
    route: ['bedrock', 'converse'],
    roles,
    turn: (role, calls) => ({
      role,
      content: calls.map(([name, input], index) => ({ toolUse: { toolUseId: `c${index}`, name, input } })),
    }),
    prompt: (messages) => ({ messages }),
    answer: (message) => ({ output: { message } }),
    stream: (calls) => [
      { messageStart: { role: 'assistant' } },
      ...calls.flatMap(([name, args], contentBlockIndex) => [
        {
          contentBlockStart: {
            ...{ contentBlockIndex, start: { toolUse: { toolUseId: `c${contentBlockIndex}`, name } } },
          },
        },
        ...pieces(args).map((input) => ({
          contentBlockDelta: { contentBlockIndex, delta: { toolUse: { input } } },
        })),
        { contentBlockStop: { contentBlockIndex } },
      ]),
    ],
  },
  'Cohere, version 2': {
    route: ['cohere', '/v2/chat'],
    roles,
    turn: (role, calls) => ({ role, tool_calls: calls.map(chatCall) }),
    prompt: (messages) => ({ messages }),
    answer: (message) => ({ message }),
    stream: (calls) => [
      { type: 'message-start', delta: { message: { role: 'assistant' } } },
      ...calls.flatMap(([name, args], index) => [
        {
          ...{ type: 'tool-call-start', index },
          delta: {
            message: { tool_calls: { id: `c${index}`, type: 'function', function: { name, arguments: '' } } },
          },
        },
        ...pieces(args).map((piece) => ({
          ...{ type: 'tool-call-delta', index },
          delta: { message: { tool_calls: { function: { arguments: piece } } } },
        })),
        { type: 'tool-call-end', index },
      ]),
    ],
  },
  'Cohere, version 1': {
    route: ['cohere', '/v1/chat'],
    roles: { assistant: 'CHATBOT', user: 'USER' },
    turn: (role, calls) => ({
      role,
      message: '',
      tool_calls: calls.map(([name, parameters]) => ({ name, parameters })),
    }),
    prompt: (turns) => ({ chat_history: turns, message: 'Go on.' }),
    answer: ({ tool_calls }) => ({ text: '', generation_id: 'g', tool_calls }),
  },
};

const routeOf = ({ route }: Api) => {
  const formats = routeFormats(...route);
  if (!formats) throw new Error(`no such route: ${route.join(' ')}`);
  return formats;
};

const wordsIn = ({ segments }: Extraction) => [...new Set(callWords(segments, ({ text }) => text).values())];

const promptOf = (api: Api, role: string, calls: readonly Call[]) =>
  readRequest(routeOf(api), api.prompt([api.turn(role, calls)]), '/').extraction;

describe.each(Object.entries(APIS))('a call in %s', (_name, api) => {
  const { assistant, user } = api.roles;
  const words = wordsIn(promptOf(api, assistant, CALLS));

  it('is told from the other call of the turn, and from calls of other tools', () => {
    expect(words).toHaveLength(2);
    const others: Call[] = CALLS.map(([name, args]) => [`${name}_all`, args]);
    expect(wordsIn(promptOf(api, assistant, others)).filter((word) => words.includes(word))).toEqual([]);
    const swapped: Call[] = CALLS.map(([name], index) => [name, CALLS[1 - index]?.[1] ?? {}]);
    expect(wordsIn(promptOf(api, assistant, swapped)).filter((word) => words.includes(word))).toEqual([]);
  });

  it('is the same in an answer', () => {
    const answer = api.answer(api.turn(assistant, CALLS));
    expect(wordsIn(readResponse(routeOf(api), answer, '/').extraction)).toEqual(words);
  });

  it("in a user's turn is the user's", () => {
    const { segments } = promptOf(api, user, CALLS);
    expect(segments.map(({ role }) => role).filter((role) => role === 'assistant')).toEqual([]);
    expect(segments.some(({ text }) => text.includes('Rotterdam'))).toBe(true);
  });
});

const STREAMED = Object.entries(APIS).flatMap(([name, api]) =>
  api.stream ? [{ name, api, stream: api.stream }] : [],
);

const HARMLESS = { of: 'Rotterdam', n: 7, deep: { list: ['a\nb', '', 'é'], yes: true } };
const REORDERED = { deep: { yes: true, list: ['a\nb', '', 'é'] }, n: 7, of: 'Rotterdam' };

let scopes = 0;
/** A memory that has seen these segments of an answer, or of an earlier prompt. */
async function memoryOf(turns: (scope: HistoryScope) => readonly KeptTurn[]) {
  scopes += 1;
  const scope = historyScope(`tool-calls ${scopes}`, 'ann', {});
  historyOfProcess.remember(() => turns(scope));
  return async ({ segments }: Extraction) => {
    const args = segments.filter(({ kind }) => kind === 'tool_arguments');
    const known = await recallCalls(historyOfProcess, scope, args);
    return args.length > 0 && args.every((segment) => known.has(segment));
  };
}

const NOTHING = () => [];
const changing = (from: string, to: string) => (segment: Segment) => {
  const start = segment.text.indexOf(from);
  return start === -1 ? [] : [{ start, end: start + from.length, text: to }];
};

describe.each(STREAMED)('a call in a stream of $name', ({ api, stream }) => {
  const { assistant, user } = api.roles;
  const answered = (args: JsonObject) =>
    readStream(
      routeOf(api),
      stream([['find', args]]).map((value) => ({ value })),
      '/',
    ).extraction.segments;
  const memoryOfAnswer = (args: JsonObject, changesOf: ChangesOf = NOTHING) =>
    memoryOf((scope) => answeredCalls(scope, answered(args), changesOf));

  it('is known in a prompt, with its keys in another order', async () => {
    const isKnown = await memoryOfAnswer(HARMLESS);
    for (const args of [HARMLESS, REORDERED])
      expect(await isKnown(promptOf(api, assistant, [['find', args]]))).toBe(true);
  });

  it.each<[string, Call]>([
    ['of another tool', ['find_all', HARMLESS]],
    ['with one string more', ['find', { ...HARMLESS, more: 'x' }]],
    ['with one string less', ['find', { n: 7, deep: HARMLESS.deep }]],
    ['with another number', ['find', { ...HARMLESS, n: 8 }]],
    [
      'with its strings in another order',
      ['find', { ...HARMLESS, deep: { list: ['é', '', 'a\nb'], yes: true } }],
    ],
    ['with a string under another key', ['find', { at: 'Rotterdam', n: 7, deep: HARMLESS.deep }]],
    ['in a list', ['find', { all: [HARMLESS] }]],
    ['in a string', ['find', { all: JSON.stringify(HARMLESS) }]],
  ])('is not a call %s', async (_name, call) => {
    expect(await (await memoryOfAnswer(HARMLESS))(promptOf(api, assistant, [call]))).toBe(false);
  });

  it("is not a call in a user's turn", async () => {
    expect(await (await memoryOfAnswer(HARMLESS))(promptOf(api, user, [['find', HARMLESS]]))).toBe(false);
  });

  it('is known as the client got it, and not as the model wrote it', async () => {
    const isKnown = await memoryOfAnswer(HARMLESS, changing('Rotterdam', '***'));
    expect(await isKnown(promptOf(api, assistant, [['find', { ...REORDERED, of: '***' }]]))).toBe(true);
    expect(await isKnown(promptOf(api, assistant, [['find', HARMLESS]]))).toBe(false);
  });

  it('is not known when a prompt with the same call had to be redacted, whoever says it later', async () => {
    const { segments } = promptOf(api, assistant, [['find', HARMLESS]]);
    const isKnown = await memoryOf((scope) => [
      ...inspectedCalls(scope, segments, changing('Rotterdam', '***')),
      ...answeredCalls(scope, answered(HARMLESS), NOTHING),
    ]);
    expect(await isKnown(promptOf(api, assistant, [['find', REORDERED]]))).toBe(false);
  });
});

describe('a call whose arguments are an object', () => {
  const api = APIS.messages as Api;
  const whole = (input: unknown) =>
    readResponse(
      routeOf(api),
      api.answer({ role: 'assistant', content: [{ type: 'tool_use', id: 'c', name: 'find', input }] }),
      '/',
    ).extraction.segments;
  const inPrompt = (input: unknown) =>
    readRequest(
      routeOf(api),
      api.prompt([{ role: 'assistant', content: [{ type: 'tool_use', id: 'c', name: 'find', input }] }]),
      '/',
    ).extraction;

  it('was judged without its keys and numbers, so it is not known as a string', async () => {
    const isKnown = await memoryOf((scope) => answeredCalls(scope, whole(HARMLESS), NOTHING));
    expect(await isKnown(inPrompt(REORDERED))).toBe(true);
    expect(await isKnown(inPrompt(JSON.stringify(HARMLESS)))).toBe(false);
  });

  it('with a file in a string is not known: the file is decoded in one of them and not in the other', async () => {
    const input = { file: `data:text/plain;base64,${Buffer.from('Ignore all.').toString('base64')}` };
    const streamed = api.stream?.([['find', input]]).map((value) => ({ value })) ?? [];
    const { segments } = readStream(routeOf(api), streamed, '/').extraction;
    for (const answered of [segments, whole(input)]) {
      const isKnown = await memoryOf((scope) => answeredCalls(scope, answered, NOTHING));
      expect(await isKnown(inPrompt(input))).toBe(false);
    }
  });
});

describe('what only a model says', () => {
  const part = (fields: object) => ({ role: 'user', content: [fields] });
  it.each<[string, Route, JsonObject]>([
    ['reasoning', ['openai', '/v1/chat/completions'], { role: 'user', content: 'a', reasoning_content: 'x' }],
    [
      'signed reasoning',
      ['openai', '/v1/chat/completions'],
      { role: 'user', reasoning_details: [{ text: 'x' }] },
    ],
    ['a refusal', ['openai', '/v1/chat/completions'], { role: 'user', content: 'a', refusal: 'x' }],
    ['a refusal among parts', ['openai', '/v1/chat/completions'], part({ type: 'refusal', refusal: 'x' })],
    ['thoughts among parts', ['openai', '/v1/chat/completions'], part({ type: 'thinking', thinking: 'x' })],
    [
      'a function call',
      ['openai', '/v1/chat/completions'],
      { role: 'user', function_call: { arguments: 'x' } },
    ],
    ['thoughts of Claude', ['anthropic', '/v1/messages'], part({ type: 'thinking', thinking: 'x' })],
    [
      'thoughts in Converse',
      ['bedrock', 'converse'],
      part({ reasoningContent: { reasoningText: { text: 'x' } } }),
    ],
    ['other thoughts in Converse', ['bedrock', 'converse'], part({ reasoningContent: { other: 'x' } })],
    ['a plan of Cohere', ['cohere', '/v2/chat'], { role: 'user', content: 'a', tool_plan: 'x' }],
    ['thoughts of Cohere', ['cohere', '/v2/chat'], part({ type: 'thinking', thinking: 'x' })],
  ])('is the words of whose turn it stands in: %s', (_name, route, message) => {
    const formats = routeFormats(...route);
    const { extraction } = readRequest(formats ?? { configured: [], all: [] }, { messages: [message] }, '/');
    expect(extraction.segments.filter(({ text }) => text === 'x').map(({ role }) => role)).toEqual(['user']);
    const own = readRequest(
      formats ?? { configured: [], all: [] },
      { messages: [{ ...message, role: 'assistant' }] },
      '/',
    );
    expect(own.extraction.segments.filter(({ text }) => text === 'x').map(({ role }) => role)).toEqual([
      'assistant',
    ]);
  });
});
