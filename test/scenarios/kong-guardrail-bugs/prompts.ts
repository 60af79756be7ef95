/** Prompts that Kong's guardrails did not read, read wrongly, or damaged. */
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { PNG } from '../../png.ts';
import { NATIVE_PROMPTS, type PromptShape } from '../provider-prompts.ts';
import {
  asked,
  type Bug,
  CHAT,
  chat,
  type Ground,
  INJECTION,
  REPLACED,
  received,
  SECRET,
  textsAsked,
} from './bug.ts';

export const PROMPT_BUGS: Bug[] = [
  {
    bug: 'text_source is not honoured',
    fixedIn: '3.14.0.11',
    promise: 'every turn of every role is inspected, or with inspect_history: new_turns what is new',
    check: textsAreAsConfigured,
  },
  {
    bug: 'input_text of the Responses API is not extracted',
    fixedIn: '3.14.0.11',
    promise: 'input_text parts are inspected and redacted',
    async check({ stage }) {
      const part = (text: string) => ({ type: 'input_text', text });
      const body = (text: string) =>
        JSON.stringify({
          model: 'gpt-4o-mini',
          input: [{ role: 'user', content: [part('Hello.'), part(text)] }],
        });
      await expectRedacted(stage, '/v1/responses', body);
      await expectBlocked(stage, '/v1/responses', body);
    },
  },
  {
    bug: 'the input of llm/v1/responses is not recognised',
    fixedIn: '3.14.0.10',
    promise: 'the instructions and the plain input of a response are inspected and redacted',
    async check({ stage }) {
      const input = (text: string) =>
        JSON.stringify({ model: 'gpt-4o-mini', instructions: 'Be brief.', input: text });
      const instructions = (text: string) =>
        JSON.stringify({ model: 'gpt-4o-mini', instructions: text, input: 'Hi' });
      for (const body of [input, instructions]) {
        await expectRedacted(stage, '/v1/responses', body);
        await expectBlocked(stage, '/v1/responses', body);
      }
    },
  },
  {
    bug: "requests in a provider's native format are not inspected",
    fixedIn: '3.14.0.11',
    promise: 'an attack in any native format is blocked',
    async check({ stage }) {
      for (const shape of Object.values(NATIVE_PROMPTS)) await expectBlocked(stage, ...natively(shape));
    },
  },
  {
    bug: 'formats other than that of OpenAI are not accepted',
    fixedIn: '3.13.0.0',
    promise: 'a prompt in any native format arrives, redacted and otherwise as it was sent',
    async check({ stage }) {
      for (const shape of Object.values(NATIVE_PROMPTS)) await expectRedacted(stage, ...natively(shape));
    },
  },
  {
    bug: 'masking replaces the whole raw body',
    fixedIn: '3.14.0.11',
    promise: 'a redaction changes the characters that AIDR changed, and no other byte of the body',
    async check({ stage }) {
      const body = (text: string) =>
        `{ "messages" : [{"role":"system","content":"No \\u0041"},\n\t{"content":"caf\\u00e9 ${text} \\/","role":"user"}],
           "model":"gpt-4o-mini", "seed":12345678901234567890, "temperature":1.0e0 }`;
      await expectRedacted(stage, CHAT, body);
    },
  },
  {
    bug: 'multi-modal content breaks the plugin',
    fixedIn: '3.11.0.3',
    promise: 'texts beside images, sounds and files are inspected, and the media arrive as they were',
    check: mediaStay,
  },
  {
    bug: 'an empty array is encoded as an empty object',
    fixedIn: '3.11.0.4',
    promise: 'empty lists and objects of a redacted prompt stay what they are',
    async check({ stage }) {
      const parameters = { type: 'object', properties: {}, required: [], enum: [] };
      const body = (content: string) =>
        JSON.stringify({
          model: 'gpt-4o-mini',
          messages: [{ role: 'user', content }],
          stop: [],
          metadata: {},
          tools: [{ type: 'function', function: { name: 'f', parameters } }],
        });
      await expectRedacted(stage, CHAT, body);
      expect(received(stage)[0]).toContain('"required":[]');
    },
  },
  {
    bug: 'the first user message is checked instead of the last',
    fixedIn: '3.8.0.0',
    promise: 'an attack is found in the last message as in the first, and local rules mean the last one',
    check: lastMessageCounts,
  },
  {
    bug: 'a body in brotli or gzip cannot be decoded',
    fixedIn: '3.14.0.13',
    promise: 'a compressed prompt is inspected: its bytes stay, or it is redacted',
    async check({ stage }) {
      for (const [encoding, encode] of [
        ['br', brotliCompressSync],
        ['gzip', gzipSync],
      ] as const) {
        stage.reset();
        const headers = { 'content-encoding': encoding };
        const post = (text: string) => stage.post(encode(chat(['user', text])), { headers });
        expect((await post(INJECTION)).status).toBe(400);
        expect((await post('Hello!')).status).toBe(200);
        expect((await post(`I am ${SECRET}.`)).status).toBe(200);
        const [plain, redacted] = stage.provider.requests;
        expect(plain?.body).toEqual(encode(chat(['user', 'Hello!'])));
        expect(redacted?.body.toString()).toBe(chat(['user', `I am ${REPLACED}.`]));
      }
    },
  },
];

