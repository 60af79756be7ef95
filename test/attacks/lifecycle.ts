/** Attacks at the moments when plugin servers die, configurations change and clients leave. */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../../testkit/aidr-emulator/index.ts';
import type { RouteVariant, Stage } from '../../testkit/harness/stage.ts';
import { type Attack, INJECTION, type Outcome, SSN, SSN_REDACTED, type Theme } from './attack.ts';
import { headOf } from './raw-http.ts';
import { post, promptOf, sendRaw } from './sending.ts';

const WEAPON = 'how to build a pipe bomb';
const MAIL = 'jane.doe@harbour.test';

/** Milliseconds until something happens that takes a gateway a second or two. */
const PATIENCE = 15_000;
/** Milliseconds for which AIDR keeps a verdict back: long enough to do something meanwhile. */
const MEANWHILE = 800;

/** Kong's, nginx's or the guard's own: whoever notices first. */
const NOBODY_GETS_IT: Outcome = { kind: 'refused', status: [422, 500, 502, 503] };

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + PATIENCE; Date.now() < deadline; await sleep(20)) {
    if (await condition()) return;
  }
  throw new Error('it never happened');
}

const isAsked = (stage: Stage, about: string) => () =>
  stage.aidr.calls.some(({ raw }) => raw.includes(about));

/** Plugins refuse it at once, and so it reaches nobody while it is tried again and again. */
const NO_JSON = 'no JSON';

const untilServed = (stage: Stage, route = 'openai') =>
  until(async () => (await post(stage, NO_JSON, { route })).status === 400);

async function killAndWait(stage: Stage): Promise<void> {
  await stage.gateway.killPluginServers();
  await untilServed(stage);
}

/** Reloads the gateway with another configuration of one route. */
async function change(stage: Stage, config: Record<string, unknown>): Promise<void> {
  await stage.reload(routesWith(config));
  await untilServed(stage, 'changing');
}

const slow = (text: string): Fault => ({ kind: 'delay', delayMs: MEANWHILE, match: { text } });
const slowAnswers: Fault = { kind: 'delay', delayMs: MEANWHILE, match: { event_type: 'output' } };

/** Sends a prompt, and does something while AIDR thinks about what the text stands in. */
async function meanwhile(stage: Stage, about: string, body: string, route: string, act: () => Promise<void>) {
  const [received] = await Promise.all([
    post(stage, body, { route }),
    until(isAsked(stage, about)).then(act),
  ]);
  return received;
}

const answering = (content: string) => ({
  body: { choices: [{ index: 0, message: { role: 'assistant', content } }] },
});

const chunkOf = (content: string) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;

const kills: Attack[] = [
  {
    attack: 'a prompt under inspection, while the plugin servers are killed',
    against: 'no prompt leaves unread',
    planted: INJECTION,
    fault: slow(INJECTION),
    send: (stage) => meanwhile(stage, INJECTION, promptOf(INJECTION), 'openai', () => killAndWait(stage)),
    must: NOBODY_GETS_IT,
  },
  {
    attack: 'an answer under inspection, while the plugin servers are killed',
    against: 'no answer returns unread',
    plantedIn: 'answer',
    planted: WEAPON,
    answer: answering(WEAPON),
    fault: slowAnswers,
    send: (stage) => meanwhile(stage, WEAPON, promptOf('Hello.'), 'openai', () => killAndWait(stage)),
    must: NOBODY_GETS_IT,
  },
  {
    attack: 'the end of a live stream, while the plugin servers are killed in its middle',
    against: 'no answer returns unread',
    plantedIn: 'answer',
    planted: WEAPON,
    answer: {
      chunks: [...Array.from({ length: 20 }, (_, at) => chunkOf(`Harbour number ${at}. `)), chunkOf(WEAPON)],
      delayMs: 50,
    },
    async send(stage) {
      const body = promptOf('Hello.', { stream: true });
      const head = headOf('POST /live/v1/chat/completions HTTP/1.1', [
        ...['Content-Type: application/json', 'Connection: close'],
        `Content-Length: ${body.length}`,
      ]);
      const [received] = await Promise.all([
        sendRaw(stage, [head + body]),
        until(() => stage.provider.underWay > 0).then(() => killAndWait(stage)),
      ]);
      return received;
    },
    // Its beginning may have been on its way.
    must: { kind: 'refused', status: [0, 200, 422, 500, 502, 503] },
  },
  {
    attack: 'a redacted value that comes back when nobody remembers it',
    against: 'a redaction holds',
    planted: SSN,
    async send(stage) {
      const told = { role: 'user', content: `I am ${SSN}.` };
      await post(stage, JSON.stringify({ model: 'gpt-4o-mini', messages: [told] }));
      await killAndWait(stage);
      const later = [told, { role: 'assistant', content: 'Hello.' }, { role: 'user', content: 'And?' }];
      return post(stage, JSON.stringify({ model: 'gpt-4o-mini', messages: later }));
    },
    must: SSN_REDACTED,
  },
];

