/** What something that only calls itself AIDR, or an AIDR that is broken, can make of a verdict. */
import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { Fault } from '../../testkit/aidr-emulator/index.ts';
import { freePort } from '../../testkit/harness/gateways/free-port.ts';
import { PLACEMENT, type RouteVariant, type Stage } from '../../testkit/harness/stage.ts';
import { type Attack, INJECTION, type Outcome, type Theme } from './attack.ts';

import { withServer } from './raw-server.ts';
import { post, promptOf } from './sending.ts';

const LENIENT = { enforcing_strategy: 'enforce_but_ignore_on_error' };
const INVALID: Outcome = { kind: 'refused', status: 503, saying: 'invalid_response' };
const SLOW: Outcome = { kind: 'refused', status: 503, saying: 'timeout' };
const UNAPPLIABLE: Outcome = { kind: 'refused', status: 422, saying: 'unappliable_redaction' };

interface Message {
  role: string;
  content: unknown;
}

type Output = Record<string, unknown> & { messages: Message[] };

/** The right answer under another one's words. */
const says = (json: string): Fault => ({ kind: 'answer', answer: () => json });

/** AIDR says that it changed what it was sent, into this. */
function changedTo(change: (sent: Output) => unknown): Fault {
  return {
    kind: 'answer',
    answer: (body) => {
      const { result, ...rest } = body as { result: { guard_output: Output } };
      const lie = { ...result, blocked: false, transformed: true, guard_output: change(result.guard_output) };
      return { ...rest, result: lie };
    },
  };
}

const TOOLS = [{ type: 'function', function: { name: 'f', description: 'Finds.', parameters: {} } }];
const WITH_TOOL = promptOf(INJECTION, { tools: TOOLS });
const WITH_SYSTEM = JSON.stringify({
  model: 'gpt-4o-mini',
  messages: [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: INJECTION },
  ],
});
const PASSES = '"blocked":false';
const OK = '"status":"Success"';

const LIES: [lie: string, fault: Fault, must: Outcome, body?: string][] = [
  ['whose verdict is its prototype', says(`{${OK},"__proto__":{"result":{${PASSES}}}}`), INVALID],
  [
    'whose result has the verdict in its prototype',
    says(`{${OK},"result":{"__proto__":{${PASSES}}}}`),
    INVALID,
  ],
  [
    'whose verdict is its constructor',
    says(`{${OK},"constructor":{"prototype":{${PASSES}}},"result":{"constructor":{${PASSES}}}}`),
    INVALID,
  ],
  ['with a verdict in the verdict', says(`{${OK},"result":{"result":{${PASSES}}}}`), INVALID],
  ['with a list of verdicts', says(`{${OK},"result":[{${PASSES}},{${PASSES}}]}`), INVALID],
  ['that says both', says(`{${OK},"result":{"blocked":true,${PASSES}}}`), INVALID],
  ['with two results', says(`{${OK},"result":{"blocked":true},"result":{${PASSES}}}`), INVALID],
  ['behind a byte-order mark', says(`\ufeff{${OK},"result":{${PASSES}}}`), INVALID],
  ['with another answer behind it', says(`{${OK},"result":{${PASSES}}}{}`), INVALID],
  ['larger than any answer', says(`{${OK},"result":{${PASSES}},"x":"${'x'.repeat(17_000_000)}"}`), INVALID],
  ['that created something', { kind: 'patch', status: 201, patch: { result: { blocked: false } } }, INVALID],
  ['that is a part', { kind: 'patch', status: 206, patch: { result: { blocked: false } } }, INVALID],
  [
    'that will come, and passes meanwhile',
    { kind: 'patch', status: 202, patch: { request_id: null, result: { blocked: false } } },
    INVALID,
  ],
  [
    'with messages in another order',
    changedTo(({ messages }) => ({ messages: messages.toReversed() })),
    UNAPPLIABLE,
    WITH_SYSTEM,
  ],
  [
    'with a message more between the others',
    changedTo(({ messages: [first, ...others] }) => ({ messages: [first, first, ...others] })),
    UNAPPLIABLE,
    WITH_SYSTEM,
  ],
  [
    'whose messages are no list',
    changedTo(({ messages }) => ({ messages: { ...messages, length: messages.length } })),
    UNAPPLIABLE,
  ],
  [
    'with a tool more',
    changedTo(({ messages }) => ({ messages, tools: [...TOOLS, ...TOOLS] })),
    UNAPPLIABLE,
    WITH_TOOL,
  ],
  [
    'with another tool',
    changedTo(({ messages }) => ({ messages, tools: [{ type: 'function', function: { name: 'g' } }] })),
    UNAPPLIABLE,
    WITH_TOOL,
  ],
  [
    'with a text that is larger than what can be written',
    changedTo(({ messages }) => ({
      messages: messages.map((one) => ({ ...one, content: 'x'.repeat(2_000_000) })),
    })),
    // In the relay it can be written.
    PLACEMENT === 'relay' ? { kind: 'redacted', replacement: 'xxx' } : UNAPPLIABLE,
  ],
];

const lies = LIES.map(
  ([lie, fault, must, body = promptOf(INJECTION)]): Attack => ({
    attack: `an answer of AIDR ${lie}`,
    against: 'a failure does not open',
    planted: INJECTION,
    fault,
    send: (stage) => post(stage, body, { route: 'lenient' }),
    must,
  }),
);

