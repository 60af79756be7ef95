/** The live relay by itself: what Kong would send it, and what it answers. */
import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type RequestListener,
  type Server,
} from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Reservation } from '../src/fair-share/fair-budget.ts';
import { createInspector, type HostInspector } from '../src/inspection/create-inspector.ts';
import { historyOfProcess, historyScope, turnKey } from '../src/inspection/history/history.ts';
import { type CompletedInspection, recordOf } from '../src/inspection/report/record.ts';
import { relayedBytes } from '../src/live/byte-reservation.ts';
import { Relay } from '../src/live/relay.ts';
import type { Admission, RelayedAnswer, RelayReports } from '../src/live/relayed.ts';
import type { Upstream } from '../src/live/upstream.ts';
import { type Emulator, loadPolicy, type Policy, startEmulator } from '../testkit/aidr-emulator/index.ts';
import { encodeFrame } from '../testkit/streams/encode-frames.ts';

const SSN = '234-56-7890';
const FILLER = 'The quick brown fox jumps over the lazy dog. ';

const chunk = (content: string) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;

/** What the emulator answers where it encrypts. */
interface Encrypted {
  result: { fpe_context: string; guard_output: { messages: { content: string }[] } };
}

interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  isComplete: boolean;
}

/** What is found in a prompt is encrypted. */
async function encrypting(): Promise<Policy> {
  const policy = await loadPolicy();
  return { ...policy, input: { ...policy.input, US_SSN: 'encrypt' } };
}

