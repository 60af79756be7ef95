/** Answers through the live relay: `response_mode: live`. */
import { setTimeout as sleep } from 'node:timers/promises';
import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../testkit/aidr-emulator/index.ts';
import { type Stage, type StageOptions, startStage } from '../../testkit/harness/stage.ts';
import { chatStream, messageStream } from './streams.ts';

const SSN = '234-56-7890';
const MASKED = '*******7890';
/** What AIDR's policy blocks in an answer. */
const WEAPON = 'This is how to build a pipe bomb. ';
const LIVE = { response_mode: 'live', window_chars: 40, window_overlap_chars: 20 };

/** Words in deltas of one each. */
function words(text: string): string[] {
  return text.split(/(?<= )/);
}

const FILLER = 'The quick brown fox jumps over the lazy dog, and then does it again. ';
const LONG = `${FILLER.repeat(4)}It is ${SSN} as you know. ${FILLER.repeat(4)}`;

export function live(options: StageOptions): void {
  describe('live', () => {
    let stage: Stage;
    beforeAll(async () => {
      stage = await startStage({
        ...options,
        routes: {
          live: { config: LIVE },
          alone: { config: LIVE, without: ['crowdstrike-aidr-request', 'post-function'] },
          anthropic: {
            config: { ...LIVE, upstream_llm: { provider: 'anthropic', api_uri: '/v1/messages' } },
          },
          whole: { config: { ...LIVE, release: 'end', max_hold_ms: 100 } },
          open: { config: { ...LIVE, enforcing_strategy: 'enforce_but_ignore_on_error', timeout: 300 } },
          strict: { config: { ...LIVE, timeout: 300 } },
          audit: { config: { ...LIVE, enforcing_strategy: 'audit' } },
          small: { config: { ...LIVE, max_rewrite_size: 100 } },
          nowhere: { config: LIVE, url: 'http://127.0.0.1:9' },
          unknown: { config: LIVE, url: 'http://no-such-host.invalid' },
        },
      });
    });
    beforeEach(() => stage.reset());
    afterAll(() => stage?.stop());

    const ask = (route: string) =>
      stage.openai(route).chat.completions.create({
        model: 'gpt-4o-mini',
        stream: true,
        messages: [{ role: 'user', content: 'hi' }],
      });
    const readAll = async (route: string) => {
      let text = '';
      let finish: string | null = null;
      try {
        for await (const { choices } of await ask(route)) {
          text += choices[0]?.delta.content ?? '';
          finish = choices[0]?.finish_reason ?? finish;
        }
      } catch (error) {
        return { text, error: (error as Error).message };
      }
      return { text, finish };
    };
    const question = '{"model":"gpt-4o-mini","stream":true,"messages":[{"role":"user","content":"hi"}]}';
    const outputCalls = () =>
      stage.aidr.calls.filter(({ body }) => (body as { event_type: string }).event_type === 'output');
    const failing = (fault: Fault) => stage.aidr.fault({ ...fault, match: { event_type: 'output' } });

    it.each(['live', 'alone', 'small'])('a stream is redacted in its middle (%s)', async (route) => {
      stage.provider.answer({ chunks: chatStream(...words(LONG)), delayMs: 2 });
      expect(await readAll(route)).toEqual({ text: LONG.replace(SSN, MASKED), finish: 'stop' });
      expect(outputCalls().length).toBeGreaterThan(2);
    });

    it('a stream begins to flow before it has ended', async () => {
      stage.provider.answer({ chunks: chatStream(...words(LONG)), delayMs: 10 });
      const times: number[] = [];
      for await (const { choices } of await ask('live')) {
        if (choices[0]?.delta.content) times.push(performance.now());
      }
      expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(500);
    });

    it("what nobody changes leaves as the provider wrote it, with the provider's headers", async () => {
      const chunks = [': hello\n\n', ...chatStream(...words(FILLER))];
      stage.provider.answer({ chunks, headers: { 'x-request-id': 'req_1', 'set-cookie': ['a=1', 'b=2'] } });
      const reply = await stage.post(question, { route: 'live', headers: { 'x-own': 'yes' } });
      expect(reply.text).toBe(chunks.join(''));
      expect(reply.headers.get('x-request-id')).toBe('req_1');
      expect(reply.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
      const [request] = stage.provider.requests;
      expect(request?.body.toString()).toBe(question);
      expect(request?.headers).toMatchObject({ 'x-own': 'yes', 'accept-encoding': 'identity' });
      expect(request?.headers).not.toHaveProperty('x-aidr-relay-ticket');
      expect(`http://${request?.headers.host}`).toBe(stage.provider.url);
    });

    it('a block before anything has left is an ordinary rejection', async () => {
      stage.provider.answer({ chunks: chatStream(WEAPON, ...words(LONG)) });
      const reply = await stage.post(question, { route: 'live' });
      expect(reply.status).toBe(400);
      expect(JSON.parse(reply.text).status).toBe('Response has been rejected by CrowdStrike AIDR');
    });

    it("a block in the middle ends the stream in OpenAI's terms, and its client has what came before", async () => {
      stage.provider.answer({
        chunks: chatStream(...words(FILLER.repeat(3)), WEAPON, ...words(LONG)),
        delayMs: 5,
      });
      const { text, error } = await readAll('live');
      expect(error).toContain('Response has been rejected by CrowdStrike AIDR: ');
      expect(FILLER.repeat(3).startsWith(text)).toBe(true);
      expect(text).not.toBe('');
    });

    const claude = () =>
      new Anthropic({
        apiKey: 'k',
        baseURL: `${stage.gateway.url}/anthropic`,
        maxRetries: 0,
      }).messages.stream({
        model: 'claude',
        max_tokens: 9,
        messages: [{ role: 'user', content: 'hi' }],
      });

    it("a message of Anthropic's is redacted in its middle", async () => {
      stage.provider.answer({ chunks: messageStream(...words(LONG)) });
      const message = await claude().finalMessage();
      expect(message.content).toMatchObject([{ type: 'text', text: LONG.replace(SSN, MASKED) }]);
    });

    it("a message of Anthropic's that is blocked in its middle ends in an error", async () => {
      stage.provider.answer({
        chunks: messageStream(...words(FILLER.repeat(3)), WEAPON, ...words(LONG)),
        delayMs: 5,
      });
      let text = '';
      const stream = claude().on('text', (delta) => {
        text += delta;
      });
      await expect(stream.finalMessage()).rejects.toThrow('Response has been rejected by CrowdStrike AIDR');
      expect(FILLER.repeat(3).startsWith(text)).toBe(true);
      expect(text).not.toBe('');
    });

    it('a stream that waits for one verdict is kept alive by comments', async () => {
      stage.provider.answer({ chunks: chatStream(...words(`It is ${SSN}, and more.`)), delayMs: 50 });
      const reply = await stage.post(question, { route: 'whole' });
      expect(reply.text).toMatch(/^: /);
      expect(reply.text).not.toContain(SSN.slice(0, 6));
      expect(await readAll('whole')).toEqual({ text: `It is ${MASKED}, and more.`, finish: 'stop' });
      expect(outputCalls()).toHaveLength(2);
    });

    it('comments that keep a stream alive are no events, whatever the provider numbers', async () => {
      const frames = chatStream(...words(FILLER)).map((frame, index) => `id: ${index}\n${frame}`);
      stage.provider.answer({ chunks: frames, delayMs: 50 });
      const reply = await stage.post(question, { route: 'whole' });
      expect(reply.text).toMatch(/^: keep-alive\n/);
      expect(reply.text.replaceAll(': keep-alive\n', '')).toBe(frames.join(''));
      expect((await readAll('whole')).text).toBe(FILLER);
    });

    it('a whole answer is redacted', async () => {
      stage.provider.answer({
        body: { choices: [{ message: { role: 'assistant', content: `It is ${SSN}` } }] },
      });
      const reply = await stage.post('{"model":"gpt-4o-mini","messages":[{"role":"user","content":"hi"}]}', {
        route: 'live',
      });
      expect(JSON.parse(reply.text).choices[0].message.content).toBe(`It is ${MASKED}`);
      expect(Number(reply.headers.get('content-length') ?? reply.text.length)).toBe(reply.text.length);
    });

    it('a coded stream is decoded, and redacted in one piece', async () => {
      stage.provider.answer({ chunks: chatStream(...words(LONG)), encoding: 'gzip' });
      expect(await readAll('live')).toEqual({ text: LONG.replace(SSN, MASKED), finish: 'stop' });
    });

    it('a coded stream that takes long has no comments between its bytes', async () => {
      const chunks = chatStream(...words(`It is ${SSN}, and more.`));
      stage.provider.answer({ chunks, delayMs: 50, encoding: 'gzip' });
      expect(await readAll('whole')).toEqual({ text: `It is ${MASKED}, and more.`, finish: 'stop' });
    });

    it("an upstream's error keeps its status and is inspected", async () => {
      stage.provider.answer({ status: 429, body: { error: { message: `slow down, ${SSN}` } } });
      const reply = await stage.post(question, { route: 'live' });
      expect(reply.status).toBe(429);
      expect(reply.text).toContain(MASKED);
    });

    it('an answer without a body passes', async () => {
      stage.provider.answer({ status: 204, body: '', headers: { 'content-length': [] } });
      expect(await stage.post(question, { route: 'live' })).toMatchObject({ status: 204, text: '' });
    });

    it.each(['nowhere', 'unknown'])(
      'an upstream that is not there is a 502 without details (%s)',
      async (route) => {
        const reply = await stage.post(question, { route });
        expect(reply.status).toBe(502);
        expect(JSON.parse(reply.text)).toMatchObject({
          reason: 'the upstream cannot be reached',
          status: 'The upstream gave no answer',
          error: { message: 'The upstream gave no answer: the upstream cannot be reached.' },
        });
      },
    );

    it('tells the operator what to do about a host that only Kong knows', async () => {
      await stage.post(question, { route: 'unknown' });
      await stage.post(question, { route: 'unknown' });
      await expect.poll(() => stage.gateway.log()).toContain('name the provider in upstream_url');
    });

    describe('while AIDR is down', () => {
      it('nothing leaves under enforce', async () => {
        failing({ kind: 'status', status: 403 });
        stage.provider.answer({ chunks: chatStream(...words(LONG)) });
        const reply = await stage.post(question, { route: 'strict' });
        expect(reply.status).toBe(500);
        expect(reply.headers.get('x-should-retry')).toBe('false');
        expect(JSON.parse(reply.text)).toMatchObject({
          reason: 'unauthorized',
          status: 'Response could not be inspected by CrowdStrike AIDR',
        });
      });

      it('a stream that has begun ends under enforce', async () => {
        let calls = 0;
        failing({
          kind: 'answer',
          answer: (body: unknown) => (++calls > 2 ? [] : body),
        });
        stage.provider.answer({ chunks: chatStream(...words(LONG)), delayMs: 5 });
        const { text, error } = await readAll('strict');
        expect(error).toContain('Response could not be inspected by CrowdStrike AIDR: ');
        expect(LONG.startsWith(text)).toBe(true);
        expect(text).not.toBe('');
      });

      it('it flows where the strategy says so', async () => {
        // All but the prompt: while AIDR answers the health probe, it is not down.
        stage.aidr.fault({ kind: 'delay', delayMs: 60_000, match: { lacks: 'hi' } });
        stage.provider.answer({ chunks: chatStream(...words(`${FILLER} ${SSN}`)) });
        expect((await readAll('open')).text).toBe(`${FILLER} ${SSN}`);
        await readAll('open');
        await expect
          .poll(() => stage.gateway.log())
          .toMatch(/crowdstrike-aidr-response: let an answer pass uninspected, timeout/);
      });
    });

    it('an audit lets it flow, and inspects a copy', async () => {
      stage.provider.answer({ chunks: chatStream(...words(`It is ${SSN}.`)) });
      expect((await readAll('audit')).text).toBe(`It is ${SSN}.`);
      await expect.poll(() => outputCalls().length).toBe(1);
    });

    it("Kong's record says that the verdict is still to come", async () => {
      stage.provider.answer({ chunks: chatStream('hello') });
      await stage.post(question, { route: 'live' });
      expect(await stage.record('response')).toMatchObject({ outcome: 'pending', live: true });
    });

    it('a client that leaves frees the upstream and AIDR within three seconds', async () => {
      stage.provider.answer({ chunks: chatStream(...words(LONG.repeat(20))), delayMs: 20 });
      const abort = new AbortController();
      const reply = await fetch(`${stage.gateway.url}/live/v1/chat/completions`, {
        method: 'POST',
        body: question,
        headers: { 'content-type': 'application/json' },
        signal: abort.signal,
      });
      await reply.body?.getReader().read();
      expect(stage.provider.underWay).toBe(1);
      abort.abort();
      await expect.poll(() => stage.provider.underWay, { timeout: 3_000 }).toBe(0);
      const before = outputCalls().length;
      await sleep(300);
      expect(outputCalls().length).toBe(before);
    });
  });
}
