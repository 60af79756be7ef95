/** Paths that lead a provider to another endpoint than the one that this reader takes the body for. */
import type { Stage } from '../../testkit/harness/stage.ts';
import { type Attack, INJECTION, type Outcome, type Theme } from './attack.ts';
import { headOf } from './raw-http.ts';
import { promptOf, sendRaw } from './sending.ts';

/** Token ids of the older completions, beside a conversation that only chat completions reads. */
const TOKENS = '40,1541,311,23188';
const DECOY = `{"model":"gpt-4o-mini","messages":[{"role":"user","content":"Hi."}],"prompt":[${TOKENS}]}`;

const UNREADABLE: Outcome = { kind: 'refused', status: 400, saying: 'a form that cannot be read' };
const BLOCKED: Outcome = { kind: 'blocked' };

/** Sends the path as it stands. */
async function to(stage: Stage, path: string, body: string) {
  const headers = [
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  return sendRaw(stage, [headOf(`POST ${path} HTTP/1.1`, headers) + body]);
}

/** A configured format, and none. */
function decoys(attack: string, path: string): Attack[] {
  return ['openai', 'auto'].map((route) => ({
    attack: `token ids for ${attack}, on /${route}`,
    against: 'no prompt leaves unread',
    planted: TOKENS,
    send: (stage) => to(stage, `/${route}${path}`, DECOY),
    must: UNREADABLE,
  }));
}

function prompt(attack: string, path: string, body: object): Attack {
  return {
    attack,
    against: 'no prompt leaves unread',
    planted: INJECTION,
    send: (stage) => to(stage, path, JSON.stringify(body)),
    must: BLOCKED,
  };
}

const asAnthropic = {
  model: 'gpt-4o-mini',
  max_tokens: 9,
  system: INJECTION,
  messages: [{ role: 'user', content: 'Hi.' }],
};
const asGemini = {
  systemInstruction: { parts: [{ text: INJECTION }] },
  contents: [{ parts: [{ text: 'Hi.' }] }],
};

export const paths: Theme = {
  name: 'a path with another name',
  stage: {
    routes: { auto: { config: { upstream_llm: { provider: 'openai', api_uri: 'auto' } } } },
  },
  attacks: [
    ...decoys('the path itself', '/v1/completions'),
    ...decoys('a path with a slash behind it', '/v1/completions/'),
    ...decoys('a path with slashes too many', '//v1///completions'),
    ...decoys('a path with dots', '/v1/./x/../completions'),
    ...decoys('a path with encoded dots', '/v1/%2e%2e/v1/completions'),
    ...decoys('a path with an encoded letter', '/v1/%63ompletions'),
    ...decoys('a path with an encoded slash', '/v1%2Fcompletions'),
    ...decoys('a path with an encoded slash behind it', '/v1/completions%2f'),
    ...decoys('a path in capitals', '/V1/Completions'),
    ...decoys('a path with a parameter', '/v1/completions;v=1'),
    ...decoys('a path with a parameter in its middle', '/v1;v=1/completions'),
    ...decoys('a path with a query that names another', '/v1/completions?x=/v1/chat/completions'),
    ...decoys('a path with a blank behind it', '/v1/completions%20'),
    ...decoys('an engine of its own', '/v1/engines/davinci/completions'),
    {
      attack: 'token ids for a whole URL',
      against: 'no prompt leaves unread',
      planted: TOKENS,
      cannot: (gateway) => (gateway === 'the embedded gateway' ? 'it routes no whole URLs' : undefined),
      send: (stage) => to(stage, 'http://gateway/openai/v1/completions/', DECOY),
      must: UNREADABLE,
    },
    prompt('a prompt for an endpoint that nobody knows', '/auto/v1/whatever', {
      messages: [{ role: 'user', content: INJECTION }],
    }),
    prompt('a prompt of another provider on a route of OpenAI', '/openai/v1/messages', asAnthropic),
    prompt('a prompt of another provider, where any format may apply', '/auto/v1/messages/', asAnthropic),
    prompt('a prompt of another provider beside one of OpenAI', '/auto/v1beta/models/m:generateContent', {
      ...asGemini,
      messages: [{ role: 'user', content: 'Hi.' }],
    }),
    prompt('a prompt for an encoded endpoint', '/auto/v1beta/models/m%3agenerateContent', {
      ...asGemini,
      messages: [],
    }),
    {
      attack: 'a prompt outside the route',
      against: 'no prompt leaves unread',
      planted: INJECTION,
      send: (stage) => to(stage, '/openai/../unknown/v1/chat/completions', promptOf(INJECTION)),
      must: { kind: 'refused', status: 404 },
    },
  ],
};
