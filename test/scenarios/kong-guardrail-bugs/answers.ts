/** Answers that Kong's guardrails failed on, did not read, or restored wrongly. */
import { expect } from 'vitest';
import type { Answer } from '../../../testkit/providers/index.ts';
import { answerOf } from '../provider-answers.ts';
import { NATIVE_PROMPTS, OPENAI_PROMPTS } from '../provider-prompts.ts';
import { chatStream } from '../streams.ts';
import { type Bug, chat, type Ground, LEAK, MASKED, received, textsAsked, WEAPON } from './bug.ts';

const HELLO = chat(['user', 'Hello!']);

const completion = (message: unknown, more: object = {}) => ({
  object: 'chat.completion',
  choices: [{ index: 0, finish_reason: 'stop', message }],
  ...more,
});

const saying = (content: string, more?: object) => completion({ role: 'assistant', content, ...more });

export const ANSWER_BUGS: Bug[] = [
  {
    bug: 'empty response content is a 500',
    fixedIn: '3.14.0.10',
    promise: 'an answer without content passes as it is, in whichever format',
    check: emptyAnswersPass,
  },
  {
    bug: 'choices: null crashes the plugin',
    fixedIn: '3.14.0.0',
    promise: 'choices: null is no choices: what stands beside it is inspected, in a stream as well',
    async check({ stage }) {
      const none = (more: object) => JSON.stringify({ id: 'chatcmpl-1', choices: null, ...more });
      for (const more of [{}, { usage: null }, { error: { message: 'busy' } }]) {
        stage.provider.answer({ body: none(more) });
        expect(await stage.post(HELLO)).toMatchObject({ status: 200, text: none(more) });
      }
      const failing = (text: string) => none({ error: { message: text } });
      stage.provider.answer({ body: failing(`quota of ${LEAK}`) });
      expect(await stage.post(HELLO)).toMatchObject({ status: 200, text: failing(`quota of ${MASKED}`) });
      stage.reset();
      const usage = `data: ${JSON.stringify({ id: 'chatcmpl-1', choices: null, usage: { total_tokens: 2 } })}\n\n`;
      stage.provider.answer({ chunks: [usage, ...chatStream(`It is ${LEAK}.`)] });
      expect(await stage.post(HELLO)).toMatchObject({
        status: 200,
        text: [usage, ...chatStream(`It is ${MASKED}.`)].join(''),
      });
      expect(textsAsked(stage.aidr, 'output')).toEqual([`It is ${LEAK}.`]);
    },
  },
  {
    bug: 'the whole JSON is scanned, so that metadata are false positives',
    fixedIn: '3.15.0.0',
    promise: 'ids, fingerprints and numbers of an answer are not what AIDR is asked about',
    async check({ stage }) {
      const usage = { prompt_tokens: 234567890, completion_tokens: 4111111111111111, total_tokens: 1 };
      const ids = {
        id: 'chatcmpl-D8Z5f52zQqikDBEKQMQoYcWM',
        system_fingerprint: 'fp_de604bd877',
        created: 1760000000,
      };
      const body = { ...saying('Hello!'), ...ids, model: 'gpt-4o-mini-2024-07-18', usage };
      stage.provider.answer({ body });
      expect(await stage.post(HELLO)).toMatchObject({ status: 200, text: JSON.stringify(body) });
      expect(textsAsked(stage.aidr, 'output')).toEqual(['Hello!']);
    },
  },
  {
    bug: 'placeholders and texts with the same prefix are restored wrongly',
    fixedIn: '3.11.0.5',
    promise: 'values that begin alike are redacted and restored each in its own length',
    check: prefixesAreTold,
  },
  {
    bug: 'an empty array is encoded as an empty object',
    fixedIn: '3.11.0.4',
    promise: 'empty lists and objects of a redacted answer stay what they are',
    async check({ stage }) {
      const lists = { annotations: [], tool_calls: [], metadata: {} };
      stage.provider.answer({ body: saying(`It is ${LEAK}.`, lists) });
      const { text } = await stage.post(HELLO);
      expect(text).toBe(JSON.stringify(saying(`It is ${MASKED}.`, lists)));
    },
  },
  {
    bug: 'responses in non-stream mode are not inspected',
    fixedIn: '3.11.0.0',
    promise: 'a whole answer of Bedrock is inspected, masked and blocked',
    async check({ stage }) {
      const shape = NATIVE_PROMPTS['Bedrock converse'];
      const ask = () =>
        stage.post(JSON.stringify(shape?.body('Hello!')), { route: 'bedrock', path: shape?.path ?? '' });
      stage.provider.answer(answerOf(`It is ${LEAK}.`));
      expect((await ask()).text).toContain(`"text":"It is ${MASKED}."`);
      stage.provider.answer(answerOf(WEAPON));
      const { status, text } = await ask();
      expect({ status, text }).toMatchObject({ status: 400, text: expect.stringContaining('rejected') });
      expect(text).not.toContain(WEAPON);
    },
  },
  {
    bug: 'a body in brotli or gzip cannot be decoded',
    fixedIn: '3.14.0.13',
    promise: 'an answer in brotli, to a client that advertised it, is inspected and can be read',
    async check({ stage }) {
      const shape = NATIVE_PROMPTS['Anthropic messages'];
      const text = answerOf(`It is ${LEAK}.`);
      stage.provider.answer((request) => ({ ...text(request), encoding: 'br' }));
      const reply = await stage.post(JSON.stringify(shape?.body('Hello!')), {
        route: 'anthropic',
        path: shape?.path ?? '',
        headers: { 'accept-encoding': 'gzip, br' },
      });
      expect(JSON.parse(reply.text).content).toEqual([{ type: 'text', text: `It is ${MASKED}.` }]);
    },
  },
  {
    bug: 'gzip-encoded responses are not decompressed',
    fixedIn: '3.13.0.0',
    promise: 'an answer in gzip is inspected, whole or streamed',
    async check({ stage }) {
      const answers: [Answer, string][] = [
        [{ body: saying(`It is ${LEAK}.`), encoding: 'gzip' }, JSON.stringify(saying(`It is ${MASKED}.`))],
        [{ chunks: chatStream(`It is ${LEAK}.`), encoding: 'gzip' }, chatStream(`It is ${MASKED}.`).join('')],
      ];
      for (const [answer, text] of answers) {
        stage.provider.answer(answer);
        expect(await stage.post(HELLO)).toMatchObject({ status: 200, text });
      }
    },
  },
];

