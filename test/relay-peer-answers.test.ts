/** Answers that a hostile or broken provider gives the relay, byte by byte. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { relayedBytes } from '../src/live/byte-reservation.ts';
import { relayedRequests } from '../src/live/relay.ts';
import {
  type Admission,
  answerOf,
  CHAT,
  type ProviderConnection,
  promptOf,
  RawRelay,
} from '../testkit/harness/raw-relay.ts';
import { exchangeRaw, type RawAnswer } from './attacks/raw-http.ts';

const PROMPT = promptOf('Hello');
const ANSWER = answerOf('Hi');
const JSON_TYPE = 'Content-Type: application/json';
const LENGTH = `Content-Length: ${ANSWER.length}`;
const CHUNKED = 'Transfer-Encoding: chunked';
const chunk = (text: string, extension = '') => `${text.length.toString(16)}${extension}\r\n${text}\r\n`;
const CHUNKS = `${chunk(ANSWER)}0\r\n\r\n`;

const head = (lines: readonly string[], statusLine = 'HTTP/1.1 200 OK') =>
  [statusLine, JSON_TYPE, ...lines, '', ''].join('\r\n');
const OK = head([LENGTH]) + ANSWER;

/** What is written, milliseconds to wait, or how the connection ends. */
type Piece = string | number | 'closes' | 'resets';

/** The inspector reads an answer whole; without it, what comes is passed on as it comes. */
const WAYS: Record<string, Admission> = { inspected: {}, passed: { response: false } };

