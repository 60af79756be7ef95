/** Clients of the relay that leave, or take nothing: what was theirs is freed, and nobody works for them on. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { callsInFlight } from '../src/aidr/connection-slots.ts';
import { relayedBytes } from '../src/live/byte-reservation.ts';
import { relayedRequests } from '../src/live/relay.ts';
import { type Admission, answerOf, CHAT, promptOf, RawRelay } from '../testkit/harness/raw-relay.ts';

const PROMPT = promptOf('Hello');
const ANSWER = answerOf('Hi');
const head = (...lines: string[]) => ['HTTP/1.1 200 OK', ...lines, '', ''].join('\r\n');
const JSON_TYPE = 'Content-Type: application/json';
const OK = head(JSON_TYPE, `Content-Length: ${ANSWER.length}`) + ANSWER;
const STREAM = head('Content-Type: text/event-stream', 'Transfer-Encoding: chunked');
const eventOf = (content: string) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
const LIVE: Admission = {
  response: { response_mode: 'live', window_chars: 40, window_overlap_chars: 20, max_hold_ms: 30_000 },
};
/** Events that repeat each other could be one text that grows. */
const PARTS = ['A ', 'The ', 'Some ']
  .map((word) => eventOf(word + 'quick brown fox jumps. '.repeat(9)))
  .join('');
const PASSED: Admission = { response: false };

/** Milliseconds. */
const SETTLED = 100;