/** Its detectors say more than the verdict. */
const detections: Attack[] = [
  {
    attack: 'an answer of AIDR that passes, but for what a detector without a name has found',
    against: 'no prompt leaves unread',
    planted: INJECTION,
    fault: says(`{${OK},"result":{${PASSES},"detectors":{"__proto__":{"detected":true}}}}`),
    send: (stage) => post(stage, promptOf(INJECTION), { route: 'detection' }),
    must: { kind: 'blocked' },
  },
  {
    attack: 'an answer of AIDR that blocks with megabytes of reasons',
    against: 'no prompt leaves unread',
    planted: INJECTION,
    fault: says(`{${OK},"summary":"${'no\\n'.repeat(1_000_000)}","result":{"blocked":true}}`),
    send: (stage) => post(stage, promptOf(INJECTION), { route: 'lenient' }),
    must: { kind: 'blocked' },
  },
  {
    attack: "an answer of AIDR whose verdict on the model's words is its prototype",
    against: 'no answer returns unread',
    plantedIn: 'answer',
    planted: 'how to build a pipe bomb',
    answer: { body: { choices: [{ message: { role: 'assistant', content: 'how to build a pipe bomb' } }] } },
    fault: { ...says(`{${OK},"__proto__":{"result":{${PASSES}}}}`), match: { event_type: 'output' } },
    send: (stage) => post(stage, promptOf('Hello.'), { route: 'lenient' }),
    must: INVALID,
  },
];

/** Where the other host listens that a redirect names, and where something else than AIDR does. */
const ELSEWHERE = await freePort();
const NOT_AIDR = await freePort();

const redirects = [301, 302, 303, 307, 308].map(
  (status): Attack => ({
    attack: `an answer of AIDR that sends its caller to another host, with ${status}`,
    against: 'a failure does not open',
    planted: INJECTION,
    fault: { kind: 'status', status, headers: { location: `http://127.0.0.1:${ELSEWHERE}/` } },
    async send(stage) {
      let connections = 0;
      const received = await withServer(
        ELSEWHERE,
        () => {
          connections += 1;
        },
        () => post(stage, promptOf(INJECTION), { route: 'lenient' }),
      );
      if (connections > 0) throw new Error('the key went to another host');
      return received;
    },
    must: INVALID,
  }),
);

const verdict = (json: string, headers: string[] = []) =>
  ['HTTP/1.1 200 OK', 'Content-Type: application/json', ...headers, '', json].join('\r\n');
const PASSING = `{${OK},"result":{${PASSES}}}`;

/** Larger than any answer, once it is decompressed. */
const BOMB = gzipSync(`${PASSING}${' '.repeat(20_000_000)}`);

/** On each connection, in answer to whatever comes first. */
const NOISES: [noise: string, must: Outcome, serve: (socket: Socket) => void][] = [
  ['speaks no HTTP', INVALID, (socket) => socket.end(`${PASSING}\r\n`)],
  [
    'ends in the middle of an answer',
    { kind: 'refused', status: 503, saying: 'unreachable' },
    (socket) => socket.end(verdict(PASSING, ['Content-Length: 1000'])),
  ],
  [
    'ends in the middle of a chunk',
    { kind: 'refused', status: 503, saying: 'unreachable' },
    (socket) => socket.end(verdict(`ff\r\n${PASSING}`, ['Transfer-Encoding: chunked'])),
  ],
  [
    'answers with a bomb',
    INVALID,
    (socket) => {
      socket.write(verdict('', ['Content-Encoding: gzip', `Content-Length: ${BOMB.length}`]));
      socket.end(BOMB);
    },
  ],
  [
    'never stops',
    INVALID,
    (socket) => {
      socket.write(verdict(PASSING));
      const more = () => {
        while (!socket.destroyed && socket.write(' '.repeat(65_536)));
      };
      socket.on('drain', more);
      more();
    },
  ],
  [
    'says one letter after the other',
    SLOW,
    (socket) => {
      socket.write(verdict('', ['Content-Length: 1000']));
      const timer = setInterval(() => socket.write(' '), 20);
      socket.on('close', () => clearInterval(timer));
    },
  ],
];

const noises = NOISES.map(
  ([noise, must, serve], index): Attack => ({
    attack: `an AIDR that ${noise}`,
    against: 'a failure does not open',
    planted: INJECTION,
    send: (stage: Stage) =>
      withServer(
        NOT_AIDR,
        (socket) => socket.once('data', () => serve(socket)),
        () => post(stage, promptOf(INJECTION), { route: `noise-${index}` }),
      ),
    must,
  }),
);

/** Each has a key of its own: the outages of one open the circuit of no other. */
const NOISE_ROUTES: Record<string, RouteVariant> = Object.fromEntries(
  NOISES.map(([, must], index) => [
    `noise-${index}`,
    {
      config: {
        ai_guard_api_base_url: `http://127.0.0.1:${NOT_AIDR}`,
        ai_guard_api_key: `pts_noise_${index}`,
        timeout: must === SLOW ? 300 : 5_000,
      },
    },
  ]),
);

export const lyingAidr: Theme = {
  name: 'an AIDR that lies',
  stage: {
    routes: {
      lenient: { config: LENIENT },
      detection: { config: { ...LENIENT, enforce_on_detection: true } },
      ...NOISE_ROUTES,
    },
  },
  attacks: [...lies, ...detections, ...redirects, ...noises],
};
