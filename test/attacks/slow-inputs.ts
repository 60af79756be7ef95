/**
 * Bodies that are made to take a reader long. Each is answered, none gets past the lenient guard, and meanwhile small
 * requests on another route are served.
 */
import { expect } from 'vitest';
import { guardPlugin } from '../../src/kong/guard-plugin.ts';
import type { Reply, RouteVariant, Stage } from '../../testkit/harness/stage.ts';
import type { Answer } from '../../testkit/providers/index.ts';
import { type Attack, INJECTION, type Outcome, type Theme } from './attack.ts';
import { post, promptOf } from './sending.ts';

const WEAPON = 'how to build a pipe bomb';
const QUICK = promptOf('Tell me a story.');
/** Milliseconds in which a small request has its answer; generous, because the machine may be busy with other tests. */
const MAX_WAIT = 2_500;
/** More than there is time for. */
const SMALL_REQUESTS = 10_000;

const BLOCKED: Outcome = { kind: 'blocked' };
const TOO_COMPLEX: Outcome = { kind: 'refused', status: 400, saying: 'has too many values' };
const TOO_COMPLEX_INSIDE: Outcome = {
  kind: 'refused',
  status: 413,
  saying: 'a string of JSON in the body is nested too deeply or has too many values',
};
const UNREADABLE: Outcome = { kind: 'refused', status: 400, saying: 'text in a form that cannot be read' };

const user = (content: unknown) => ({ role: 'user', content });
const image = (url: string) => ({ type: 'image_url', image_url: { url } });

const LENIENT: RouteVariant = {
  without: ['post-function'],
  plugins: [guardPlugin(['request', 'response'], true)],
};

/** The injection in front and behind, so that nothing in between may hide it. */
const around = (content: object[]) =>
  JSON.stringify({ model: 'gpt-4o-mini', messages: [user(INJECTION), user(content), user(INJECTION)] });

const withImages = (...urls: string[]) => around([{ type: 'text', text: 'Look.' }, ...urls.map(image)]);
const withTexts = (...texts: string[]) => around(texts.map((text) => ({ type: 'text', text })));
const withArguments = (json: string) =>
  JSON.stringify({
    messages: [
      user(INJECTION),
      {
        role: 'assistant',
        tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: json } }],
      },
      user(INJECTION),
    ],
  });

const keys = (count: number, value: string) =>
  Array.from({ length: count }, (_, key) => `"${key.toString(36)}":${value}`).join(',');

/** The prompt, with so many members beside it. */
const withKeys = (count: number, value = '1') => promptOf(INJECTION).replace('{', `{${keys(count, value)},`);

/** One for each kind of characters that an expression or a scanner tells from others. */
const CLASSES = [
  ...[' ', '\t', '\n', '\r\n', '\u00a0', '\u2028', '\u0000', '\u200b'],
  ...['a', 'A', '0', 'é', '漢', '😀', '_', '-', '.', '+', '/', '='],
  ...['%', '%41', ';', ',', ':', '*', "'", '"', '\\', '\\u0041', '{', '[', '}', '<', '&', '#', '|', '@', '$'],
];
/** What some reader looks for before it reads on. */
const BEGINNINGS = [
  '',
  'data:',
  'data:;base64,',
  'data:text/plain;charset=',
  'data:a/b;',
  '{"a":"',
  '<b>',
  '`',
];

const run = (unit: string, length: number) => unit.repeat(Math.ceil(length / unit.length));

/** A run of each class behind each beginning. */
const RUNS = BEGINNINGS.flatMap((beginning) => CLASSES.map((one) => beginning + run(one, 3_000)));
/** Each class and another one in turns, and then a run of both. */
const ALTERNATIONS = CLASSES.map((one) =>
  CLASSES.map((other) => run(one + other, 300) + run(one, 300) + run(other, 300)).join(''),
);

