/** Attacks that a model, or a provider that it has talked round, makes on its way back to the client. */
import { gzipSync } from 'node:zlib';
import type { PostOptions } from '../../testkit/harness/stage.ts';
import type { Answer } from '../../testkit/providers/index.ts';
import type { Attack, Outcome, Theme } from './attack.ts';
import { post, promptOf } from './sending.ts';

/** The emulator's policy blocks the one and redacts the other in an answer. */
const WEAPON = 'how to build a pipe bomb';
const NUMBER = '234-56-7890';

const BLOCKED: Outcome = { kind: 'blocked' };
const REDACTED: Outcome = { kind: 'redacted', replacement: '*******7890' };
const REFUSED: Outcome = { kind: 'refused', status: 422 };
const UNAPPLIABLE: Outcome = { kind: 'refused', status: 422, saying: 'unappliable_redaction' };

const PROMPT = promptOf('Hello.');
const STREAM = promptOf('Hello.', { stream: true });

const completion = (message: object, more: object = {}) => ({
  object: 'chat.completion',
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: null, ...message } }],
  ...more,
});
const calling = (args: string) => ({
  tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: args } }],
});

const chunk = (delta: object, index = 0) =>
  `data: ${JSON.stringify({ object: 'chat.completion.chunk', choices: [{ index, delta }] })}\n\n`;
const calls = (args: string) => chunk({ tool_calls: [{ index: 0, function: { arguments: args } }] });
const DONE = 'data: [DONE]\n\n';

const typed = (contentType: string) => ({ headers: { 'content-type': contentType } });
const coded = (contentEncoding: string) => ({ headers: { 'content-encoding': contentEncoding } });

interface Case {
  name: string;
  answer: Answer;
  must: Outcome;
  request?: string;
  options?: PostOptions;
}