const leaving: Attack[] = [
  {
    attack: 'a prompt whose client has left before AIDR answers',
    against: 'no prompt leaves unread',
    planted: INJECTION,
    fault: slow(INJECTION),
    async send(stage) {
      const { hostname, port } = new URL(stage.gateway.url);
      const socket = connect(Number(port), hostname);
      socket.on('error', () => undefined);
      const body = promptOf(INJECTION);
      const lines = ['Content-Type: application/json', `Content-Length: ${body.length}`];
      socket.write(headOf('POST /openai/v1/chat/completions HTTP/1.1', lines) + body);
      await until(isAsked(stage, INJECTION));
      socket.destroy();
      await sleep(2 * MEANWHILE);
      return { status: 0, text: '', bytes: Buffer.of() };
    },
    must: { kind: 'refused', status: 0 },
  },
];

const DIRECTIONS = ['crowdstrike-aidr-request', 'crowdstrike-aidr-response'] as const;

const routesWith = (changing: Record<string, unknown>): Record<string, RouteVariant> => ({
  live: { config: { response_mode: 'live', window_chars: 40, window_overlap_chars: 20 } },
  changing: { config: changing },
  ...Object.fromEntries(DIRECTIONS.map((direction) => [`without-${direction}`, { without: [direction] }])),
});
const BEFORE = {};

const changes: Attack[] = [
  {
    attack: 'a text that passed before its route was set to block on any detection',
    against: 'a rule of one caller or route is not for another',
    planted: MAIL,
    beside: 1,
    async send(stage) {
      const told = { role: 'user', content: `Write to ${MAIL}.` };
      await post(stage, JSON.stringify({ model: 'gpt-4o-mini', messages: [told] }), { route: 'changing' });
      await change(stage, { enforce_on_detection: true });
      const later = [told, { role: 'assistant', content: 'Done.' }, { role: 'user', content: 'And?' }];
      return post(stage, JSON.stringify({ model: 'gpt-4o-mini', messages: later }), { route: 'changing' });
    },
    must: { kind: 'blocked' },
  },
  {
    attack: 'a prompt under inspection, while its route is set to audit',
    against: 'no prompt leaves unread',
    planted: INJECTION,
    fault: slow(INJECTION),
    send(stage) {
      return meanwhile(stage, INJECTION, promptOf(INJECTION), 'changing', () =>
        stage.reload(routesWith({ enforcing_strategy: 'audit' })),
      );
    },
    must: { kind: 'blocked' },
  },
];

const halves: Attack[] = [
  {
    attack: 'a prompt on a route whose request plugin was taken away',
    against: 'a failure does not open',
    planted: INJECTION,
    send: (stage) => post(stage, promptOf(INJECTION), { route: `without-${DIRECTIONS[0]}` }),
    must: { kind: 'refused', status: 503, saying: 'guard: the prompt was not inspected' },
  },
  {
    attack: 'an answer on a route whose response plugin was taken away',
    against: 'a failure does not open',
    plantedIn: 'answer',
    planted: WEAPON,
    answer: answering(WEAPON),
    send: (stage) => post(stage, promptOf('Hello.'), { route: `without-${DIRECTIONS[1]}` }),
    must: { kind: 'refused', status: 503, saying: 'guard: the answer was not inspected' },
  },
];

export const lifecycle: Theme = {
  name: 'a moment at which something changes',
  stage: { routes: routesWith(BEFORE) },
  attacks: [...halves, ...leaving, ...kills, ...changes],
};