const DATA_URLS = [60_000, 240_000].flatMap((size) => [
  `data:image/png;base64,${run(' ', size)}`,
  `data:image/png;base64,${run(' ', size)}=`,
  `data:${run(' ', size)};base64,AAAA`,
  `data:text/plain;charset=utf-8${run(' ', size)};base64,AAAA`,
  `data:;charset${run('*', size)}=utf-8,x`,
  run(' ', size),
]);

/** Only a string with escapes is read as JSON. */
const jsonOf = (count: number) => `{"\\u0041":1,${keys(count, '1')}}`;

type Named = [name: string, body: () => string, must: Outcome];

/** Each format that could be meant looks at them. */
const KEYS: Named[] = [
  ['800,000 keys', () => withKeys(800_000), TOO_COMPLEX],
  ['as many keys as are read', () => withKeys(19_000), BLOCKED],
  ['as many keys with texts as are read', () => withKeys(9_000, '"x"'), BLOCKED],
];

/** Read in the same way whatever the format. */
const STRINGS: Named[] = [
  ['700,000 keys in a string of JSON', () => withArguments(jsonOf(700_000)), TOO_COMPLEX_INSIDE],
  ['as many keys in a string of JSON as are read', () => withArguments(jsonOf(19_000)), BLOCKED],
  ['60 KB and 240 KB of blanks in data URLs of images', () => withImages(...DATA_URLS), UNREADABLE],
  ['60 KB and 240 KB of blanks in data URLs that are texts', () => withTexts(...DATA_URLS), BLOCKED],
  ['runs of each class of characters', () => withTexts(...RUNS), BLOCKED],
  ['runs of each class of characters in URLs', () => withImages(...RUNS), UNREADABLE],
  [
    'runs of each class of characters in a string of JSON',
    () => withArguments(JSON.stringify(RUNS)),
    BLOCKED,
  ],
  ['alternations of all classes of characters', () => withTexts(...ALTERNATIONS), BLOCKED],
];

/** Sends small requests on another route until the slow one has its answer. */
async function besideSmallRequests<Answered>(stage: Stage, slow: () => Promise<Answered>): Promise<Answered> {
  expect(await small(stage)).toMatchObject({ status: 200 });
  let isAnswered = false;
  const answered = slow().finally(() => {
    isAnswered = true;
  });
  let longest = 0;
  while (!isAnswered) {
    const began = performance.now();
    expect(await small(stage)).toMatchObject({ status: 200 });
    longest = Math.max(longest, performance.now() - began);
  }
  expect(longest).toBeLessThan(MAX_WAIT);
  return answered;
}

const SLOW_ANSWER = '/v1/chat/completions?slow';
const QUICK_ANSWER: Answer = {
  body: { choices: [{ index: 0, message: { role: 'assistant', content: 'Once.' } }] },
};

const small = (stage: Stage): Promise<Reply> => stage.post(QUICK);

const FORMATS: Record<string, RouteVariant['config']> = {
  'chat completions': {},
  'any API of OpenAI': { upstream_llm: { provider: 'openai', api_uri: 'auto' } },
  'any API of Kong': { upstream_llm: { provider: 'kong', api_uri: 'auto' } },
};
const routeOf = (format: string) => `slow-${format.replaceAll(' ', '-').toLowerCase()}`;

const prompts = Object.keys(FORMATS).flatMap((format, index) =>
  [...KEYS, ...(index === 0 ? STRINGS : [])].map(
    ([name, body, must]): Attack => ({
      attack: `${name}, read as ${format}`,
      against: 'one caller does not stop the others',
      planted: INJECTION,
      beside: SMALL_REQUESTS,
      send: (stage) => besideSmallRequests(stage, () => post(stage, body(), { route: routeOf(format) })),
      must,
    }),
  ),
);

const answering = (message: object, more = ''): Answer => {
  const choice = JSON.stringify({ index: 0, message: { role: 'assistant', ...message } });
  return { headers: { 'content-type': 'application/json' }, body: `{${more}"choices":[${choice}]}` };
};
const calling = (json: string) => ({
  content: WEAPON,
  tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: json } }],
});

