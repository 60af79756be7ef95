/** Format-preserving encryption: the model works with ciphertext, and the client reads the values in clear. */
import type OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Fault, loadPolicy, type Policy } from '../../testkit/aidr-emulator/index.ts';
import { type Stage, type StageOptions, startStage } from '../../testkit/harness/stage.ts';
import type { Answer, ProviderRequest } from '../../testkit/providers/index.ts';

type Message = OpenAI.ChatCompletionMessageParam;

const SSN = '078-05-1120';
const CARD = '4111 1111 1111 1111';
const CLEAR = [SSN, CARD];

const SSN_FORMAT = /\b\d{3}-\d{2}-\d{4}\b/;
const CARD_FORMAT = /\b\d{4}(?: \d{4}){3}\b/;

const TOOLS: OpenAI.ChatCompletionTool[] = [
  { type: 'function', function: { name: 'pay', parameters: { type: 'object', properties: {} } } },
];

/** Numbers of persons and cards are encrypted on the way in; on the way out only mail addresses matter. */
async function encrypting(): Promise<Policy> {
  const policy = await loadPolicy();
  return {
    ...policy,
    input: { ...policy.input, US_SSN: 'encrypt', CREDIT_CARD: 'encrypt' },
    output: { name: policy.output.name, EMAIL_ADDRESS: 'mask', topics: { weapons: 'block' } },
  };
}

const KEYS = ['pts_denied', 'pts_hurried'];

export function encryption(options: StageOptions): void {
  describe('where AIDR encrypts', () => {
    let stage: Stage;
    beforeAll(async () => {
      stage = await startStage({
        ...options,
        policy: await encrypting(),
        keys: KEYS,
        routes: {
          validate: { config: { operation: 'validate' } },
          denied: { config: { ai_guard_api_key: 'pts_denied' } },
          mcp: { mcp: {} },
          hurried: { config: { ai_guard_api_key: 'pts_hurried', timeout: 500 } },
        },
      });
    });
    beforeEach(() => stage.reset());
    afterAll(async () => {
      await stage?.stop();
    });

    const on = () => stage;
    describe('the model', () => upstream(on));
    describe('the client', () => roundTrips(on));
    describe('over several turns', () => conversations(on));
    describe('a value stays encrypted', () => ciphertexts(on));
    it('a server of MCP gets the ciphertext, and what it says stays encrypted', () => messages(stage));
    it('no value is in a log or a record', () => secrecy(on()));
  });
}

const user = (content: string): Message => ({ role: 'user', content });

const promptIn = ({ body }: ProviderRequest): string => JSON.parse(body.toString()).messages.at(-1).content;

/** The last number of that format which the model was told. */
function told(request: ProviderRequest, format: RegExp): string {
  return format.exec(promptIn(request))?.[0] ?? 'no such number';
}

const sayingOf = (content: string): Answer => ({
  body: { object: 'chat.completion', choices: [{ index: 0, message: { role: 'assistant', content } }] },
});

const calling = (args: object) => ({
  index: 0,
  id: 'call_1',
  type: 'function',
  function: { name: 'pay', arguments: JSON.stringify(args) },
});

const chunk = (delta: object) =>
  `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', model: 'gpt-4o-mini', choices: [{ index: 0, delta, finish_reason: null }] })}\n\n`;

/** Pieces of three characters: every number is cut several times. */
const piecesOf = (text: string) => text.match(/.{1,3}/gs) ?? [];

function streaming(deltas: object[]): Answer {
  return { chunks: [...deltas.map(chunk), 'data: [DONE]\n\n'] };
}

async function say(stage: Stage, messages: Message[], route?: string) {
  const completion = await stage
    .openai(route)
    .chat.completions.create({ model: 'gpt-4o-mini', messages, tools: TOOLS });
  return completion.choices[0]?.message;
}

const unredactCalls = (stage: Stage) => stage.aidr.calls.filter(({ path }) => path.endsWith('/v1/unredact'));

