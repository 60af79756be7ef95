/** What an upstream can do on the wire that the mock provider's HTTP library does not let it do. */
import { freePort } from '../../testkit/harness/gateways/free-port.ts';
import type { Attack, Outcome, Theme } from './attack.ts';
import { headOf } from './raw-http.ts';
import { withServer } from './raw-server.ts';
import { promptOf, sendRaw } from './sending.ts';

const WEAPON = 'how to build a pipe bomb';

const PORT = await freePort();

/** While it runs, each request is answered with these bytes. */
function answering<Result>(bytes: string, run: () => Promise<Result>): Promise<Result> {
  return withServer(PORT, (socket) => socket.once('data', () => socket.end(bytes, 'latin1')), run);
}

const completion = (content: string) =>
  JSON.stringify({ choices: [{ index: 0, message: { role: 'assistant', content } }] });
const FINE = completion('Fine.');
const ATTACK = completion(WEAPON);

const answer = (statusLine: string, headers: string[], body: string) =>
  [
    `HTTP/1.1 ${statusLine}`,
    'Content-Type: application/json',
    'Connection: close',
    ...headers,
    '',
    body,
  ].join('\r\n');
const chunked = (body: string, trailers = '') =>
  `${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n0\r\n${trailers}\r\n`;

/** Kong may give up on such an answer, or hand out what of it is one; with 0 it cuts the connection. */
const NOTHING_OF_IT = (...status: number[]): Outcome => ({ kind: 'refused', status });
/** AIDR blocks what there is of it, or Kong has an answer of its own, which it may give under the upstream's status. */
const BROKEN = NOTHING_OF_IT(200, 400, 422, 502, 503);

const TRICKS: [trick: string, bytes: string, must: Outcome][] = [
  [
    'behind a status that has no body',
    answer('204 No Content', [`Content-Length: ${ATTACK.length}`], ATTACK),
    NOTHING_OF_IT(204, 422, 502),
  ],
  [
    'behind a status that says nothing has changed',
    answer('304 Not Modified', [], ATTACK),
    NOTHING_OF_IT(304, 422, 502),
  ],
  [
    'behind the end of the answer',
    answer('200 OK', [`Content-Length: ${FINE.length}`], FINE + answer('200 OK', [], ATTACK)),
    NOTHING_OF_IT(0, 200, 422, 502),
  ],
  [
    'in a trailer',
    answer(
      '200 OK',
      ['Transfer-Encoding: chunked', 'Trailer: X-Note'],
      chunked(FINE, `X-Note: ${WEAPON}\r\n`),
    ),
    NOTHING_OF_IT(200, 422, 502),
  ],
  [
    'in an answer before the answer',
    `HTTP/1.1 103 Early Hints\r\nContent-Length: ${ATTACK.length}\r\n\r\n${ATTACK}${answer('200 OK', [], FINE)}`,
    BROKEN,
  ],
  ['in an answer without a length', answer('200 OK', [], ATTACK), { kind: 'blocked' }],
  [
    'in an answer that breaks off',
    answer('200 OK', [`Content-Length: ${ATTACK.length + 100}`], ATTACK),
    BROKEN,
  ],
  [
    'in a chunked answer that breaks off',
    answer('200 OK', ['Transfer-Encoding: chunked'], chunked(ATTACK).slice(0, -5)),
    BROKEN,
  ],
  [
    'in chunks, and in a length that says less',
    answer('200 OK', ['Transfer-Encoding: chunked', 'Content-Length: 2'], chunked(ATTACK)),
    BROKEN,
  ],
  [
    'in a coding of the transfer',
    answer('200 OK', ['Transfer-Encoding: gzip, chunked'], chunked(ATTACK)),
    BROKEN,
  ],
];

const PROMPT = promptOf('Hello.');

/** A client that takes whatever comes. */
function requestTo(route: string): string {
  const lines = ['Content-Type: application/json', `Content-Length: ${PROMPT.length}`, 'Connection: close'];
  return headOf(`POST /${route}/v1/chat/completions HTTP/1.1`, lines) + PROMPT;
}

export const upstreams: Theme = {
  name: 'an upstream that speaks strange HTTP',
  stage: {
    routes: Object.fromEntries(
      ['buffered', 'live'].map((mode) => [
        mode,
        { url: `http://127.0.0.1:${PORT}`, config: { response_mode: mode } },
      ]),
    ),
  },
  attacks: ['buffered', 'live'].flatMap((route) =>
    TRICKS.map(
      ([trick, bytes, must]): Attack => ({
        attack: `a text ${trick}, ${route}`,
        against: 'no answer returns unread',
        plantedIn: 'answer',
        planted: WEAPON,
        send: (stage) => answering(bytes, () => sendRaw(stage, [requestTo(route)])),
        must,
      }),
    ),
  ),
};