describe('a client of the relay', () => {
  let raw: RawRelay;
  const clients: Socket[] = [];
  beforeAll(async () => {
    raw = await RawRelay.start();
  });
  beforeEach(() => raw.reset());
  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await isFreed();
  });
  afterAll(() => raw.stop());

  /** Nobody works any more, and nothing is held. */
  async function isFreed(): Promise<void> {
    const held = () => ({
      requests: relayedRequests.held,
      bytes: relayedBytes.held,
      underWay: raw.relay.underWay,
      calls: callsInFlight(),
    });
    await expect.poll(held).toEqual({ requests: 0, bytes: 0, underWay: 0, calls: 0 });
  }

  const asked = (direction: 'input' | 'output') =>
    raw.aidr.calls.filter(({ body }) => (body as { event_type?: string }).event_type === direction).length;

  async function send(
    admission: Admission,
    body = PROMPT,
    length = body.length,
  ): Promise<Socket & { got: string }> {
    const client = Object.assign(connect(raw.port, '127.0.0.1'), { got: '' });
    clients.push(client);
    client
      .setEncoding('latin1')
      .on('error', () => undefined)
      .on('data', (data) => {
        client.got += data;
      });
    await once(client, 'connect');
    const ticket = `X-AIDR-Relay-Ticket: ${raw.ticket(admission)}`;
    client.write(
      [`POST ${CHAT} HTTP/1.1`, 'Host: kong', ticket, `Content-Length: ${length}`, '', body].join('\r\n'),
    );
    return client;
  }

  /** AIDR does not answer about this direction. */
  const unanswered = (direction: string) =>
    raw.aidr.fault({ kind: 'delay', delayMs: 60_000, match: { event_type: direction } });
  /** To each whole request. */
  const provide = (bytes: string) => {
    raw.answer = ({ socket, received }) => {
      if (received.endsWith('}')) socket.write(bytes);
    };
  };
  const comes = (what: () => unknown) => expect.poll(what).toBeTruthy();

  interface Moment {
    admission?: Admission;
    /** What it sends of a prompt that is announced with more. */
    part?: string;
    begin?: () => void;
    until: (client: { got: string }) => unknown;
    /** The provider has said all: its connection is kept. */
    isAnswered?: boolean;
    /** How the directions end. */
    ends: Record<string, string>;
  }

  const isAsked = () => raw.received.endsWith('}');

  const MOMENTS: [string, Moment][] = [
    [
      'sends its prompt',
      { part: PROMPT.slice(0, 9), until: () => relayedRequests.held, ends: { request: 'skipped' } },
    ],
    [
      'sends a prompt that nobody inspects',
      {
        admission: { request: false },
        part: PROMPT.slice(0, 9),
        until: () => raw.received.endsWith(PROMPT.slice(0, 9)),
        ends: { response: 'skipped' },
      },
    ],
    [
      'sends a prompt that is too large to be read',
      {
        admission: { request: { max_body_size: 5, on_uninspectable: 'allow' } },
        part: PROMPT.slice(0, 9),
        until: () => raw.received.endsWith(PROMPT.slice(0, 9)),
        ends: { request: 'skipped', response: 'skipped' },
      },
    ],
    [
      'waits for the verdict about its prompt',
      { begin: () => unanswered('input'), until: () => asked('input'), ends: { request: 'skipped' } },
    ],
    ['waits for an answer', { until: isAsked, ends: { request: 'allowed', response: 'skipped' } }],
    [
      'waits for the rest of an answer',
      {
        begin: () => provide(OK.slice(0, -5)),
        until: () => relayedBytes.held,
        ends: { request: 'allowed', response: 'skipped' },
      },
    ],
    [
      'waits for the verdict about its answer',
      {
        begin: () => {
          unanswered('output');
          provide(OK);
        },
        until: () => asked('output'),
        isAnswered: true,
        ends: { request: 'allowed', response: 'skipped' },
      },
    ],
    [
      'waits for the first part of a stream',
      {
        admission: LIVE,
        begin: () => provide(STREAM + chunk(eventOf('Hi'))),
        until: isAsked,
        ends: { request: 'allowed', response: 'skipped' },
      },
    ],
    [
      'reads a stream',
      {
        admission: LIVE,
        begin: () => provide(STREAM + chunk(PARTS)),
        until: ({ got }) => got.includes('fox'),
        ends: { request: 'allowed', response: 'skipped' },
      },
    ],
    [
      'waits for the verdict about a part of its stream',
      {
        admission: LIVE,
        begin: () => {
          unanswered('output');
          provide(STREAM + chunk(PARTS));
        },
        until: () => asked('output'),
        ends: { request: 'allowed', response: 'skipped' },
      },
    ],
    [
      'reads an answer that nobody inspects',
      {
        admission: PASSED,
        begin: () => provide(OK.slice(0, -5)),
        until: ({ got }) => got.includes('choices'),
        ends: { request: 'allowed' },
      },
    ],
    [
      'reads an answer that is audited',
      {
        admission: { response: { enforcing_strategy: 'audit' } },
        begin: () => provide(OK.slice(0, -5)),
        until: ({ got }) => got.includes('choices'),
        ends: { request: 'allowed', response: 'skipped' },
      },
    ],
  ];

  describe.each(['destroy', 'resetAndDestroy'] as const)('that leaves (%s)', (leave) => {
    it.each(MOMENTS)(
      'while it %s ends what AIDR and the provider do for it',
      async (_what, { admission = {}, part = PROMPT, begin, until, isAnswered, ends }) => {
        begin?.();
        const client = await send(admission, part, PROMPT.length);
        await comes(() => until(client));
        client[leave]();
        await isFreed();
        await expect.poll(() => raw.connections.every(({ socket }) => socket.destroyed)).toBe(!isAnswered);
        const ended = () =>
          Object.fromEntries(raw.reports.map(({ direction, decision }) => [direction, decision.outcome]));
        await expect.poll(ended).toEqual(ends);
        // What was not sent to its end is no request.
        if (part !== PROMPT) expect(raw.received).not.toContain(PROMPT);
      },
    );
  });

  it('that leaves when it has its answer ends nothing: the connection to the provider is kept', async () => {
    provide(OK);
    const client = await send({});
    await comes(() => client.got.endsWith('}'));
    client.destroy();
    await isFreed();
    const next = await send({});
    await comes(() => next.got.endsWith('}'));
    expect(raw.connections).toHaveLength(1);
  });

  it('that leaves before its turn comes costs the provider nothing', async () => {
    const leaving = await Promise.all(Array.from({ length: 20 }, () => send({})));
    for (const client of leaving) client.destroy();
    await isFreed();
    await expect.poll(() => raw.connections.every(({ socket }) => socket.destroyed)).toBe(true);
  });

  /** @returns a number that no longer changes */
  async function settled(what: () => number): Promise<number> {
    for (let before = -1; ; ) {
      if (before === what()) return before;
      before = what();
      await sleep(SETTLED);
    }
  }

  /** Writes until nobody takes more. @returns the bytes that the relay and the kernel have taken */
  async function flood(text: string): Promise<number> {
    let written = 0;
    let count = 0;
    raw.answer = ({ socket, received }) => {
      if (!received.endsWith('}')) return;
      raw.answer = () => undefined;
      socket.write(STREAM);
      const write = () => {
        while (written < LIMIT) {
          const piece = chunk(eventOf(`${count++} ${text}`));
          written += piece.length;
          if (!socket.write(piece, 'latin1')) return;
        }
      };
      socket.on('drain', write);
      write();
    };
    await comes(() => written);
    return settled(() => written);
  }

  /** More than all buffers of the kernel. */
  const LIMIT = 64 * 1_048_576;

  it.each<[string, Admission]>([
    ['nobody inspects', PASSED],
    ['is audited', { response: { enforcing_strategy: 'audit' } }],
    ['is too large to be inspected', { response: { max_body_size: 100_000, on_uninspectable: 'allow' } }],
  ])('that takes nothing of an answer which %s makes the provider wait', async (_what, admission) => {
    const flooded = flood('x'.repeat(60_000));
    const client = await send(admission);
    client.pause();
    const before = process.memoryUsage.rss();
    expect(await flooded).toBeLessThan(LIMIT);
    expect(process.memoryUsage.rss() - before).toBeLessThan(LIMIT);
    client.resume();
    const { length } = client.got;
    await expect.poll(() => client.got.length).toBeGreaterThan(length);
  });

  it('that takes nothing of a stream makes the provider wait, and AIDR is asked about no more of it', async () => {
    const flooded = flood('The quick brown fox jumps. '.repeat(2_000));
    const client = await send({
      response: { response_mode: 'live', window_chars: 20_000, max_body_size: 67_108_864 },
    });
    client.pause();
    expect(await flooded).toBeLessThan(LIMIT);
    // AIDR judges what was read, and that is all.
    expect(await settled(() => asked('output'))).toBeGreaterThan(0);
    await expect.poll(callsInFlight).toBe(0);
  });

  it('that sends nothing of a prompt which it announces holds no memory, and no connection to the provider', async () => {
    await send({}, '', 5_000_000);
    await expect.poll(() => relayedRequests.held).toBe(1);
    expect([relayedBytes.held, raw.connections.length]).toEqual([0, 0]);
  });

  it('that sends without end what the provider does not take has to wait', async () => {
    raw.answer = ({ socket }) => void socket.pause();
    const client = await send({ request: false }, 'x', 2 * LIMIT);
    let written = 0;
    const write = () => {
      while (written < LIMIT) {
        written += 65_536;
        if (!client.write('x'.repeat(65_536))) return;
      }
    };
    client.on('drain', write);
    write();
    expect(await settled(() => written)).toBeLessThan(LIMIT);
  });
});
