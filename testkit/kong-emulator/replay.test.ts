/** Plays the plugin's side of recorded RPC traffic and checks that the gateway says what Kong said. */

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, startGateway } from './index.ts';
import { type FakePluginServer, startFakePluginServer } from './testing/fake-plugin-server.ts';
import { send } from './testing/send.ts';
import { startUpstream, type TestUpstream } from './testing/upstream.ts';

interface Frame {
  readonly dir: 'kong->server' | 'server->kong';
  readonly msg: readonly [type: number, id: number, method: string, args: unknown];
}

const RECORDING = new URL('./fixtures/frames.ndjson', import.meta.url);
const frames = readFileSync(RECORDING, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as Frame);
const fromKong = frames.filter(({ dir }) => dir === 'kong->server').map(({ msg }) => msg);
const fromServer = new Map(
  frames.filter(({ dir }) => dir === 'server->kong').map(({ msg }) => [msg[1], msg]),
);

const ANSWER = {
  id: 'c1',
  object: 'chat.completion',
  model: 'gpt',
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'hello SECRET' } }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
};

const configuration = (port: number): string => `
_format_version: "3.0"
vaults: [{ name: env, prefix: env-cs-aidr, config: { prefix: CS_AIDR_ } }]
services:
  - name: openai-service
    url: http://127.0.0.1:${port}/base
    routes:
      - name: openai-route
        paths: [/openai]
        plugins:
          - { name: tap, config: { key: "{vault://env-cs-aidr/token}", extra: { app_name: HR } } }
      - name: keyed
        paths: [/keyed]
        plugins:
          - { name: tap, config: { mode: block } }
          - { name: key-auth }
consumers: [{ username: alice, custom_id: c-1, keyauth_credentials: [{ key: k1 }] }]
`;

/** What differs between two runs by nature: times, ports, numbers and ids that are drawn at random. */
const VOLATILE: Readonly<Record<string, unknown>> = {
  created_at: 0,
  updated_at: 0,
  port: 0,
  __seq__: 0,
  date: ['now'],
};
const RANDOM_ID = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[\da-f]{4}-[\da-f]{12}$/;

function normalized(value: unknown, key = ''): unknown {
  if (key in VOLATILE) return VOLATILE[key];
  if (key === 'Config' && typeof value === 'string') return normalized(JSON.parse(value));
  if (value instanceof Uint8Array) return { $bin: Buffer.from(value).toString('utf8') };
  if (typeof value === 'string' && RANDOM_ID.test(value)) return 'random id';
  if (Array.isArray(value)) return value.map((item) => normalized(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, normalized(item, name)]));
}

describe('the RPC of a real Kong 3.9.1, replayed', () => {
  let upstream: TestUpstream;
  let server: FakePluginServer;
  let gateway: Gateway;

  beforeAll(async () => {
    upstream = await startUpstream();
    upstream.answer = (_, response) => {
      const body = JSON.stringify(ANSWER);
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
      response.end(body);
    };
    const fields = [
      { mode: { type: 'string' } },
      { key: { type: 'string', referenceable: true } },
      { extra: { type: 'map', keys: { type: 'string' }, values: { type: 'string' } } },
    ];
    server = await startFakePluginServer(
      { name: 'tap', phases: ['access', 'response'], fields },
      function* () {},
    );
    server.respond = ({ id }) => {
      const recorded = fromServer.get(id);
      return recorded === undefined ? undefined : [recorded[2], recorded[3]];
    };
    const env = { CS_AIDR_TOKEN: 'pts_demo', MY_SECRET: 's' };
    gateway = await startGateway({
      configuration: configuration(upstream.port),
      env,
      pluginServers: [server.spec],
    });
  });

  afterAll(async () => {
    await gateway.stop();
    await server.close();
    await upstream.close();
  });

  it('sends the recorded messages, in order', async () => {
    const common = [
      'host',
      '127.0.0.1:18400',
      'user-agent',
      'curl/7.88.1',
      'accept',
      '*/*',
      'content-type',
      'application/json',
    ];
    const redacted = await send(gateway.url, {
      method: 'POST',
      path: '/openai/v1/chat/completions?x=1',
      headers: [...common, 'x-multi', 'a', 'x-multi', 'b'],
      body: '{"model":"gpt","messages":[{"role":"user","content":"héllo"}]}',
    });
    const blocked = await send(gateway.url, {
      method: 'POST',
      path: '/keyed/v1/chat/completions',
      headers: [...common, 'apikey', 'k1'],
      body: '{"model":"gpt","messages":[{"role":"user","content":"hi"}]}',
    });

    for (const [index, recorded] of fromKong.entries()) {
      const { id, method, args } = server.calls[index] ?? { id: 0, method: 'none', args: [] };
      expect([0, id, method, normalized(args)]).toEqual(normalized(recorded));
    }
    expect(server.calls).toHaveLength(fromKong.length);
    expect(redacted).toMatchObject({ status: 200, body: '{"redacted":"ü"}' });
    expect(redacted.headers['content-length']).toBe('17');
    expect(blocked).toMatchObject({ status: 400, body: '{"reason":"r","status":"s"}' });
    expect(upstream.received).toHaveLength(1);
    expect(upstream.received[0]).toMatchObject({
      url: '/base/v1/chat/completions?x=1',
      body: '{"replaced":true,"s":"héllo"}',
    });
    expect(upstream.received[0]?.headers).toMatchObject({ 'x-up': '1', 'content-length': '30' });
    expect(gateway.accessLog[0]).toMatchObject({
      aidr: { request: { outcome: 'allowed' }, response: { outcome: 'redacted' } },
    });
  });
});