/** Nothing at all, nothing yet, nothing any more: by the path of the API. */
const EMPTY: [path: string, route: string, answers: object[]][] = [
  [
    '/v1/chat/completions',
    'openai',
    [saying(''), completion({ role: 'assistant' }), completion({ content: null }), { choices: [] }],
  ],
  ['/v1/responses', 'openai', [{ object: 'response', status: 'incomplete', output: [] }]],
  ['/v1/messages', 'anthropic', [{ type: 'message', role: 'assistant', content: [] }]],
  [
    '/v1beta/models/gemini-2.5-flash:generateContent',
    'gemini',
    [
      { candidates: [{ finishReason: 'MAX_TOKENS', content: { role: 'model' } }] },
      { candidates: [{ finishReason: 'SAFETY' }] },
      { promptFeedback: { blockReason: 'OTHER' } },
    ],
  ],
  ['/v2/chat', 'cohere', [{ finish_reason: 'COMPLETE', message: { role: 'assistant', content: [] } }]],
  [
    '/model/amazon.nova-lite-v1:0/converse',
    'bedrock',
    [{ output: { message: { role: 'assistant', content: [] } }, stopReason: 'end_turn' }],
  ],
];

async function emptyAnswersPass({ stage }: Ground): Promise<void> {
  const prompts = { ...OPENAI_PROMPTS, ...NATIVE_PROMPTS };
  for (const [path, route, answers] of EMPTY) {
    const shape = Object.values(prompts).find((prompt) => prompt.path === path);
    for (const body of answers) {
      stage.provider.answer({ body });
      const { status, text } = await stage.post(JSON.stringify(shape?.body('Hello!')), { route, path });
      expect({ path, status, text }).toEqual({ path, status: 200, text: JSON.stringify(body) });
    }
  }
}

async function prefixesAreTold({ stage }: Ground): Promise<void> {
  const [short, long] = ['4222222222222', '4222222222222006'];
  stage.provider.answer(({ body }) => {
    const [first, second] = JSON.parse(body.toString()).messages[0].content.match(/\d+/g) ?? [];
    return { body: saying(`${second}, ${first}, jane@example.com.au, jane@example.com`) };
  });
  const { text } = await stage.post(chat(['user', `Compare ${short} with ${long}`]));
  const mails = `${'*'.repeat('jane@example.com.au'.length)}, ${'*'.repeat('jane@example.com'.length)}`;
  expect(JSON.parse(text)).toEqual(saying(`${long}, ${short}, ${mails}`));
  const [prompt = ''] = received(stage);
  expect(prompt).toMatch(/Compare \d{13} with \d{16}"/);
  expect(prompt).not.toContain(short);
}