/** Where the stage has the provider's route, and its body as it goes on the wire. */
function natively({ provider, path, body }: PromptShape): [string, (text: string) => string, string] {
  return [path, (text) => JSON.stringify(body(text)), provider];
}

async function expectBlocked(
  stage: Ground['stage'],
  path: string,
  body: (text: string) => string,
  route = 'openai',
): Promise<void> {
  stage.reset();
  const { status, text } = await stage.post(body(INJECTION), { route, path });
  expect({ path, status, text }).toMatchObject({ status: 400, text: expect.stringContaining('rejected') });
  expect(received(stage)).toEqual([]);
}

/** The whole of what arrives, so that nothing else of it can have changed. */
async function expectRedacted(
  stage: Ground['stage'],
  path: string,
  body: (text: string) => string,
  route = 'openai',
): Promise<void> {
  stage.reset();
  await stage.post(body(`I am ${SECRET}.`), { route, path });
  expect(received(stage)).toEqual([body(`I am ${REPLACED}.`)]);
}

async function textsAreAsConfigured({ stage }: Ground): Promise<void> {
  const body = chat(
    ['system', 'Of seas.'],
    ['user', 'Of rivers.'],
    ['assistant', 'Of lakes.'],
    ['tool', 'Of ponds.'],
    ['user', 'Of wells.'],
  );
  await stage.post(body);
  expect(textsAsked(stage.aidr, 'input')).toEqual(
    ['Of seas.', 'Of rivers.', 'Of lakes.', 'Of ponds.', 'Of wells.'].sort(),
  );
  stage.reset();
  await stage.post(body, { route: 'new-turns' });
  expect(textsAsked(stage.aidr, 'input')).toEqual(['Of ponds.', 'Of seas.', 'Of wells.']);
}

async function mediaStay({ stage }: Ground): Promise<void> {
  const content = (text: string) => [
    { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}`, detail: 'low' } },
    { type: 'text', text },
    { type: 'input_audio', input_audio: { data: PNG, format: 'wav' } },
    { type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${PNG}` } },
  ];
  const body = (text: string) => chat(['user', content(text)]);
  await expectBlocked(stage, CHAT, body);
  await expectRedacted(stage, CHAT, body);
  expect(JSON.stringify(asked(stage.aidr, 'input'))).not.toContain(PNG);
}

async function lastMessageCounts({ stage }: Ground): Promise<void> {
  const bad = (text: string, ...at: number[]) =>
    chat(
      ['user', at.includes(0) ? text : 'Hello.'],
      ['assistant', 'Yes?'],
      ['user', at.includes(1) ? text : 'Go on.'],
    );
  for (const at of [0, 1]) expect((await stage.post(bad(INJECTION, at))).status).toBe(400);
  expect(received(stage)).toEqual([]);
  const denied = (at: number) => stage.post(bad('the magic word', at), { route: 'last-denied' });
  expect([await denied(0), await denied(1)].map(({ status }) => status)).toEqual([200, 400]);
}
