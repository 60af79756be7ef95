/** Two guardrails on one route: ours beside one of Kong's, and beside another instance of ours. */
import { expect } from 'vitest';
import type { GatewayDriver } from '../../../testkit/harness/gateways/driver.ts';
import { embedded } from '../../../testkit/harness/gateways/embedded.ts';
import type { RouteVariant } from '../../../testkit/harness/stage.ts';
import { MODEL, toAnthropic } from '../ai-proxy.ts';
import { answerOf } from '../provider-answers.ts';
import { chatBody } from '../provider-prompts.ts';
import {
  asked,
  type Bug,
  CHAT,
  chat,
  type Ground,
  INJECTION,
  LEAK,
  MASKED,
  REPLACED,
  received,
  SECRET,
} from './bug.ts';

const APART = { bug: 'several guardrail plugins cannot function together', fixedIn: '3.14.0.5' };

/** Another plugin that reads the same bodies, between our two. */
interface Neighbour {
  name: string;
  route: RouteVariant;
  path: string;
  /** What shows that it has done its own work too. */
  expectAtWork(on: Ground): Promise<void>;
}

const prompt = (content: string) => JSON.stringify({ ...chatBody(content), model: MODEL });

const promptGuard: Neighbour = {
  name: "Kong's ai-prompt-guard",
  route: {
    config: { upstream_llm: { provider: 'anthropic', api_uri: '/v1/messages' } },
    plugins: [{ name: 'ai-prompt-guard', config: { deny_patterns: ['codename', SECRET] } }],
  },
  path: '/v1/messages',
  async expectAtWork({ stage }) {
    const { status, text } = await stage.post(prompt('the codename'), {
      route: 'neighboured',
      path: '/v1/messages',
    });
    expect({ status, text }).toMatchObject({ status: 400, text: expect.stringContaining('bad request') });
    expect(asked(stage.aidr, 'input')).toHaveLength(1);
  },
};

const aiProxy: Neighbour = {
  name: "Kong's ai-proxy",
  route: toAnthropic,
  path: CHAT,
  async expectAtWork({ stage }) {
    const { text } = await stage.post(prompt('Hello!'), { route: 'neighboured' });
    expect(JSON.parse(text)).toMatchObject({ object: 'chat.completion' });
    expect(stage.provider.requests[0]).toMatchObject({ path: '/v1/messages' });
  },
};

/** The embedded gateway has no guardrail of Kong's. */
export function neighbourOn(driver: GatewayDriver): Neighbour {
  return driver === embedded ? aiProxy : promptGuard;
}

export function neighbourBugs({ name, path, expectAtWork }: Neighbour): Bug[] {
  return [
    {
      ...APART,
      promise: `beside ${name}, both plugins do their work on every request and answer`,
      async check(on) {
        const { stage } = on;
        const post = (text: string) => stage.post(prompt(text), { route: 'neighboured', path });
        stage.provider.answer(answerOf(`It is ${LEAK}.`));
        const reply = await post(`I am ${SECRET}.`);
        expect(reply).toMatchObject({ status: 200, text: expect.stringContaining(`"It is ${MASKED}."`) });
        expect(received(stage)).toEqual([expect.stringContaining(`"I am ${REPLACED}."`)]);
        const { status, text } = await post(INJECTION);
        expect({ status, reason: JSON.parse(text).status }).toEqual({
          status: 400,
          reason: 'Prompt has been rejected by CrowdStrike AIDR',
        });
        stage.reset();
        stage.provider.answer(answerOf('Hello!'));
        await expectAtWork(on);
      },
    },
    {
      ...APART,
      promise:
        "beside an instance of a consumer's own each direction is inspected once, by the instance that holds",
      check: narrowestInstanceHolds,
    },
  ];
}

async function narrowestInstanceHolds({ stage, alicesAidr }: Ground): Promise<void> {
  const post = (text: string, apikey: string) =>
    stage.post(chat(['user', text]), { route: 'keyed', headers: { apikey } });
  const directions = () =>
    [alicesAidr, stage.aidr].map((aidr) =>
      aidr.calls.map(({ body }) => (body as { event_type: string }).event_type),
    );
  expect((await post('Hello!', 'k-alice')).status).toBe(200);
  expect(directions()).toEqual([['input'], ['output']]);
  expect((await post('Hello!', 'k-bob')).status).toBe(200);
  expect(directions()).toEqual([['input'], ['output', 'input', 'output']]);
  for (const key of ['k-alice', 'k-bob']) expect((await post(INJECTION, key)).status).toBe(400);
  expect(received(stage)).toHaveLength(2);
}