const REFUSED: Outcome = { kind: 'refused', status: 422 };

const ANSWERS: [name: string, answer: () => Answer, must: Outcome][] = [
  ['blanks in data URLs', () => answering({ content: [...DATA_URLS, WEAPON].join('\n') }), BLOCKED],
  ['700,000 keys', () => answering({ content: WEAPON }, `${keys(700_000, '1')},`), REFUSED],
  ['700,000 keys in a string of JSON', () => answering(calling(jsonOf(700_000))), REFUSED],
  ['runs of each class of characters', () => answering({ content: [WEAPON, ...RUNS].join('\n') }), BLOCKED],
];

const answers = ANSWERS.map(
  ([name, answer, must]): Attack => ({
    attack: `an answer with ${name}`,
    against: 'one caller does not stop the others',
    plantedIn: 'answer',
    planted: WEAPON,
    answer: ({ path }) => (path.includes(SLOW_ANSWER) ? answer() : QUICK_ANSWER),
    send: (stage) =>
      besideSmallRequests(stage, () =>
        post(stage, QUICK, { route: routeOf('chat completions'), path: SLOW_ANSWER }),
      ),
    must,
  }),
);

const AGENT_ROUTE = 'slow-agent';
const SEND = '{"jsonrpc":"2.0","id":7,"method":"SendStreamingMessage","params":{}}';
const WORDS = 'The harbour lies still, and nobody says a word. ';

/** A piece of an artifact, which may go on in the next. */
const piece = (part: string, isFirst = false) =>
  `data: {"jsonrpc":"2.0","id":7,"result":{"artifactUpdate":{"append":${!isFirst},"artifact":{"artifactId":"a","parts":[${part}]}}}}\n\n`;
const textPiece = (text: string, isFirst = false) => piece(JSON.stringify({ text }), isFirst);
const [HALF, OTHER_HALF] = [INJECTION.slice(0, 16), INJECTION.slice(16)];

/** What is refused in a stream ends it, behind the status. */
const STREAM_REFUSED: Outcome = { kind: 'refused', status: 200, saying: '"error"' };

/** Events are cut, read, and read on from one to the next. */
const EVENTS: [name: string, events: () => string][] = [
  ['an event of 4 MB', () => textPiece(run(WORDS, 4_000_000) + INJECTION, true)],
  [
    'a sentence that begins in an event of 500 KB and ends in another',
    () => textPiece(run(WORDS, 500_000) + HALF, true) + textPiece(OTHER_HALF),
  ],
  ['an event of two million values', () => piece(`{"data":[${run('1,', 4_000_000)}1]}`, true)],
  ['an event of 700,000 keys', () => piece(`{"data":{${keys(700_000, '1')}}}`, true)],
  ['thirty thousand events that say nothing', () => run(':\n\n', 90_000) + textPiece(INJECTION, true)],
  ['an event of 200,000 lines', () => `${run('a\n', 400_000)}\n${textPiece(INJECTION, true)}`],
];

const streams = EVENTS.map(
  ([name, events]): Attack => ({
    attack: `a stream with ${name}`,
    against: 'one caller does not stop the others',
    plantedIn: 'answer',
    planted: INJECTION,
    answer: ({ path }) =>
      path === '/agent' ? { headers: { 'content-type': 'text/event-stream' }, body: events() } : QUICK_ANSWER,
    send: (stage) =>
      besideSmallRequests(stage, () => post(stage, SEND, { route: AGENT_ROUTE, path: '/agent' })),
    must: STREAM_REFUSED,
  }),
);

export const slowInputs: Theme = {
  name: 'bodies that are made to take long',
  stage: {
    routes: {
      ...Object.fromEntries(
        Object.entries(FORMATS).map(([format, config = {}]) => [routeOf(format), { config, ...LENIENT }]),
      ),
      [AGENT_ROUTE]: { mcp: { protocol: 'a2a' }, ...LENIENT },
    },
  },
  attacks: [...prompts, ...answers, ...streams],
};
