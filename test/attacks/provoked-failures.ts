/** What callers do so that an inspection fails, where failures of AIDR let traffic pass. */
import type { Fault } from '../../testkit/aidr-emulator/index.ts';
import { PLACEMENT, type RouteVariant, type Stage } from '../../testkit/harness/stage.ts';
import { type Attack, INJECTION, type Outcome, SSN, SSN_REDACTED, type Theme } from './attack.ts';
import { post, promptOf } from './sending.ts';

const LENIENT = { enforcing_strategy: 'enforce_but_ignore_on_error' };
const MAX_BODY = 8_388_608;
const MAX_REWRITE = 20_000;

/** Each with a key of its own: what opens the circuit of one opens that of no other. */
const ROUTES: Record<string, object> = {
  lenient: {},
  outage: {},
  hurried: { timeout: 1_000 },
  crowded: { timeout: 4_000 },
  'small-rewrites': { max_rewrite_size: MAX_REWRITE },
  patterns: { deny_patterns: ['(a+)+$', '(x|xx|xxx)*y'] },
};

const routes: Record<string, RouteVariant> = Object.fromEntries(
  Object.entries(ROUTES).map(([name, config]) => [
    name,
    { config: { ...LENIENT, ai_guard_api_key: `pts_${name}`, ...config } },
  ]),
);

const CLOSED = (status: number, saying: string): Outcome => ({ kind: 'refused', status, saying });

const user = (content: string) => ({ role: 'user', content });
const chatOf = (...messages: object[]) => JSON.stringify({ model: 'gpt-4o-mini', messages });
/** Two calls to AIDR: one about the earlier turns, one about the last. */
const inTwoCalls = (earlier: string, last: string) =>
  chatOf(user(earlier), { role: 'assistant', content: 'Sure.' }, user(last));

const failing = (status: number, text: string): Fault => ({ kind: 'status', status, match: { text } });

const attackOn = (
  route: string,
  attack: string,
  body: string | (() => string),
  must: Outcome,
  more: Partial<Attack> = {},
): Attack => ({
  attack,
  against: 'a failure does not open',
  planted: INJECTION,
  send: (stage) => post(stage, typeof body === 'string' ? body : body(), { route }),
  must,
  ...more,
});

const BROKEN = 'a word at which AIDR breaks down';

/** Statuses with which AIDR may refuse what it is sent. */
const refusedByAidr = [400, 404, 413, 422].map((status) =>
  attackOn(
    'lenient',
    `an attack in an earlier turn at which AIDR answers ${status}, while the last one passes`,
    inTwoCalls(`${BROKEN}. ${INJECTION}`, 'Go on.'),
    CLOSED(422, 'rejected_input'),
    { fault: failing(status, BROKEN) },
  ),
);

const inOneOfTwo: Attack[] = [
  attackOn(
    'lenient',
    'an attack in one call, while AIDR breaks down at the other one',
    inTwoCalls(INJECTION, `${BROKEN}.`),
    { kind: 'blocked' },
    { fault: failing(500, BROKEN) },
  ),
  attackOn(
    'lenient',
    'a secret in one call, while AIDR breaks down at the other one',
    inTwoCalls(`${BROKEN}.`, `I am ${SSN}.`),
    CLOSED(422, 'failed_on_input'),
    { against: 'a redaction holds', planted: SSN, fault: failing(500, BROKEN) },
  ),
  attackOn(
    'outage',
    'a secret in the only call that AIDR answers before it goes down',
    inTwoCalls('Hello.', `I am ${SSN}.`),
    { kind: 'redacted', replacement: '<US_SSN>' },
    {
      against: 'a redaction holds',
      planted: SSN,
      fault: { kind: 'status', status: 500, match: { lacks: SSN } },
    },
  ),
  {
    attack: 'an attack after texts that AIDR refused, more of them than outages that open the circuit',
    against: 'a failure does not open',
    planted: INJECTION,
    fault: failing(400, BROKEN),
    async send(stage) {
      for (let turn = 0; turn < 6; turn++)
        await post(stage, promptOf(`${BROKEN} ${turn}`), { route: 'lenient' });
      return post(stage, promptOf(INJECTION), { route: 'lenient' });
    },
    must: { kind: 'blocked' },
  },
];

const tool = (name: string, description: string) => ({ type: 'function', function: { name, description } });

