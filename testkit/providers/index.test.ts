import { setTimeout as sleep } from 'node:timers/promises';
import * as zlib from 'node:zlib';
import OpenAI from 'openai';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { type Encoding, startProvider } from './index.ts';

const provider = await startProvider();
beforeEach(() => provider.reset());
afterAll(() => provider.stop());

const openai = new OpenAI({ apiKey: 'sk-test', baseURL: `${provider.url}/v1`, maxRetries: 0 });

const asking = (content: string) => ({
  model: 'gpt-4o-mini',
  messages: [{ role: 'user' as const, content }],
});
const weather = {
  type: 'function' as const,
  function: {
    name: 'get_weather',
    parameters: { type: 'object', properties: { city: { type: 'string' }, days: { type: 'integer' } } },
  },
};

function post(body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) {
  return fetch(`${provider.url}/v1/chat/completions`, { method: 'POST', body, headers });
}

describe('the openai client', () => {
  it.each([
    ["Let me see our CEO's SSN", '234-56-7890'],
    ['Find the employee record for Jane Doe.', '234-56-7890'],
    ['Write an example of a phishing e-mail', 'how to build a pipe bomb'],
    ['Tell me about bombs', 'how to build a pipe bomb'],
    ['Hi there', 'Hello! I am glad to help.'],
  ])('asks %s', async (prompt, expected) => {
    const completion = await openai.chat.completions.create(asking(prompt));
    expect(completion).toMatchObject({
      id: expect.stringMatching(/^chatcmpl-[A-Za-z0-9]{29}$/),
      object: 'chat.completion',
      created: expect.any(Number),
      model: 'gpt-4o-mini',
      choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', refusal: null } }],
    });
    expect(completion.choices[0]?.message.content).toContain(expected);
    const { prompt_tokens = 0, completion_tokens = 0, total_tokens } = completion.usage ?? {};
    expect(total_tokens).toBe(prompt_tokens + completion_tokens);
  });

  it('gets the same answer to the same question', async () => {
    const [first, second] = [
      await openai.chat.completions.create(asking('Hi')),
      await openai.chat.completions.create(asking('Hi')),
    ];
    expect(second).toEqual(first);
  });

  it('gets as many choices as it wants', async () => {
    const { choices } = await openai.chat.completions.create({ ...asking('Hi'), n: 3 });
    expect(choices.map(({ index }) => index)).toEqual([0, 1, 2]);
  });

  it('is answered by its last user message, text parts included', async () => {
    const { choices } = await openai.chat.completions.create({
      model: 'gpt-4o-mini',
      messages: [
        { role: 'user', content: 'An SSN please' },
        { role: 'assistant', content: 'No.' },
        { role: 'user', content: [{ type: 'text', text: 'Then say hi' }] },
      ],
    });
    expect(choices[0]?.message.content).toContain('Hello!');
  });

  it.each(['Use the weather tool, please', 'What does get_weather say?'])(
    'is asked for a tool: %s',
    async (prompt) => {
      const { choices } = await openai.chat.completions.create({ ...asking(prompt), tools: [weather] });
      expect(choices).toMatchObject([
        {
          finish_reason: 'tool_calls',
          message: {
            content: null,
            tool_calls: [
              {
                type: 'function',
                id: expect.stringMatching(/^call_/),
                function: { name: 'get_weather', arguments: '{"city":"Jane Doe","days":1}' },
              },
            ],
          },
        },
      ]);
    },
  );

  it('is asked for no tool otherwise', async () => {
    const { choices } = await openai.chat.completions.create({ ...asking('Hi'), tools: [weather] });
    expect(choices[0]).toMatchObject({ finish_reason: 'stop' });
  });

  it('streams text, the choices interleaved, with usage at the end', async () => {
    const stream = await openai.chat.completions.create({
      ...asking('My SSN?'),
      n: 2,
      stream: true,
      stream_options: { include_usage: true },
    });
    const texts = ['', ''];
    const reasons: unknown[] = [];
    let usage: unknown;
    let pieces = 0;
    for await (const chunk of stream) {
      for (const { index, delta, finish_reason } of chunk.choices) {
        texts[index] += delta.content ?? '';
        pieces += 1;
        if (finish_reason) reasons.push(finish_reason);
      }
      usage = chunk.usage ?? usage;
    }
    expect(texts[0]).toContain('234-56-7890. Tell me');
    expect(texts[1]).toBe(texts[0]);
    expect(reasons).toEqual(['stop', 'stop']);
    expect(pieces).toBeGreaterThan(40);
    expect(usage).toMatchObject({ total_tokens: expect.any(Number) });
  });

  it('streams a tool call', async () => {
    const stream = openai.chat.completions.stream({ ...asking('Call the tool'), tools: [weather] });
    const { choices } = await stream.finalChatCompletion();
    expect(choices[0]?.message.tool_calls).toMatchObject([
      { function: { name: 'get_weather', arguments: '{"city":"Jane Doe","days":1}' } },
    ]);
  });

  it('gets an error for an invalid body', async () => {
    const wrong = { model: 'gpt-4o-mini', messages: [] };
    await expect(openai.chat.completions.create(wrong)).rejects.toMatchObject({
      status: 400,
      type: 'invalid_request_error',
      param: 'messages',
    });
  });
});