describe('the live relay', () => {
  let aidr: Emulator;
  let relay: Relay;
  let port: number;
  let upstream: Server;
  let answer: RequestListener;
  let reports: CompletedInspection[];
  let warnings: string[];

  beforeEach(async () => {
    aidr = await startEmulator({ policy: await encrypting() });
    relay = new Relay();
    port = await relay.listen();
    upstream = createServer((request, response) => answer(request, response));
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
    reports = [];
    warnings = [];
  });

  afterEach(async () => {
    await relay.close();
    upstream.closeAllConnections();
    await new Promise((resolve) => upstream.close(resolve));
    await aidr.stop();
  });

  function ticket(config: object = {}, { caller = {}, ...changes }: Partial<Admission> = {}): string {
    const { inspector } = createInspector(
      {
        ai_guard_api_key: 'pts_demo',
        ai_guard_api_base_url: aidr.url,
        upstream_llm: { provider: 'openai', api_uri: '/v1/chat/completions' },
        ...{ response_mode: 'live', window_chars: 40, window_overlap_chars: 20, ...config },
      },
      'response',
    );
    const answered: RelayedAnswer = {
      ...{ inspector, path: '/v1/chat/completions', client: {}, hadBody: true },
      carryOver: { encryptions: [] },
      ...reportsOf(inspector),
      ...changes,
    };
    return relay.tickets.issue({ upstream: provider(), callerOf: () => caller, answer: answered }) ?? '';
  }

  function provider(): Upstream {
    return {
      ...{ scheme: 'http', host: '127.0.0.1', port: (upstream.address() as AddressInfo).port },
      ...{ hostHeader: 'api.example', serverName: 'api.example', verifyTls: false },
      ...{ connectTimeout: 1_000, readTimeout: 1_000, retries: 0 },
    };
  }

  function reportsOf(inspector: HostInspector): RelayReports {
    return {
      isAudit: inspector.config.enforcing_strategy === 'audit',
      describe: (ended, tookMs) => recordOf(inspector, ended, tookMs),
      report(ended, tookMs) {
        reports.push(ended);
        return recordOf(inspector, ended, tookMs);
      },
      exposed: () => ({}),
      reportDropped: () => undefined,
      reportBroken: () => undefined,
      warn: (text) => void warnings.push(text),
    };
  }

  /** A fresh connection, as far as possible as Kong would use one. */
  function ask(id: string, headers: Record<string, string> = {}, method = 'POST'): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const options = { port, method, path: '/v1/chat/completions?a=%20b', agent: false };
      const request = httpRequest(
        { ...options, headers: { 'x-aidr-relay-ticket': id, ...headers } },
        async (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (data) => {
            text += data;
          });
          response.on('error', () => undefined);
          response.on('close', () => {
            const { statusCode: status = 0, headers: received, complete } = response;
            resolve({ status, headers: received, text, isComplete: complete });
          });
        },
      );
      request.on('error', reject);
      request.end(method === 'POST' ? '{"messages":[]}' : undefined);
    });
  }

  /** An upstream that streams these, waiting a little between them. */
  function streaming(
    parts: readonly string[],
    end: 'ends' | 'breaks off' | 'stalls' = 'ends',
  ): RequestListener {
    return async (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const part of parts) {
        response.write(part);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      if (end === 'ends') response.end();
      if (end === 'breaks off') response.destroy();
    };
  }

  const words = (text: string) => text.split(/(?<= )/);
  const long = (secret: string) => [...words(FILLER.repeat(4)), `${secret} `, ...words(FILLER.repeat(2))];

  const outputCalls = () =>
    aidr.calls.filter(({ body }) => (body as { event_type?: string }).event_type === 'output');

  const outcome = () => expect.poll(() => reports.map(({ decision }) => decision.outcome));

  it('refuses whoever has no ticket, and whoever comes with a used one', async () => {
    answer = (_request, response) => void response.end('{"choices":[]}');
    const id = ticket();
    expect((await ask('')).status).toBe(403);
    expect((await ask(`${id}x`)).status).toBe(403);
    expect((await ask(id)).status).toBe(200);
    expect(await ask(id)).toMatchObject({ status: 403, text: '', headers: { connection: 'close' } });
  });

  describe('of a stated number of connections', () => {
    const limits = { connections: 3, kept: 2 };

    function connected(): Promise<Socket> {
      return new Promise((resolve) => {
        const socket = connect(port, '127.0.0.1', () => resolve(socket));
        socket.on('error', () => undefined);
      });
    }

    const isClosed = (socket: Socket) => new Promise((resolve) => socket.once('close', resolve));

    beforeEach(async () => {
      await relay.close();
      relay = new Relay(limits);
      port = await relay.listen();
    });

    it('closes one too many, and serves again when one has gone', async () => {
      answer = (_request, response) => void response.end('{"choices":[]}');
      const [first] = await Promise.all([connected(), connected(), connected()]);
      await isClosed(await connected());
      await expect(ask(ticket())).rejects.toThrow(/socket hang up|ECONNRESET/);
      first?.destroy();
      await expect.poll(async () => (await ask(ticket()).catch(() => undefined))?.status).toBe(200);
    });

    it('keeps none waiting for further requests while there are many', async () => {
      answer = (_request, response) => void response.end('{"choices":[]}');
      const headers = { connection: 'keep-alive' };
      expect((await ask(ticket(), headers)).headers.connection).toBe('keep-alive');
      await Promise.all([connected(), connected()]);
      const reply = await ask(ticket(), headers);
      expect([reply.status, reply.headers.connection]).toEqual([200, 'close']);
    });
  });

  it('hands the request on as Kong sent it, but for what belongs to the connection', async () => {
    let received: unknown;
    answer = (request, response) => {
      const { method, url, headers } = request;
      let body = '';
      request.on('data', (data) => {
        body += data;
      });
      request.on('end', () => {
        received = { method, url, body, headers };
        response.end('{}');
      });
    };
    await ask(ticket(), {
      'x-own': 'yes',
      'x-hop': 'no',
      connection: 'close, x-hop',
      'accept-encoding': 'gzip',
    });
    expect(received).toEqual({
      ...{ method: 'POST', url: '/v1/chat/completions?a=%20b', body: '{"messages":[]}' },
      headers: {
        ...{ host: 'api.example', 'x-own': 'yes', 'accept-encoding': 'identity' },
        ...{ 'content-length': '15', connection: 'keep-alive' },
      },
    });
  });

  it('answers to HEAD with the head alone', async () => {
    answer = (_request, response) => void response.writeHead(200, { 'content-length': '99' }).end();
    expect(await ask(ticket(), {}, 'HEAD')).toMatchObject({
      status: 200,
      headers: { 'content-length': '99' },
    });
  });

  it('a redaction that comes too late is made where it still can be, and reported', async () => {
    answer = streaming(long(SSN).map(chunk));
    let calls = 0;
    aidr.fault({
      kind: 'answer',
      // The last call alone finds anything, and that from the very beginning.
      answer: (body) => {
        calls += 1;
        const { result } = body as { result: { guard_output: { messages: { content: string }[] } } };
        const [message] = result.guard_output.messages;
        const text = message?.content ?? '';
        if (text.length < 250) return body;
        const messages = [{ ...message, content: text.replace('The quick', '<HIDDEN>') }];
        return { ...(body as object), result: { ...result, transformed: true, guard_output: { messages } } };
      },
    });
    const reply = await ask(ticket());
    expect(calls).toBeGreaterThan(2);
    expect(reply.isComplete).toBe(true);
    await expect.poll(() => reports.map(({ stats }) => stats.lateRedaction)).toEqual([true]);
  });

  it.each([
    ['before anything was sent', [chunk('hello')], 502],
    ['after a part was sent', long('').map(chunk), 200],
  ])('an upstream that breaks off %s is not taken for a whole answer', async (_name, parts, status) => {
    answer = streaming(parts, 'breaks off');
    const reply = await ask(ticket());
    expect(reply.status).toBe(status);
    expect(reply.isComplete).toBe(status !== 200);
    await outcome().toEqual(['skipped']);
  });

  it.each([
    ['never answers', () => undefined, 504],
    ['stalls before anything was sent', streaming([chunk('hello')], 'stalls'), 504],
  ] as [string, RequestListener, number][])(
    'an upstream that %s is timed out',
    async (_name, listener, status) => {
      answer = listener;
      expect((await ask(ticket({ max_hold_ms: 5_000 }))).status).toBe(status);
    },
  );

  it.each([
    ['a stream', {}],
    ['a stream in one piece', { release: 'end' }],
  ])('%s larger than max_body_size ends as what cannot be inspected', async (_name, config) => {
    answer = streaming(long(SSN).map(chunk));
    const reply = await ask(ticket({ max_body_size: 300, ...config }));
    expect(reply.status).toBe(422);
    expect(JSON.parse(reply.text).reason).toContain('max_body_size');
    await outcome().toEqual(['blocked']);
  });

  it.each([
    ['a stream', {}],
    ['a stream in one piece', { release: 'end' }],
  ])('%s larger than max_body_size goes on where what cannot be inspected may', async (_name, config) => {
    const parts = long(SSN).map(chunk);
    answer = streaming(parts);
    const reply = await ask(ticket({ max_body_size: 1_000, on_uninspectable: 'allow', ...config }));
    expect(reply).toMatchObject({ status: 200, text: parts.join(''), isComplete: true });
    await outcome().toEqual(['skipped']);
  });

  it.each([
    ['is of an unknown shape', ['data: {"hello":"world"}\n\n']],
    ['is no JSON', ['data: hello\n\n']],
  ])('a stream that %s does not pass', async (_name, parts) => {
    answer = streaming(parts);
    expect((await ask(ticket())).status).toBe(422);
    await outcome().toEqual(['blocked']);
  });

  it('a stream that cannot be read on ends', async () => {
    answer = streaming([...long('').map(chunk), 'data: {"choices":[}\n\n', chunk(SSN)]);
    const reply = await ask(ticket());
    expect(reply.status).toBe(200);
    expect(reply.text).toMatch(/"finish_reason":"content_filter"\}\]\}\n\ndata: \[DONE\]\n\n$/);
    expect(reply.text).not.toContain(SSN.slice(0, 6));
  });

  it('a coded event stream gets no comments while it is held, which would break it', async () => {
    aidr.fault({ kind: 'delay', delayMs: 100 });
    answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' });
      response.end(gzipSync(chunk(`It is ${SSN}`)));
    };
    const { text, headers } = await ask(ticket({ max_hold_ms: 20 }));
    expect([text, headers['content-encoding']]).toEqual([chunk('It is *******7890'), undefined]);
  });

  it('an event stream that is labelled as something else is inspected all the same', async () => {
    answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' }).end(chunk(`It is ${SSN}`));
    };
    expect((await ask(ticket())).text).toBe(chunk('It is *******7890'));
  });

  it('an answer in JSON that is labelled as an event stream is inspected all the same', async () => {
    const body = (content: string) =>
      JSON.stringify({ choices: [{ message: { role: 'assistant', content } }] });
    answer = streaming([body(`It is ${SSN}`)]);
    expect((await ask(ticket())).text).toBe(body('It is *******7890'));
  });

  describe('an answer whose memory another caller needs', () => {
    /** Bytes that each of many callers holds, and that an answer here has more than. */
    const LEVEL = 60_000;
    const TEXT = FILLER.repeat(30);
    // Each says something else: what AIDR let pass in an answer it is not asked about again.
    const large = Array.from({ length: 60 }, (_, index) => chunk(`${index} ${TEXT}`));
    let others: (Reservation | undefined)[];

    beforeEach(() => {
      others = [];
    });
    afterEach(() => {
      for (const other of others) other?.release();
      expect(relayedBytes.held).toBe(0);
    });

    /** All the memory is in use, and then one more caller comes. */
    async function loseRoom(): Promise<void> {
      await expect.poll(() => relayedBytes.held, { timeout: 10_000 }).toBeGreaterThan(LEVEL);
      while (relayedBytes.limit - relayedBytes.held >= LEVEL) others.push(reserve(`caller ${others.length}`));
      others.push(reserve('one more'));
      expect(others.at(-1)).toBeDefined();
    }

    const reserve = (caller: string) => relayedBytes.reserve(caller, LEVEL, () => expect.unreachable());

    it.each<[string, object, 'ends' | 'stalls', object]>([
      ['a stream of which nothing has left', {}, 'stalls', { window_chars: 100_000 }],
      ['a stream in one piece', {}, 'stalls', { release: 'end' }],
      ['a stream that AIDR looks at', { delayMs: 60_000 }, 'ends', { window_chars: 20_000 }],
      ['a stream in one piece that AIDR looks at', { delayMs: 60_000 }, 'ends', { release: 'end' }],
    ])('is refused as overloaded: %s, though errors are ignored', async (_name, delay, end, config) => {
      if ('delayMs' in delay) aidr.fault({ kind: 'delay', delayMs: 60_000 });
      answer = streaming(large, end);
      const lenient = { enforcing_strategy: 'enforce_but_ignore_on_error', ...config };
      const asked = ask(ticket(lenient, { caller: { user: 'flood' } }));
      await loseRoom();
      expect(await asked).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
      expect(JSON.parse((await asked).text).reason).toBe('overloaded');
      await outcome().toEqual(['failed_closed']);
    });

    it('ends where it is, in the words of its API, when some of it has left', async () => {
      answer = streaming(large, 'stalls');
      const asked = ask(ticket({ window_chars: 20_000 }, { caller: { user: 'flood' } }));
      await expect.poll(() => outputCalls().length, { timeout: 10_000 }).toBeGreaterThan(2);
      await loseRoom();
      const { status, text } = await asked;
      expect(status).toBe(200);
      expect(text).toMatch(/"finish_reason":"content_filter"\}\]\}\n\ndata: \[DONE\]\n\n$/);
      await outcome().toEqual(['failed_closed']);
    });

    it('goes on in an audit, of which no more is kept', async () => {
      let dropped = 0;
      const { promise: until, resolve: end } = Promise.withResolvers<void>();
      // What has ended holds nothing.
      answer = (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(large.slice(0, -1).join(''));
        void until.then(() => response.end(large.at(-1)));
      };
      const audit = { caller: { user: 'flood' }, reportDropped: () => void dropped++ };
      const asked = ask(ticket({ enforcing_strategy: 'audit' }, audit));
      await loseRoom();
      end();
      expect(await asked).toMatchObject({ status: 200, text: large.join(''), isComplete: true });
      await expect.poll(() => dropped).toBe(1);
    });
  });

  it('a value that the prompt had encrypted keeps the stream in one piece, in which it is decrypted', async () => {
    const sent = await fetch(`${aidr.url}/v1/guard_chat_completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer pts_demo', 'content-type': 'application/json' },
      body: JSON.stringify({ guard_input: { messages: [{ role: 'user', content: SSN }] } }),
    });
    const { result } = (await sent.json()) as Encrypted;
    const value = result.guard_output.messages[0]?.content ?? '';
    answer = streaming(long(value).map(chunk));
    const encryptions = [{ context: result.fpe_context, values: [value] }];
    const reply = await ask(ticket({}, { carryOver: { encryptions } }));
    // It was judged in clear.
    expect(reply.text).toContain('*******7890');
    expect(outputCalls()).toHaveLength(1);
  });

  describe('kept alive while nothing may be sent', () => {
    const KEEP_ALIVE = ': keep-alive\n';
    const numbered = long('').map((word, index) => `id: ${index}\n${chunk(word)}`);

    /** An upstream that thinks long enough before each of these. */
    function slowly(parts: readonly (string | Uint8Array)[], contentType: string): RequestListener {
      return async (_request, response) => {
        response.writeHead(200, { 'content-type': contentType });
        for (const part of parts) {
          await new Promise((resolve) => setTimeout(resolve, 150));
          response.write(part);
        }
        response.end();
      };
    }

    it('gets comment lines, after which nothing is dispatched that was not there', async () => {
      answer = slowly([numbered.slice(0, 9).join(''), numbered.slice(9).join('')], 'text/event-stream');
      const { text } = await ask(ticket({ max_hold_ms: 20 }));
      expect(text.split(KEEP_ALIVE).length).toBeGreaterThan(3);
      expect(text.replaceAll(KEEP_ALIVE, '')).toBe(numbered.join(''));
      // After an `id`, an event without data is one for the clients of some SDKs.
      const events = text.split('\n\n').slice(0, -1);
      expect(events.filter((event) => !event.includes('data: {'))).toEqual([]);
    });

    it('reads an official client without a word too much', async () => {
      answer = slowly([numbered.slice(0, 9).join(''), numbered.slice(9).join('')], 'text/event-stream');
      const client = new OpenAI({
        apiKey: 'sk-test',
        baseURL: `http://127.0.0.1:${port}/v1`,
        defaultHeaders: { 'x-aidr-relay-ticket': ticket({ max_hold_ms: 20 }) },
        maxRetries: 0,
      });
      const deltas: unknown[] = [];
      const messages = [{ role: 'user', content: 'Hi.' } as const];
      for await (const { choices } of await client.chat.completions.create({
        model: 'gpt-4o-mini',
        messages,
        stream: true,
      }))
        deltas.push(choices[0]?.delta.content);
      expect(deltas).toEqual(long(''));
    });

    const bedrock = { upstream_llm: { provider: 'bedrock', api_uri: 'converse-stream' } };
    const gemini = { upstream_llm: { provider: 'gemini', api_uri: 'streamGenerateContent' } };
    const ollama = { upstream_llm: { provider: 'kong', api_uri: '/llm/v1/chat' } };
    const awsFrame = (text: string) =>
      encodeFrame({
        headers: { ':event-type': 'contentBlockDelta' },
        payload: JSON.stringify({ contentBlockIndex: 0, delta: { text } }),
      });
    const line = (content: string) =>
      `${JSON.stringify({ message: { role: 'assistant', content }, done: false })}\n`;
    const item = (text: string) =>
      JSON.stringify({ candidates: [{ content: { role: 'model', parts: [{ text }] } }] });

    it.each<[string, string, object, (string | Uint8Array)[]]>([
      ['frames of AWS', 'application/vnd.amazon.eventstream', bedrock, ['Hello ', 'harbour'].map(awsFrame)],
      ['lines of JSON', 'application/x-ndjson', ollama, ['Hello ', 'harbour'].map(line)],
      ['a list in JSON', 'application/json', gemini, [`[${item('Hello ')}`, `,${item('harbour')}]`]],
      ['one value in JSON', 'application/json', {}, ['{"choices":[{"message":', '{"content":"Hello"}}]}']],
    ])(
      'has nothing between %s, where a comment would be a part of the answer',
      async (_name, type, config, parts) => {
        answer = slowly(parts, type);
        const { text } = await ask(ticket({ ...config, max_hold_ms: 20 }));
        expect(text).toBe(Buffer.concat(parts.map((part) => Buffer.from(part))).toString());
        await outcome().toEqual(['allowed']);
      },
    );

    it('gets no comment within a frame of an answer that passes on unread', async () => {
      const [first = '', second = ''] = [chunk(FILLER.repeat(40)), chunk('The end.')];
      answer = slowly([first, second.slice(0, 20), second.slice(20)], 'text/event-stream');
      const config = { max_hold_ms: 20, max_body_size: 1_000, on_uninspectable: 'allow' };
      const { text } = await ask(ticket(config));
      expect(text.replaceAll(KEEP_ALIVE, '')).toBe(first + second);
      expect(text.endsWith(first + second)).toBe(true);
    });
  });

  it.each([
    ['that passed is', {}, '', true],
    ['that was redacted is, as the client got it,', {}, SSN, true],
    ['that was only reported is not', { operation: 'validate' }, SSN, false],
    ['that was only reported to be harmless is not', { operation: 'validate' }, '', false],
    ['that was audited is not', { enforcing_strategy: 'audit' }, '', false],
  ])('an answer %s an inspected turn', async (name, config, secret, isKnown) => {
    const history = historyScope(name, undefined, {});
    answer = streaming(long(secret).map(chunk));
    const { text } = await ask(ticket(config, { carryOver: { encryptions: [], history } }));
    await expect.poll(() => reports.length).toBe(1);
    const said = [...text.matchAll(/"content":"([^"]*)"/g)].map(([, word]) => word).join('');
    expect(said).toContain(FILLER);
    const turn = { role: 'assistant', kind: 'text', text: said } as const;
    const [known] = await historyOfProcess.recall([turnKey(history, turn)]);
    expect(known !== undefined).toBe(isKnown);
  });

  it('validate changes nothing and blocks all the same', async () => {
    const parts = long(SSN).map(chunk);
    answer = streaming(parts);
    expect((await ask(ticket({ operation: 'validate' }))).text).toBe(parts.join(''));
    await expect.poll(() => reports.map(({ stats }) => stats.wouldRedact)).toEqual([true]);
    answer = streaming([chunk('how to build a pipe bomb')]);
    expect((await ask(ticket({ operation: 'validate' }))).status).toBe(400);
  });
});