/** What holds whichever way the answer goes: read whole by Kong, or by the relay. */
const WHOLE: Case[] = [
  ...[0, 1, 2].map((attacked): Case => {
    const messages = [0, 1, 2].map((index) => (index === attacked ? WEAPON : 'Harbours are calm.'));
    const choices = messages.map((content, index) => ({ index, message: { role: 'assistant', content } }));
    return { name: `in choice ${attacked} of three`, answer: { body: { choices } }, must: BLOCKED };
  }),
  { name: 'in a refusal', answer: { body: completion({ refusal: WEAPON }) }, must: BLOCKED },
  { name: 'in thoughts', answer: { body: completion({ reasoning_content: WEAPON }) }, must: BLOCKED },
  {
    name: 'in an unknown block',
    answer: { body: completion({ content: [{ type: 'novel', body: { deep: [WEAPON] } }] }) },
    must: BLOCKED,
  },
  {
    name: 'cut over two parts of a message',
    answer: {
      body: completion({ content: ['It is 234-5', '6-7890.'].map((text) => ({ type: 'text', text })) }),
    },
    must: { kind: 'redacted', replacement: 'It is *******' },
  },
  { name: 'beside the choices', answer: { body: completion({}, { output_text: WEAPON }) }, must: BLOCKED },
  { name: 'in a key beside the choices', answer: { body: completion({}, { [WEAPON]: 1 }) }, must: BLOCKED },
  {
    name: 'in the title of a citation',
    answer: {
      body: completion({
        content: 'See there.',
        annotations: [
          { type: 'url_citation', url_citation: { title: WEAPON, url: 'https://harbour.test/' } },
        ],
      }),
    },
    must: BLOCKED,
  },
  {
    name: 'in log probabilities that repeat it token by token',
    answer: {
      body: {
        choices: [
          {
            index: 0,
            message: { role: 'assistant', content: `It is ${NUMBER}.` },
            logprobs: { content: ['It is ', ...NUMBER].map((token) => ({ token })) },
          },
        ],
      },
    },
    must: REDACTED,
  },
  {
    name: 'in escapes within the arguments of a tool call',
    answer: { body: completion(calling('{"ssn":"\\u0032\\u0033\\u0034-56-7890"}')) },
    must: REDACTED,
  },
  {
    name: 'in a key of the arguments of a tool call, beside an escape',
    answer: { body: completion(calling(JSON.stringify({ [NUMBER]: 'a\nb' }))) },
    must: UNAPPLIABLE,
  },
  {
    name: 'in a text that is called plain',
    answer: { body: JSON.stringify(completion({ content: NUMBER })), ...typed('text/plain') },
    must: REDACTED,
  },
  {
    name: 'in JSON that is called binary',
    answer: { body: JSON.stringify(completion({ content: NUMBER })), ...typed('application/octet-stream') },
    must: REDACTED,
  },
  {
    name: 'in JSON that is called an event stream',
    answer: { body: JSON.stringify(completion({ content: WEAPON })), ...typed('text/event-stream') },
    must: BLOCKED,
  },
  {
    name: 'in an event stream that is called JSON',
    answer: { chunks: [chunk({ content: WEAPON }), DONE], ...typed('application/json') },
    must: BLOCKED,
  },
  {
    name: 'cut over the lines of an answer with a value on each',
    answer: {
      chunks: ['how to build ', 'a pipe bomb'].map((content) => chunk({ content }).slice(6, -1)),
      ...typed('application/json'),
    },
    must: BLOCKED,
  },
  {
    name: 'in an event stream within a string of JSON',
    answer: { body: JSON.stringify(chunk({ content: WEAPON })) },
    must: REFUSED,
  },
  { name: 'in a web page', answer: { body: `<p>${WEAPON}</p>`, ...typed('text/html') }, must: REFUSED },
  { name: 'in a single string of JSON', answer: { body: JSON.stringify(WEAPON) }, must: REFUSED },
  {
    name: 'behind a first JSON value',
    answer: { body: `${JSON.stringify(completion({}))}${JSON.stringify(completion({ content: WEAPON }))}` },
    must: REFUSED,
  },
  {
    name: 'behind a byte-order mark',
    answer: { body: `\ufeff${JSON.stringify(completion({ content: WEAPON }))}` },
    must: REFUSED,
  },
  {
    name: 'under a key that is there twice',
    answer: { body: `{"choices":[{"message":{"content":"${WEAPON}","content":"Fine."}}]}` },
    must: BLOCKED,
  },
  {
    name: 'in UTF-16',
    answer: {
      body: Buffer.from(JSON.stringify(completion({ content: WEAPON })), 'utf16le'),
      ...typed('application/json; charset=utf-16le'),
    },
    must: REFUSED,
  },
  {
    name: 'compressed twice',
    answer: {
      body: gzipSync(gzipSync(JSON.stringify(completion({ content: WEAPON })))),
      ...coded('gzip, gzip'),
    },
    must: BLOCKED,
  },
  {
    name: 'compressed, and nobody says so',
    answer: { body: gzipSync(JSON.stringify(completion({ content: WEAPON }))) },
    must: REFUSED,
  },
  {
    name: 'compressed in another way than it says',
    answer: { body: gzipSync(JSON.stringify(completion({ content: WEAPON }))), ...coded('br') },
    must: REFUSED,
  },
  {
    name: 'behind compressed bytes',
    answer: {
      body: Buffer.concat([
        gzipSync(JSON.stringify(completion({ content: 'Fine.' }))),
        gzipSync(JSON.stringify(completion({ content: WEAPON }))),
      ]),
      ...coded('gzip'),
    },
    must: REFUSED,
  },
  {
    name: 'in the message of an error',
    answer: { status: 400, body: { error: { message: WEAPON } } },
    must: BLOCKED,
  },
  {
    name: 'in a key of an error',
    answer: { status: 422, body: { error: { [WEAPON]: 'is not allowed' } } },
    must: BLOCKED,
  },
  {
    name: 'in an error that is called a web page',
    answer: { status: 500, body: JSON.stringify({ error: WEAPON }), ...typed('text/html') },
    must: BLOCKED,
  },
  {
    name: 'in an error that comes as an event stream',
    answer: { status: 500, chunks: [chunk({ content: 'how to build ' }), chunk({ content: WEAPON })] },
    must: BLOCKED,
  },
  {
    name: 'in a success that is an error',
    answer: { body: { error: { message: WEAPON } } },
    must: BLOCKED,
  },
  {
    name: 'in the body of a redirect',
    answer: {
      status: 307,
      body: { message: WEAPON },
      headers: { 'content-type': 'application/json', location: 'https://harbour.test/' },
    },
    must: BLOCKED,
  },
  {
    name: 'in a part of an answer',
    answer: { status: 206, body: completion({ content: WEAPON }) },
    must: REFUSED,
  },
];