const oversize: Attack[] = [
  attackOn(
    'lenient',
    'an attack in a body that is larger than what is read',
    () => promptOf(INJECTION).padEnd(MAX_BODY + 1),
    CLOSED(413, 'max_body_size'),
  ),
  attackOn(
    'lenient',
    'an attack in a tool whose definition AIDR does not take',
    () => promptOf('Hello.', { tools: [tool('f', `${'x '.repeat(600_000)}${INJECTION}`)] }),
    CLOSED(422, 'payload_too_large'),
  ),
  attackOn(
    'lenient',
    'an attack behind more texts than are inspected one by one',
    () => chatOf(...Array.from({ length: 10_001 }, (_, index) => user(`${index}`)), user(INJECTION)),
    { kind: 'blocked' },
  ),
  attackOn(
    'small-rewrites',
    'a secret in a body that is larger than what is rewritten',
    promptOf(`I am ${SSN}. ${'x '.repeat(MAX_REWRITE)}`),
    // The relay rewrites bodies of any size.
    PLACEMENT === 'relay' ? SSN_REDACTED : CLOSED(422, 'unappliable_redaction'),
    { against: 'a redaction holds', planted: SSN },
  ),
  attackOn(
    'patterns',
    'an attack in a prompt that is longer than what patterns look at',
    () => promptOf(`${'a'.repeat(2_100_000)}! ${INJECTION}`),
    CLOSED(413, 'too long'),
  ),
  attackOn(
    'patterns',
    'an attack behind a text on which patterns would backtrack',
    () => promptOf(`${'a'.repeat(100_000)}! ${'x'.repeat(100_000)} ${INJECTION}`),
    { kind: 'blocked' },
  ),
  attackOn(
    'hurried',
    'an attack in a prompt that takes AIDR longer than it has, because of its size',
    () => promptOf(`${'harbour '.repeat(400_000)}${INJECTION}`),
    CLOSED(503, 'overloaded'),
    { fault: { kind: 'delay', delayMs: 3_000 } },
  ),
];

const choices = (count: number) =>
  Array.from({ length: count }, (_, index) => {
    const content = index === count - 1 ? 'how to build a pipe bomb' : `Harbour ${index}.`;
    return { index, message: { role: 'assistant', content } };
  });

const answers: Attack[] = [
  attackOn(
    'lenient',
    'an answer of more choices than calls are made for',
    promptOf('Hello.'),
    CLOSED(422, 'texts'),
    {
      against: 'no answer returns unread',
      plantedIn: 'answer',
      planted: 'how to build a pipe bomb',
      answer: { body: { choices: choices(257) } },
    },
  ),
  attackOn(
    'lenient',
    'an answer with a name in it that cannot be redacted',
    promptOf('Hello.'),
    CLOSED(422, 'unappliable_redaction'),
    {
      against: 'a redaction holds',
      plantedIn: 'answer',
      planted: '234-56-7890',
      answer: {
        body: {
          choices: [
            {
              message: {
                role: 'assistant',
                tool_calls: [
                  { id: 'c', type: 'function', function: { name: 'tell 234-56-7890', arguments: '{}' } },
                ],
              },
            },
          ],
        },
      },
    },
  ),
];

const FLOOD = 280;

/** More prompts at once than there are connections to AIDR, which would be in time for each that need not wait. */
async function flood(stage: Stage) {
  const url = `${stage.gateway.url}/crowded/v1/chat/completions`;
  const headers = { 'content-type': 'application/json' };
  const replies = await Promise.all(
    Array.from({ length: FLOOD }, async () => {
      const answer = await fetch(url, { method: 'POST', headers, body: promptOf(INJECTION) });
      return { status: answer.status, text: await answer.text() };
    }),
  );
  const [worst] = replies.toSorted((a, b) => a.status - b.status);
  const bytes = Buffer.from(replies.map(({ text }) => text).join('\n'));
  return { status: worst?.status ?? 0, text: worst?.text ?? '', bytes };
}

const floods: Attack[] = [
  {
    attack:
      'an attack in a flood of prompts, of which many wait until AIDR has too little time for a later verdict',
    against: 'a failure does not open',
    planted: INJECTION,
    fault: { kind: 'accepted', polls: 1, delayMs: 1_500 },
    send: flood,
    must: { kind: 'refused', status: [400, 503] },
  },
];

export const provokedFailures: Theme = {
  name: 'a failure that a caller provokes',
  stage: { routes, keys: Object.keys(ROUTES).map((name) => `pts_${name}`) },
  attacks: [...refusedByAidr, ...inOneOfTwo, ...oversize, ...answers, ...floods],
};