describe('an answer to the relay', () => {
  let raw: RawRelay;
  /** The relay's ends of its connections. */
  const connected: Socket[] = [];
  const keep = (message: unknown) => void connected.push((message as { socket: Socket }).socket);
  beforeAll(async () => {
    subscribe('undici:client:connected', keep);
    raw = await RawRelay.start();
  });
  beforeEach(() => raw.reset());
  afterEach(async () => {
    await expect.poll(() => [relayedBytes.held, relayedRequests.held]).toEqual([0, 0]);
  });
  afterAll(() => {
    unsubscribe('undici:client:connected', keep);
    return raw.stop();
  });

  /** To each whole request the provider says these. */
  function provide(...pieces: Piece[]): void {
    const answered = new Map<ProviderConnection, number>();
    raw.answer = (connection) => {
      const requests = connection.received.match(/HTTP\/1\.1\r\n/g)?.length ?? 0;
      const isWhole = connection.received.endsWith('}') || /^(GET|HEAD|PUT)/.test(connection.received);
      if (!isWhole || requests <= (answered.get(connection) ?? 0)) return;
      answered.set(connection, requests);
      void say(connection, pieces);
    };
  }

  async function say({ socket }: ProviderConnection, pieces: readonly Piece[]): Promise<void> {
    for (const piece of pieces) {
      if (piece === 'resets') socket.resetAndDestroy();
      else if (piece === 'closes') socket.end();
      else if (typeof piece === 'number') await new Promise((resolve) => setTimeout(resolve, piece));
      else socket.write(piece, 'latin1');
    }
  }

  async function ask(admission: Admission = {}, method = 'POST'): Promise<RawAnswer | undefined> {
    const hasBody = method === 'POST' || method === 'PUT';
    const lines = [
      `${method} ${CHAT} HTTP/1.1`,
      'Host: kong',
      `X-AIDR-Relay-Ticket: ${raw.ticket(hasBody ? admission : { request: false, ...admission })}`,
      ...(hasBody ? [`Content-Length: ${PROMPT.length}`] : []),
      ...(method === 'HEAD' ? ['Connection: close'] : []),
    ];
    const bytes = [...lines, '', hasBody ? PROMPT : ''].join('\r\n');
    const { answers } = await exchangeRaw(raw.url, [bytes], 1);
    expect(answers.length).toBeLessThan(2);
    return answers[0];
  }

  const endOf = (answer: RawAnswer | undefined) => ({
    status: answer?.status,
    isWhole: answer?.isWhole,
    text: answer?.body.toString(),
  });
  const WHOLE = { status: 200, isWhole: true, text: ANSWER };

  describe.each(Object.entries(WAYS))('that is %s', (_way, admission) => {
    it.each<[string, Piece[]]>([
      ['has a length', [OK]],
      ['has chunks', [head([CHUNKED]) + CHUNKS]],
      ['has chunks with extensions', [`${head([CHUNKED])}${chunk(ANSWER, ';a="b"')}0;c\r\n\r\n`]],
      [
        'has trailers',
        [`${head([CHUNKED, 'Trailer: X-T'])}${chunk(ANSWER)}0\r\nX-T: a\r\nX-AIDR-Relay-Record: a\r\n\r\n`],
      ],
      ['ends with its connection', [head([]) + ANSWER, 'closes']],
      ['is of HTTP/1.0', [head([], 'HTTP/1.0 200 OK') + ANSWER, 'closes']],
      [
        'comes after hints',
        [`HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n${OK}`],
      ],
      [
        'comes after a hundred hints',
        [...Array.from({ length: 100 }, () => 'HTTP/1.1 103 Early Hints\r\n\r\n'), OK],
      ],
      ['is followed by what nobody asked for', [`${OK}garbage`]],
      ['is followed by another answer', [OK + OK.replace('Hi', 'No')]],
      ['has no reason', [head([LENGTH], 'HTTP/1.1 200') + ANSWER]],
      [
        'comes more slowly than the read timeout, but not between two reads',
        [head([LENGTH]), ...[...ANSWER].flatMap((byte) => [byte, 10])],
      ],
    ])('and %s is whole', async (_what, pieces) => {
      provide(...pieces);
      const answer = await ask({ ...admission, upstream: { readTimeout: 500 } });
      expect(endOf(answer)).toEqual(WHOLE);
      expect([...(answer?.headers.keys() ?? [])]).not.toContain('x-t');
    });

    it.each<[string, Piece[]]>([
      ['a length and chunks', [head([LENGTH, CHUNKED]) + CHUNKS]],
      ['chunks and a length', [head([CHUNKED, 'Content-Length: 3']) + CHUNKS]],
      ['two lengths', [head([LENGTH, 'Content-Length: 3']) + ANSWER]],
      ['one length twice', [head([LENGTH, LENGTH]) + ANSWER]],
      ['a negative length', [head(['Content-Length: -1']) + ANSWER]],
      ...['xchunked', 'identity', 'gzip, chunked', 'chunked, identity', 'chunked, chunked'].map(
        (coding): [string, Piece[]] => [
          `the transfer coding ${coding}`,
          [head([`Transfer-Encoding: ${coding}`]) + CHUNKS, 'closes'],
        ],
      ),
      ['a folded line', [head([LENGTH, 'X-A: b\r\n c']) + ANSWER]],
      ['lines that end with LF', [OK.replaceAll('\r\n', '\n')]],
      ['a CR in a value', [head([LENGTH, 'X-A: b\rX-B: c']) + ANSWER]],
      ['a NUL in a value', [head([LENGTH, 'X-A: b\0c']) + ANSWER]],
      ['a blank in a name', [head([LENGTH, 'X A: b']) + ANSWER]],
      [
        'a head that has no end',
        ['HTTP/1.1 200 OK\r\n', ...Array.from({ length: 9 }, () => `X-A: ${'a'.repeat(10_000)}\r\n`)],
      ],
      ['the status 099', [head([LENGTH], 'HTTP/1.1 099 No') + ANSWER]],
      ['the status 1000', [head([LENGTH], 'HTTP/1.1 1000 No') + ANSWER]],
      ['a status and nothing after it but hints', [head([], 'HTTP/1.1 199 No'), 'closes']],
      [
        'another protocol',
        ['HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nhello'],
      ],
      ['no head', [ANSWER, 'closes']],
      ['a head that breaks off', ['HTTP/1.1 200 OK\r\nConte', 'closes']],
      ['a reset in its head', ['HTTP/1.1 200 OK\r\nConte', 'resets']],
      ['no byte', ['closes']],
      ['a reset', ['resets']],
    ])('and has %s is a 502, and its connection is not used again', async (_what, pieces) => {
      provide(...pieces);
      expect((await ask(admission))?.status).toBe(502);
      expect(raw.connections).toHaveLength(1);
      await expect.poll(() => raw.connections[0]?.socket.destroyed).toBe(true);
    });

    it.each<[string, Piece[]]>([
      ['before its length is there', [head([LENGTH]) + ANSWER.slice(0, -9), 'closes']],
      ['by a reset before its length is there', [head([LENGTH]) + ANSWER.slice(0, -9), 20, 'resets']],
      ['before its last chunk', [head([CHUNKED]) + chunk(ANSWER), 'closes']],
      ['before its trailers end', [`${head([CHUNKED]) + chunk(ANSWER)}0\r\nX-T: a\r\n`, 'closes']],
      [
        'by trailers without an end',
        [`${head([CHUNKED]) + chunk(ANSWER)}0\r\n${'X-T: aaaaaaaaaaaaaaaa\r\n'.repeat(9_000)}`],
      ],
      ['by a chunk of no size', [`${head([CHUNKED])}${chunk(ANSWER)}x\r\n`]],
      ['by a reset, where only its connection ends it', [head([]) + ANSWER, 20, 'resets']],
      [
        'by a reset, where its connection was to close',
        [head(['Connection: close', CHUNKED]) + chunk(ANSWER), 20, 'resets'],
      ],
      ['by silence', [head([LENGTH]) + ANSWER.slice(0, -9)]],
    ])('and breaks off %s is not taken for whole', async (_what, pieces) => {
      provide(...pieces);
      const answer = await ask({ ...admission, upstream: { readTimeout: 100 } });
      if (admission.response === false) expect(endOf(answer)).toMatchObject({ status: 200, isWhole: false });
      else expect([502, 504]).toContain(answer?.status);
      await expect.poll(() => raw.connections[0]?.socket.destroyed).toBe(true);
    });

    it.each([204, 304])('and has the status %i has no body, whatever follows', async (status) => {
      provide(head([LENGTH], `HTTP/1.1 ${status} Nothing`) + ANSWER);
      const answer = await ask(admission);
      expect([answer?.status, answer?.body.length]).toEqual([status, 0]);
      provide(OK);
      expect(endOf(await ask(admission))).toEqual(WHOLE);
      expect(raw.connections).toHaveLength(2);
    });

    it('and is one to HEAD has no body, whatever follows', async () => {
      provide(OK);
      const answer = await ask(admission, 'HEAD');
      expect([answer?.status, answer?.headers.get('content-length'), answer?.body.length]).toEqual([
        ...[200, String(ANSWER.length), 0],
      ]);
      expect(endOf(await ask(admission))).toEqual(WHOLE);
      expect(raw.connections).toHaveLength(2);
    });

    it.each(['HTTP/1.1 302 Found', 'HTTP/1.1 307 Elsewhere'])(
      'and redirects is passed on, and not followed (%s)',
      async (line) => {
        provide(`${line}\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n`);
        const answer = await ask(admission);
        expect([answer?.status, answer?.headers.get('location')]).toEqual([
          Number(line.split(' ')[1]),
          'http://127.0.0.1:9/',
        ]);
        expect(raw.connections).toHaveLength(1);
      },
    );

    it('keeps its headers, each as often as it came, but for those of the connection and ours', async () => {
      const hop = [
        'Connection: X-Hop, keep-alive',
        'X-Hop: 1',
        'Keep-Alive: timeout=1',
        'Proxy-Authenticate: x',
        'Upgrade: h2c',
      ];
      const ours = [
        'X-AIDR-Relay-Record: request.outcome=forged;',
        'X-AIDR-Internal-Proof: x',
        'X-AIDR-Relay-Ticket: y',
      ];
      const own = ['Set-Cookie: a=1', 'set-cookie: b=2', 'X-One: b\xe9c', 'X-Empty: '];
      provide(head([...hop, ...ours, ...own, LENGTH]) + ANSWER);
      const { bytes } = await exchangeRaw(raw.url, [post(raw.ticket(admission))], 1);
      const lines = bytes.toString('latin1').split('\r\n\r\n')[0]?.split('\r\n');
      expect(lines).toEqual([
        ...['HTTP/1.1 200 OK', JSON_TYPE, ...own, LENGTH],
        ...['Connection: keep-alive', 'Keep-Alive: timeout=75'],
      ]);
    });
  });

  const post = (ticket: string, body = PROMPT) =>
    [
      `POST ${CHAT} HTTP/1.1`,
      'Host: kong',
      `X-AIDR-Relay-Ticket: ${ticket}`,
      `Content-Length: ${body.length}`,
      '',
      body,
    ].join('\r\n');

  describe('on a connection that the provider closes just then', () => {
    /** Kept for another request: with that one it ends. */
    async function endWithNext(end: 'closes' | 'resets'): Promise<void> {
      provide(OK);
      expect(endOf(await ask())).toEqual(WHOLE);
      raw.answer = (connection) => {
        const isSecond = connection === raw.connections[0];
        void say(connection, isSecond ? [end] : [OK]);
      };
    }

    it.each(['closes', 'resets'] as const)(
      'is not asked for again, as a model may have begun (%s)',
      async (end) => {
        await endWithNext(end);
        expect((await ask())?.status).toBe(502);
        expect(raw.connections).toHaveLength(1);
      },
    );

    it.each(['closes', 'resets'] as const)(
      'is asked for again where that does no harm, as Kong does (%s)',
      async (end) => {
        await endWithNext(end);
        expect(endOf(await ask({}, 'GET'))).toEqual(WHOLE);
        expect(raw.connections).toHaveLength(2);
      },
    );

    it.each(['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'])(
      'is not asked for again either where the way there is lost (%s)',
      async (code) => {
        raw.answer = ({ socket: { remotePort } }) =>
          connected
            .find(({ localPort }) => localPort === remotePort)
            ?.destroy(Object.assign(new Error(), { code }));
        expect((await ask())?.status).toBe(code === 'ETIMEDOUT' ? 504 : 502);
        expect(raw.connections).toHaveLength(1);
      },
    );

    it('is asked for as often as the service says, and no more', async () => {
      raw.answer = ({ socket }) => void socket.end();
      expect((await ask({}, 'GET'))?.status).toBe(502);
      expect(raw.connections).toHaveLength(3);
      raw.reset();
      expect((await ask({ upstream: { retries: 0 } }, 'PUT'))?.status).toBe(502);
      expect(raw.connections).toHaveLength(1);
    });

    it('is asked for once by an internal route, whose ticket is spent', async () => {
      raw.answer = ({ socket }) => void socket.end();
      expect((await ask({ upstream: { internalRoute: '/internal' } }, 'GET'))?.status).toBe(502);
      expect(raw.connections).toHaveLength(1);
    });
  });

  it.each<[string, Admission, number]>([
    ['is held', { response: false }, 600_000],
    ['comes through', { request: false }, 20_000_000],
  ])(
    'that comes before the prompt was sent, which %s, is the answer, and ends that',
    async (_what, admission, size) => {
      raw.answer = ({ socket }) => {
        socket.pause();
        if (socket.writable)
          socket.end(head([LENGTH, 'Connection: close'], 'HTTP/1.1 413 Too Large') + ANSWER);
      };
      const large = promptOf('x'.repeat(size));
      const { answers } = await exchangeRaw(raw.url, [post(raw.ticket(admission), large)], 1);
      expect(answers.map(endOf)).toEqual([{ ...WHOLE, status: 413 }]);
      raw.answer = () => undefined;
      raw.connections[0]?.socket.resume();
      await expect.poll(() => raw.connections[0]?.socket.destroyed).toBe(true);
      if (admission.request === false) expect(raw.received.length).toBeLessThan(size);
    },
  );

  it('that never comes is a 504 after the read timeout, and ends the connection', async () => {
    provide();
    expect((await ask({ upstream: { readTimeout: 100 } }))?.status).toBe(504);
    await expect.poll(() => raw.connections[0]?.socket.destroyed).toBe(true);
  });
});