const STREAMED: Case[] = [
  {
    name: 'in escapes, cut over deltas',
    answer: {
      chunks: [
        `data: {"choices":[{"index":0,"delta":{"content":"It is \\u0032\\u0033"}}]}\n\n`,
        ...[chunk({ content: '4-56-' }), chunk({ content: '7890.' }), DONE],
      ],
    },
    must: REDACTED,
  },
  {
    name: 'cut over deltas of interleaved choices',
    answer: {
      chunks: ['how to ', 'build a ', 'pipe bomb'].flatMap((piece) => [
        chunk({ content: piece }, 0),
        chunk({ content: 'harbour ' }, 1),
      ]),
    },
    must: BLOCKED,
  },
  {
    name: 'in escapes within the arguments of a tool call, cut over deltas',
    answer: { chunks: [calls('{"ssn":"\\u0032'), calls('34-56-78'), calls('90"}'), DONE] },
    must: REDACTED,
  },
  {
    name: 'in escapes within a key of the arguments of a tool call, cut over deltas',
    answer: { chunks: [calls('{"\\u0032'), calls('34-56-78'), calls('90":1}'), DONE] },
    must: UNAPPLIABLE,
  },
  {
    name: 'in the final event alone',
    answer: {
      chunks: [
        chunk({ content: 'Fine.' }),
        `data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, message: { content: WEAPON } }] })}\n\n`,
        DONE,
      ],
    },
    must: BLOCKED,
  },
  {
    name: 'behind the end of the stream',
    answer: { chunks: [DONE, chunk({ content: WEAPON })] },
    must: BLOCKED,
  },
  {
    name: 'in a line beside its end',
    answer: { chunks: [chunk({ content: 'Fine.' }), `data: [DONE] ${WEAPON}\n\n`] },
    must: REFUSED,
  },
  {
    name: 'in the name of an event',
    answer: { chunks: [`event: ${WEAPON}\n${chunk({ content: 'Fine.' })}`, DONE] },
    must: BLOCKED,
  },
  {
    name: 'in a key of a delta',
    answer: { chunks: [chunk({ content: 'Fine.', [WEAPON]: 1 }), DONE] },
    must: BLOCKED,
  },
  {
    name: 'in JSON over several data lines, with old line ends',
    answer: {
      chunks: [
        `data:{"choices":[{"index":0,\rdata:"delta":{"content":"how to build a"}}]}\r\r`,
        chunk({ content: ' pipe bomb' }),
      ],
    },
    must: BLOCKED,
  },
];

/** What is asked for without a prompt: answers that the provider has kept. */
const STORED: Case[] = [
  {
    name: 'in a list of stored answers',
    answer: { body: { data: [{ id: 'chatcmpl-1', ...completion({ content: WEAPON }) }] } },
    options: { path: '/v1/chat/completions?limit=1' },
    must: BLOCKED,
  },
  {
    name: 'in an item of a stored conversation',
    answer: { body: { data: [{ type: 'message', content: [{ type: 'output_text', text: WEAPON }] }] } },
    options: { path: '/v1/conversations/c/items' },
    must: BLOCKED,
  },
  {
    name: 'deep in what an evaluation has kept',
    answer: { body: { data: [{ sample: { output: [{ role: 'assistant', content: WEAPON }] } }] } },
    options: { path: '/v1/evals/e/runs/r/output_items' },
    must: BLOCKED,
  },
  {
    name: 'in a tool call of a stored run',
    answer: { body: { data: [{ step_details: { tool_calls: [calling(WEAPON).tool_calls[0]] } }] } },
    options: { path: '/v1/threads/t/runs/r/steps' },
    must: BLOCKED,
  },
  {
    name: 'in a file that holds the answers of a batch',
    answer: {
      body: ['Fine.', WEAPON]
        .map(
          (content) => `${JSON.stringify({ custom_id: 'a', response: { body: completion({ content }) } })}\n`,
        )
        .join(''),
      ...typed('application/octet-stream'),
    },
    options: { path: '/v1/files/f/content' },
    must: BLOCKED,
  },
  {
    name: 'in a script that wraps a stored answer',
    answer: {
      body: `// API callback\nf(${JSON.stringify(completion({ content: WEAPON }))});`,
      ...typed('text/javascript; charset=UTF-8'),
    },
    options: { path: '/v1/chat/completions/chatcmpl-1?callback=f' },
    must: REFUSED,
  },
  {
    name: 'behind another stored answer',
    answer: { body: `${JSON.stringify(completion({}))} ${JSON.stringify(completion({ content: WEAPON }))}` },
    options: { path: '/v1/chat/completions/chatcmpl-1' },
    must: REFUSED,
  },
  {
    name: 'cut over the events of a stored answer',
    answer: { chunks: [chunk({ content: 'how to build ' }), chunk({ content: 'a pipe bomb' }), DONE] },
    options: { path: '/v1/chat/completions/chatcmpl-1?stream=true' },
    must: BLOCKED,
  },
  {
    name: 'in the part of a stored answer that was asked for',
    answer: { status: 206, body: JSON.stringify(completion({ content: WEAPON })).slice(20) },
    options: { path: '/v1/chat/completions/chatcmpl-1', headers: { range: 'bytes=20-' } },
    must: REFUSED,
  },
];