function upstream(on: () => Stage): void {
  it('gets numbers of the same format, and every other byte as it was sent', async () => {
    const body = `{ "messages":[{"role":"user","content":"caf\\u00e9 ${SSN} \\/ thanks, ${CARD}!"}],\n "model":"gpt-4o-mini"}`;
    expect((await on().post(body)).status).toBe(200);
    const received = on().provider.requests[0]?.body.toString() ?? '';
    for (const value of CLEAR) expect(received).not.toContain(value);
    expect(received.replace(SSN_FORMAT, SSN).replace(CARD_FORMAT, CARD)).toBe(body);
    expect(await on().record('request')).toMatchObject({ outcome: 'redacted' });
  });
}

function roundTrips(on: () => Stage): void {
  const prompt = [user(`I am ${SSN}, my card is ${CARD}.`)];

  it('reads the values in a whole answer', async () => {
    on().provider.answer((request) => sayingOf(`You said: ${promptIn(request)}`));
    const answer = await say(on(), prompt);
    expect(answer?.content).toBe(`You said: I am ${SSN}, my card is ${CARD}.`);
    expect(on().provider.requests[0]?.body.toString()).not.toContain(SSN);
    expect(unredactCalls(on())).toHaveLength(1);
  });

  it('reads the values in the arguments of a tool call', async () => {
    on().provider.answer((request) => ({
      body: {
        choices: [
          {
            message: {
              role: 'assistant',
              content: null,
              tool_calls: [calling({ to: told(request, SSN_FORMAT) })],
            },
          },
        ],
      },
    }));
    const [call] = (await say(on(), prompt))?.tool_calls ?? [];
    expect(call).toMatchObject({ function: { name: 'pay', arguments: `{"to":"${SSN}"}` } });
  });

  it.each([', ', '/', '\n', ', AKIAABCDEFGHIJKLMNOP, '])(
    'reads one of several values that stood side by side, with %j in between',
    async (between) => {
      on().provider.answer((request) => {
        const numbers = promptIn(request).match(new RegExp(SSN_FORMAT, 'g')) ?? [];
        return sayingOf(numbers.toReversed().join(' before '));
      });
      const numbers = [SSN, '219-09-9998', '457-55-5462'];
      const answer = await say(on(), [user(numbers.join(between))]);
      expect(answer?.content).toBe(numbers.toReversed().join(' before '));
    },
  );

  it('reads the values in every choice', async () => {
    on().provider.answer((request) => ({
      body: {
        choices: [SSN_FORMAT, CARD_FORMAT].map((format, index) => {
          return { index, message: { role: 'assistant', content: `It is ${told(request, format)}.` } };
        }),
      },
    }));
    const { choices } = await on()
      .openai()
      .chat.completions.create({ model: 'gpt-4o-mini', messages: prompt });
    expect(choices.map(({ message }) => message.content)).toEqual([`It is ${SSN}.`, `It is ${CARD}.`]);
  });

  it('reads the values in a streamed answer', async () => {
    on().provider.answer((request) =>
      streaming(piecesOf(`You said: ${promptIn(request)} Bye.`).map((content) => ({ content }))),
    );
    const stream = await on()
      .openai()
      .chat.completions.create({ model: 'gpt-4o-mini', stream: true, messages: prompt });
    let text = '';
    for await (const { choices } of stream) text += choices[0]?.delta.content ?? '';
    expect(text).toBe(`You said: I am ${SSN}, my card is ${CARD}. Bye.`);
  });

  it('reads the values in the arguments of a streamed tool call', async () => {
    on().provider.answer((request) => {
      const { function: named, ...call } = calling({ to: told(request, SSN_FORMAT), sum: 7 });
      return streaming([
        { role: 'assistant', tool_calls: [{ ...call, function: { ...named, arguments: '' } }] },
        ...piecesOf(named.arguments).map((args) => ({
          tool_calls: [{ index: 0, function: { arguments: args } }],
        })),
      ]);
    });
    const stream = await on()
      .openai()
      .chat.completions.create({ model: 'gpt-4o-mini', stream: true, messages: prompt, tools: TOOLS });
    let args = '';
    for await (const { choices } of stream)
      args += choices[0]?.delta.tool_calls?.[0]?.function?.arguments ?? '';
    expect(JSON.parse(args)).toEqual({ to: SSN, sum: 7 });
    expect(on().provider.requests[0]?.body.toString()).not.toContain(SSN);
  });

  it("reads the values beside what the answer's own verdict redacted", async () => {
    on().provider.answer((request) => sayingOf(`${told(request, SSN_FORMAT)} wrote to jane@example.com`));
    expect((await say(on(), prompt))?.content).toBe(`${SSN} wrote to ****************`);
    expect(await on().record('response')).toMatchObject({ outcome: 'redacted' });
  });

  it('reads nothing of an answer that is blocked', async () => {
    on().provider.answer((request) => sayingOf(`${told(request, SSN_FORMAT)}, how to build a pipe bomb`));
    const { status, text } = await on().post(JSON.stringify({ model: 'gpt-4o-mini', messages: prompt }));
    expect(status).toBe(400);
    expect(text).not.toMatch(SSN_FORMAT);
  });
}

