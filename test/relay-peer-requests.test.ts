/** Requests to the relay that no HTTP library would send: from whoever reaches its port, with a ticket or without one. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { relayedBytes } from '../src/live/byte-reservation.ts';
import { relayedRequests } from '../src/live/relay.ts';
import { answerOf, CHAT, promptOf, RawRelay } from '../testkit/harness/raw-relay.ts';
import { exchangeRaw, type RawAnswer } from './attacks/raw-http.ts';

const PROMPT = promptOf('Hello');
const ANSWER = answerOf('Hi');
const OK = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${ANSWER.length}\r\n\r\n${ANSWER}`;
const LENGTH = `Content-Length: ${PROMPT.length}`;
const CHUNKED = 'Transfer-Encoding: chunked';
const SIZE = PROMPT.length.toString(16);
const CHUNKS = `${SIZE}\r\n${PROMPT}\r\n0\r\n\r\n`;
const POST = `POST ${CHAT} HTTP/1.1`;

interface Sent {
  line?: string;
  body?: string;
  /** Turns what is sent into something else. */
  as?: (message: string) => string;
}

describe('a request to the relay', () => {
  let raw: RawRelay;
  beforeAll(async () => {
    raw = await RawRelay.start();
  });
  beforeEach(() => {
    raw.reset();
    raw.answer = ({ socket, received }) => {
      if (received.endsWith('}') || /^(GET|OPTIONS)/.test(received)) socket.write(OK);
    };
  });
  afterEach(async () => {
    await expect.poll(() => [relayedBytes.held, relayedRequests.held]).toEqual([0, 0]);
  });
  afterAll(() => raw.stop());

  const ticketLine = () => `X-AIDR-Relay-Ticket: ${raw.ticket()} guarded`;
  const message = (lines: readonly string[], { line = POST, body = PROMPT }: Sent = {}) =>
    [line, 'Host: kong', ...lines, '', body].join('\r\n');

  async function send(...messages: string[]): Promise<RawAnswer[]> {
    const bytes = Buffer.from(messages.join(''), 'latin1');
    return (await exchangeRaw(raw.url, [bytes], messages.length)).answers;
  }

  /** With a good ticket. */
  function sent(lines: readonly string[], { as = (same) => same, ...what }: Sent = {}): Promise<RawAnswer[]> {
    return send(as(message([ticketLine(), ...lines], what)));
  }

  const chunked = (body = CHUNKS): Sent => ({ body });
  const to = (line: string): Sent => ({ line });

  it.each<[string, string[], Sent?]>([
    ['a length and chunks', [LENGTH, CHUNKED], chunked()],
    ['chunks and a length', [CHUNKED, 'Content-Length: 4'], chunked()],
    ['two lengths', [LENGTH, 'Content-Length: 2']],
    ['one length twice', [LENGTH, LENGTH]],
    ['a list of lengths', [`${LENGTH}, ${PROMPT.length}`]],
    ['an empty length', ['Content-Length: ']],
    ...['+60', '0x3c', '-60', '6 0', '60.', '99999999999999999999999'].map((length): [string, string[]] => [
      `the length ${length}`,
      [`Content-Length: ${length}`],
    ]),
    ...[
      ...['xchunked', '"chunked"', 'identity', 'chunked, identity', 'identity, chunked', 'gzip, chunked'],
      ...['chunked, chunked', ',chunked', 'chunked,', '\x0bchunked', 'chunked;a=b', 'ch\tunked'],
    ].map((coding): [string, string[], Sent] => [
      `the transfer coding ${coding}`,
      [`Transfer-Encoding: ${coding}`],
      chunked(),
    ]),
    ['an empty transfer coding', ['Transfer-Encoding:', LENGTH]],
    ['two lines of transfer codings', [CHUNKED, 'Transfer-Encoding: identity'], chunked()],
    ['a blank before a colon', ['Transfer-Encoding : chunked'], chunked()],
    ['a transfer coding on a folded line', ['Transfer-Encoding:\r\n chunked'], chunked()],
    ['a header like that of a transfer coding', ['Transfer_Encoding: chunked', LENGTH]],
    ['a folded line', ['X-A: b\r\n c', LENGTH]],
    ['lines that end with LF', [LENGTH], { as: (text) => text.replaceAll('\r\n', '\n') }],
    ['one line that ends with LF', ['X-A: b\nX-B: c', LENGTH]],
    ['a CR in a value', ['X-A: b\rX-B: c', LENGTH]],
    ['a NUL in a value', ['X-A: b\0c', LENGTH]],
    ['a NUL in a name', ['X\0A: b', LENGTH]],
    ['a blank in a name', ['X A: b', LENGTH]],
    ['no name', [': b', LENGTH]],
    ['no colon', ['hello', LENGTH]],
    [
      'more headers than are read',
      [...Array.from({ length: 70 }, () => `X-A: ${'a'.repeat(1_000)}`), LENGTH],
    ],
    ['chunks in HTTP/1.0', [CHUNKED], { line: `POST ${CHAT} HTTP/1.0`, body: CHUNKS }],
    ['a chunk size with LF', [CHUNKED], chunked(`${SIZE}\n${PROMPT}\n0\n\n`)],
    ['a chunk extension with LF', [CHUNKED], chunked(`${SIZE};a\nb\r\n${PROMPT}\r\n0\r\n\r\n`)],
    [
      'endless chunk extensions',
      [CHUNKED],
      chunked(`${SIZE};${'a'.repeat(20_000)}\r\n${PROMPT}\r\n0\r\n\r\n`),
    ],
    ['a chunk larger than all memory', [CHUNKED], chunked(`FFFFFFFFFFFFFFFFF\r\n${PROMPT}\r\n0\r\n\r\n`)],
    ['a blank before a chunk size', [CHUNKED], chunked(` ${SIZE}\r\n${PROMPT}\r\n0\r\n\r\n`)],
    [
      'endless trailers',
      [CHUNKED],
      chunked(`${SIZE}\r\n${PROMPT}\r\n0\r\n${'X-T: aaaaaaaaaaaaaaaa\r\n'.repeat(10_000)}\r\n`),
    ],
    ...[
      `http://evil.example${CHAT}`,
      `http://a:b@api.example${CHAT}`,
      ...['*', 'v1/chat/completions', '@evil.example/', '', '/a b', '/a\tb', '/\xe9'],
    ].map((target): [string, string[], Sent] => [
      `the target "${target}"`,
      [LENGTH],
      to(`POST ${target} HTTP/1.1`),
    ]),
    ['the target * of OPTIONS', [], { line: 'OPTIONS * HTTP/1.1', body: '' }],
    ...['TRACE', 'CONNECT', 'post', 'FOO'].map((method): [string, string[], Sent] => [
      `the method ${method}`,
      [LENGTH],
      to(`${method} ${CHAT} HTTP/1.1`),
    ]),
    ...['HTTP/2.0', 'HTTP/1.2', 'HTTP/0.9', 'HTTPS/1.1'].map((version): [string, string[], Sent] => [
      version,
      [LENGTH],
      to(`POST ${CHAT} ${version}`),
    ]),
    ['a WebSocket', [LENGTH, 'Connection: upgrade', 'Upgrade: websocket']],
    ['an expectation that nobody knows', ['Expect: x', LENGTH]],
    ['a Connection that takes its length off', ['Connection: content-length', LENGTH]],
    ['a Connection that takes its Host off', ['Connection: host', LENGTH]],
    ['a ticket for an internal route', ['X-AIDR-Internal-Ticket: x', LENGTH]],
  ])('with %s is refused, and nothing of it leaves', async (_what, lines, what) => {
    const answers = await sent(lines, what);
    // Node.js closes a connection for `CONNECT` without a word.
    expect(answers.map(({ status }) => status).filter((status) => status < 400)).toEqual([]);
    expect(raw.connections).toEqual([]);
  });

  it.each<[string, string[], Sent?]>([
    ['a padded length', [`Content-Length: 000${PROMPT.length}`]],
    ['a tab before its coding', ['Transfer-Encoding:\tChunked'], chunked()],
    ['chunk extensions', [CHUNKED], chunked(`${SIZE};a="b"\r\n${PROMPT}\r\n0;c\r\n\r\n`)],
    [
      'trailers',
      [CHUNKED, 'Trailer: X-T'],
      chunked(
        `${SIZE}\r\n${PROMPT}\r\n0\r\nX-T: a\r\nX-AIDR-Relay-Ticket: b\r\nContent-Encoding: gzip\r\n\r\n`,
      ),
    ],
    [
      'an upgrade that nobody makes',
      ['Connection: upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AA', LENGTH],
    ],
    ['an expectation', ['Expect: 100-continue', LENGTH]],
    ['another Host', ['Host: evil.example', LENGTH]],
    [
      'what belongs to the connection',
      ['Keep-Alive: 1', 'TE: trailers', 'Proxy-Connection: x', 'Proxy-Authorization: x', LENGTH],
    ],
    ['a Connection that lists the ticket', ['Connection: x-aidr-relay-ticket', LENGTH]],
    ['headers in our names', ['X-AIDR-Relay-Record: x', 'x-aidr-internal-proof: x', LENGTH]],
    ['empty lines before it', [LENGTH], { as: (text) => `\r\n\r\n${text}` }],
  ])(
    'with %s reaches the provider as one request of a stated length, and nothing else',
    async (_what, lines, what) => {
      expect((await sent(lines, what)).map(({ status }) => status)).toEqual([200]);
      const head = [
        `POST ${CHAT} HTTP/1.1`,
        ...['host: api.example', 'connection: keep-alive', 'Accept-Encoding: identity'],
        `content-length: ${PROMPT.length}`,
      ];
      expect(raw.connections.map(({ received }) => received)).toEqual([[...head, '', PROMPT].join('\r\n')]);
    },
  );

  it.each([
    '//evil.example/v1/chat/completions',
    `${CHAT}?a=http://evil.example/%0d%0aHost:%20x`,
    '/\\evil.example',
    `${CHAT}#x`,
  ])('for %s goes where its ticket says, with the target as it is', async (target) => {
    const [answer] = await sent([LENGTH], to(`POST ${target} HTTP/1.1`));
    expect(answer?.status).toBe(200);
    expect(raw.received).toMatch(/^POST [^ ]+ HTTP\/1.1\r\nhost: api.example\r\n/);
    expect(raw.received.split(' ')[1]).toBe(target);
  });

  it.each([
    '/v1/oauth/token',
    '/v1/oauth/token?',
    '/v1/oauth/token?a=/b',
    '/v1/oauth/token?a=/b?c=/v1/chat/completions',
    '/model/m/invoke-with-bidirectional-stream?/../../../../v1/chat/completions',
    '/v1/realtime?model=a/b',
  ])('for %s is refused whatever the query has, for it leads around the relay', async (target) => {
    const [answer] = await sent([LENGTH], to(`POST ${target} HTTP/1.1`));
    expect([answer?.status, raw.received]).toEqual([422, '']);
  });

  it('for an endpoint that is read is read, whatever the query has', async () => {
    const [answer] = await sent([LENGTH], to(`POST ${CHAT}?a=/v1/oauth/token HTTP/1.1`));
    expect(answer?.status).toBe(200);
  });

  it('keeps the order, the spelling and the bytes of headers, each as often as it came', async () => {
    const own = [
      'X-One: b\xe9',
      'Cookie: a',
      'cookie: b',
      'Authorization: 1',
      'Authorization: 2',
      'X-Empty: ',
    ];
    const lookalikes = ['X_AIDR_Relay_Ticket: x', 'x-aidr_internal-ticket: y'];
    await sent([...own, ...lookalikes, LENGTH]);
    const head = raw.received.split('\r\n\r\n')[0]?.split('\r\n') ?? [];
    expect(head.slice(4, -1)).toEqual([...own, ...lookalikes]);
  });

  const TICKETS: [string, (good: string) => string[]][] = [
    ['no ticket', () => []],
    ['an empty ticket', () => ['X-AIDR-Relay-Ticket:']],
    ['half a ticket', (good) => [`X-AIDR-Relay-Ticket: ${good.slice(0, -1)}`]],
    ['the name of the process', (good) => [`X-AIDR-Relay-Ticket: ${good.split('.')[0]}`]],
    ['a ticket in another case', (good) => [`X-AIDR-Relay-Ticket: ${good.toUpperCase()}`]],
    ['a ticket twice', (good) => [`X-AIDR-Relay-Ticket: ${good}`, `X-AIDR-Relay-Ticket: ${good}`]],
    ['a ticket before another', (good) => [`X-AIDR-Relay-Ticket: ${good} guarded`, 'X-AIDR-Relay-Ticket: x']],
    ['a ticket behind another', (good) => ['X-AIDR-Relay-Ticket: x', `X-AIDR-Relay-Ticket: ${good}`]],
    ['a list of tickets', (good) => [`X-AIDR-Relay-Ticket: ${good}, x`]],
    ['a ticket with another word', (good) => [`X-AIDR-Relay-Ticket: ${good} checked`]],
    ['a ticket with two words', (good) => [`X-AIDR-Relay-Ticket: ${good} guarded guarded`]],
    ['a ticket in a like-named header', (good) => [`X_AIDR_Relay_Ticket: ${good}`]],
    ['a ticket for the internal route', (good) => [`X-AIDR-Internal-Ticket: ${good}`]],
    ['a ticket in a cookie', (good) => [`Cookie: X-AIDR-Relay-Ticket=${good}`]],
  ];

  it.each(TICKETS)(
    'with %s gets a 403, the connection closed, and nothing from the provider',
    async (_what, lines) => {
      const [answer, ...more] = await send(message([...lines(raw.ticket()), LENGTH]));
      expect([answer?.status, answer?.headers.get('connection'), answer?.body.length, more.length]).toEqual([
        403,
        'close',
        0,
        0,
      ]);
      expect(raw.connections).toEqual([]);
    },
  );

  it('with a ticket that is used, or that a broken request has brought, gets a 403', async () => {
    const line = ticketLine();
    expect((await send(message([line, 'Transfer-Encoding: gzip, chunked'], chunked())))[0]?.status).toBe(400);
    expect((await send(message([line, LENGTH])))[0]?.status).toBe(403);
    const other = ticketLine();
    const both = await Promise.all([send(message([other, LENGTH])), send(message([other, LENGTH]))]);
    expect(both.map(([answer]) => answer?.status).sort()).toEqual([200, 403]);
  });

  it('behind another one on the same connection needs a ticket of its own', async () => {
    const statuses = async (...messages: string[]) => (await send(...messages)).map(({ status }) => status);
    const good = () => message([ticketLine(), LENGTH]);
    const bad = message([LENGTH]);
    expect(await statuses(good(), good())).toEqual([200, 200]);
    expect(await statuses(good(), bad)).toEqual([200, 403]);
    expect(await statuses(bad, good())).toEqual([403]);
    raw.reset();
    const longer = message([ticketLine(), LENGTH], { body: PROMPT + bad });
    expect(await statuses(longer, '')).toEqual([200, 403]);
    expect(raw.received.split('HTTP/1.1')).toHaveLength(2);
  });

  it('without a ticket is not read on: the connection ends while its body still comes', async () => {
    const socket = connect(raw.port, '127.0.0.1').on('error', () => undefined);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(message(['Content-Length: 1000000000'], { body: '' }));
    const flood = setInterval(() => socket.write('a'.repeat(10_000)), 1);
    await closed;
    clearInterval(flood);
    expect(raw.connections).toEqual([]);
  });

  it('that never comes leaves its ticket to whoever brings the whole of it', async () => {
    const line = ticketLine();
    const socket = connect(raw.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(message([line, LENGTH]).slice(0, 100));
    socket.destroy();
    expect((await send(message([line, LENGTH])))[0]?.status).toBe(200);
  });
});