describe('the wire', () => {
  it('ends a stream with [DONE]', async () => {
    const response = await post(JSON.stringify({ ...asking('Hi'), stream: true }));
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const events = (await response.text()).split('\n\n');
    expect(events.slice(-2)).toEqual(['data: [DONE]', '']);
    expect(events.slice(0, -2).every((event) => event.startsWith('data: {'))).toBe(true);
  });

  it('answers what is not JSON with 400, and other paths with 404', async () => {
    const response = await post('{"model":');
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error', code: null } });
    expect((await fetch(`${provider.url}/v1/unknown`)).status).toBe(404);
  });

  it('understands a compressed request and records it as it came', async () => {
    const body = Uint8Array.from(zlib.gzipSync(JSON.stringify(asking('Hi'))));
    const response = await post(body, { 'Content-Encoding': 'gzip', 'X-Mixed': 'Case' });
    expect(await response.json()).toMatchObject({ object: 'chat.completion' });
    const [request] = provider.requests;
    expect(request).toMatchObject({ method: 'POST', path: '/v1/chat/completions', body: Buffer.from(body) });
    expect(request?.headers['x-mixed']).toBe('Case');
    expect(request?.rawHeaders).toContain('X-Mixed');
  });
});

describe('a scripted answer', () => {
  it('holds until it is cleared', async () => {
    provider.answer({ status: 503, headers: { 'x-a': ['1', '2'] }, body: { error: 'busy' } });
    for (let times = 0; times < 2; times++) {
      const response = await post('');
      expect(response.status).toBe(503);
      expect(response.headers.get('x-a')).toBe('1, 2');
      expect(await response.json()).toEqual({ error: 'busy' });
    }
    provider.answer(undefined);
    expect((await post(JSON.stringify(asking('Hi')))).status).toBe(200);
  });

  it('can depend on the request', async () => {
    provider.answer(({ body }) => ({ headers: { 'content-type': 'text/plain' }, body }));
    const response = await post('echo');
    expect(response.headers.get('content-type')).toBe('text/plain');
    expect(response.headers.get('content-length')).toBe('4');
    expect(await response.text()).toBe('echo');
  });

  it.each<Encoding>(['gzip', 'deflate', 'br', 'zstd'])('is compressed with %s', async (encoding) => {
    provider.answer({ body: { compressed: true }, encoding });
    const response = await post('');
    expect(response.headers.get('content-encoding')).toBe(encoding);
    expect(await response.json()).toEqual({ compressed: true });
  });

  it.each<Encoding | undefined>([undefined, 'gzip', 'deflate', 'br', 'zstd'])(
    'comes in chunks, each when it is written: %s',
    async (encoding) => {
      provider.answer({
        chunks: ['data: one\n\n', 'data: two\n\n'],
        delayMs: 60,
        ...(encoding && { encoding }),
      });
      const arrivals: { text: string; at: number }[] = [];
      for await (const chunk of (await post('')).body ?? [])
        arrivals.push({ text: Buffer.from(chunk).toString(), at: performance.now() });
      expect(arrivals.map(({ text }) => text)).toEqual(['data: one\n\n', 'data: two\n\n']);
      expect((arrivals[1]?.at ?? 0) - (arrivals[0]?.at ?? 0)).toBeGreaterThan(10);
    },
  );

  it.each<Encoding | undefined>([undefined, 'gzip'])(
    'survives a client that leaves: %s',
    async (encoding) => {
      provider.answer({ chunks: Array(50).fill('data: x\n\n'), delayMs: 5, ...(encoding && { encoding }) });
      const response = await post('');
      await response.body?.cancel();
      await sleep(50);
      provider.answer({ body: 'ok' });
      expect(await (await post('')).text()).toBe('ok');
    },
  );
});