function conversations(on: () => Stage): void {
  it('values of all of them come back in clear, and the model never sees one', async () => {
    on().provider.answer((request) => {
      const { messages } = JSON.parse(request.body.toString()) as {
        messages: { role: string; content: string }[];
      };
      const said = messages.filter(({ role }) => role === 'user').map(({ content }) => content);
      return sayingOf(`You said: ${said.join(' ')}`);
    });
    const messages: Message[] = [];
    const answers: unknown[] = [];
    for (const text of [`I am ${SSN}.`, `My card is ${CARD}.`, 'What do you know?']) {
      messages.push(user(text));
      const answer = await say(on(), messages);
      answers.push(answer?.content);
      if (answer) messages.push(answer);
    }
    expect(answers).toEqual([
      `You said: I am ${SSN}.`,
      `You said: I am ${SSN}. My card is ${CARD}.`,
      `You said: I am ${SSN}. My card is ${CARD}. What do you know?`,
    ]);
    for (const { body } of on().provider.requests)
      for (const value of CLEAR) expect(body.toString()).not.toContain(value);
  });

  it('a long answer is inspected as the client will read it', async () => {
    const filler = 'and so on, '.repeat(20_000);
    on().provider.answer((request) => {
      const { messages } = JSON.parse(request.body.toString()) as { messages: { content: string }[] };
      return sayingOf(`${messages.map(({ content }) => content).join(' ')} ${filler}`);
    });
    const messages = [user(`I am ${SSN}.`)];
    const first = await say(on(), messages);
    if (first) messages.push(first);
    const answer = await say(on(), [...messages, user(`My card is ${CARD}.`)]);
    expect(answer?.content).toBe(`I am ${SSN}. I am ${SSN}. ${filler} My card is ${CARD}. ${filler}`);
    expect(on().aidr.calls.at(-1)?.raw.toString()).toContain(`I am ${SSN}. ${filler} My card is ${CARD}.`);
  });

  it('a turn keeps the ciphertext that it was given first', async () => {
    const messages = [user(`The pilot is ${SSN}.`)];
    for (let turn = 0; turn < 3; turn++) {
      on().provider.answer(sayingOf(`Noted ${turn}.`));
      const answer = await say(on(), messages);
      if (answer) messages.push(answer, user('Go on.'));
    }
    const first = on().provider.requests.map(({ body }) => JSON.parse(body.toString()).messages[0].content);
    expect(new Set(first).size).toBe(1);
    expect(first[0]).not.toContain(SSN);
  });
}