/** A body that repeats what the client sent, told again where no prompt was. */
const ECHOES: Case[] = [
  {
    name: 'in the instructions that a stored response repeats',
    answer: {
      body: {
        object: 'response',
        instructions: `Never say ${NUMBER}.`,
        output: [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Fine.' }] }],
      },
    },
    options: { method: 'GET', path: '/v1/responses/resp_1' },
    must: REDACTED,
  },
  {
    name: 'in a completion that repeats its prompt',
    answer: { body: { object: 'text_completion', choices: [{ index: 0, text: `${NUMBER} it is.` }] } },
    request: JSON.stringify({ model: 'gpt-4o-mini', prompt: 'It is', echo: true }),
    options: { path: '/v1/completions' },
    must: REDACTED,
  },
  {
    name: 'in every event that repeats a response',
    answer: { chunks: responseStream(`It is ${NUMBER}.`) },
    request: JSON.stringify({ model: 'gpt-4o-mini', input: 'Hello.', stream: true }),
    options: { path: '/v1/responses' },
    must: REDACTED,
  },
];

/** The text is told five times. */
function responseStream(text: string): string[] {
  const at = { output_index: 0, content_index: 0, item_id: 'i' };
  const part = { type: 'output_text', text, annotations: [] };
  const item = { id: 'i', type: 'message', role: 'assistant', status: 'completed', content: [part] };
  return [
    ['response.output_text.delta', { ...at, delta: text.slice(0, 9) }],
    ['response.output_text.delta', { ...at, delta: text.slice(9) }],
    ['response.output_text.done', { ...at, text }],
    ['response.content_part.done', { ...at, part }],
    ['response.output_item.done', { output_index: 0, item }],
    ['response.completed', { response: { id: 'r', object: 'response', output: [item] } }],
  ].map(([type, fields]) => `event: ${type}\ndata: ${JSON.stringify({ type, ...(fields as object) })}\n\n`);
}

const attackOn = (route: string, one: Case, request = PROMPT): Attack => ({
  attack: `a text ${one.name}${route === 'openai' ? '' : `, on route ${route}`}`,
  against: 'no answer returns unread',
  plantedIn: 'answer',
  planted: one.must === BLOCKED || one.must === REFUSED ? WEAPON : NUMBER,
  answer: one.answer,
  send: (stage) => post(stage, one.request ?? request, { route, ...one.options }),
  must: one.must,
});

export const answers: Theme = {
  name: 'an answer that has something in it',
  stage: { routes: { live: { config: { response_mode: 'live' } } } },
  attacks: ['openai', 'live'].flatMap((route) => [
    ...WHOLE.map((one) => attackOn(route, one)),
    ...STREAMED.map((one) => attackOn(route, one, STREAM)),
    ...STORED.map((one) => attackOn(route, { ...one, options: { method: 'GET', ...one.options } })),
    ...ECHOES.map((one) => attackOn(route, one)),
  ]),
};