function ciphertexts(on: () => Stage): void {
  const echo = () => on().provider.answer((request) => sayingOf(promptIn(request)));

  it('that this request did not encrypt', async () => {
    await say(on(), [user(`Somebody else is ${SSN}.`)]);
    const foreign = told(on().provider.requests[0] as ProviderRequest, SSN_FORMAT);
    on().provider.answer((request) => sayingOf(`${foreign} and ${told(request, CARD_FORMAT)}`));
    expect((await say(on(), [user(`Mine is ${CARD}.`)]))?.content).toBe(`${foreign} and ${CARD}`);
    on().provider.answer(sayingOf(`It is ${foreign}`));
    expect((await say(on(), [user('Who is it?')]))?.content).toBe(`It is ${foreign}`);
  });

  const lying = (change: (data: string[]) => unknown): Fault => ({
    kind: 'answer',
    answer: (body) => {
      const answer = body as { result: { data: string[] } };
      return { ...answer, result: { data: change(answer.result.data) } };
    },
  });

  it.each<[string, Fault]>([
    ['refuses', { kind: 'status', status: 403 }],
    ['answers no JSON', { kind: 'garbage' }],
    ['answers without data', { kind: 'patch', patch: { result: { data: null } } }],
    ['answers something else', lying(() => 'something else')],
    ['answers too few texts', lying(() => [])],
    ['changes other words as well', lying((data) => data.map((text) => text.replace('keeper', 'sailor')))],
    ['answers longer texts', lying((data) => data.map((text) => `${text} And more.`))],
  ])('when AIDR, asked to decrypt it, %s; and the record says so', async (_name, fault) => {
    echo();
    on().aidr.fault({ ...fault, match: { on: 'unredact' } });
    const body = JSON.stringify({ model: 'gpt-4o-mini', messages: [user(`The keeper is ${SSN}.`)] });
    const reply = await on().post(body, { route: 'denied' });
    expect(reply.status).toBe(200);
    const [request] = on().provider.requests;
    expect(request && JSON.parse(reply.text).choices[0].message.content).toBe(request && promptIn(request));
    expect(reply.text).not.toContain(SSN);
    expect(await on().record('response')).toMatchObject({ outcome: 'allowed', unredact_failed: true });
  });

  it('when AIDR does not decrypt it in time; and the record says so', async () => {
    echo();
    on().aidr.fault({ kind: 'delay', delayMs: 60_000, match: { on: 'unredact' } });
    const body = JSON.stringify({ model: 'gpt-4o-mini', messages: [user(`The captain is ${SSN}.`)] });
    const reply = await on().post(body, { route: 'hurried' });
    expect(reply.status).toBe(200);
    expect(reply.text).toMatch(SSN_FORMAT);
    expect(reply.text).not.toContain(SSN);
    expect(await on().record('response')).toMatchObject({ unredact_failed: true });
  });

  it('never under validate, which encrypts nothing', async () => {
    echo();
    expect((await say(on(), [user(`I am ${SSN}.`)], 'validate'))?.content).toBe(`I am ${SSN}.`);
    expect(on().provider.requests.map(promptIn)).toEqual([`I am ${SSN}.`]);
    expect(unredactCalls(on())).toEqual([]);
  });
}

async function secrecy(stage: Stage): Promise<void> {
  await say(stage, [user(`I am ${SSN}, my card is ${CARD}.`)]);
  const written = stage.gateway.log() + JSON.stringify(await stage.gateway.records());
  expect(written).toContain('redacted');
  for (const value of CLEAR) expect(written).not.toContain(value);
}

async function messages(stage: Stage): Promise<void> {
  stage.provider.answer(({ body }) => {
    const told = JSON.parse(body.toString()).params.arguments.number;
    return {
      body: { jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text', text: `It is ${told}.` }] } },
    };
  });
  const call = { method: 'tools/call', params: { name: 'pay', arguments: { number: SSN } } };
  const { text } = await stage.post(JSON.stringify({ jsonrpc: '2.0', id: 1, ...call }), {
    ...{ route: 'mcp', path: '/mcp', headers: { accept: 'application/json, text/event-stream' } },
  });
  const [encrypted] = SSN_FORMAT.exec(stage.provider.requests[0]?.body.toString() ?? '') ?? [];
  expect(encrypted).toBeDefined();
  expect(encrypted).not.toBe(SSN);
  // What looks like a value is encrypted once more.
  const told = JSON.parse(text).result.content[0].text;
  expect(told).toMatch(new RegExp(`^It is ${SSN_FORMAT.source}\\.$`));
  expect(told).not.toContain(SSN);
}
