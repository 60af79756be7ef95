/** PDK calls as a plugin server sees them: one request, a table of calls and results. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, startGateway } from '../index.ts';
import { type FakePluginServer, startFakePluginServer } from '../testing/fake-plugin-server.ts';
import { type Answer, type Sent, send } from '../testing/send.ts';
import { startUpstream, type TestUpstream } from '../testing/upstream.ts';

/** A text as Node writes it into a header: one character a byte. */
const UTF8 = Buffer.from('grüß', 'utf8').toString('latin1');

type Call = readonly [method: string, ...args: unknown[]];

describe('the PDK over RPC', () => {
  let upstream: TestUpstream;
  let server: FakePluginServer;
  let gateway: Gateway;
  const calls: Record<string, readonly Call[]> = {};
  let results: unknown[] = [];

  beforeAll(async () => {
    upstream = await startUpstream();
    upstream.answer = (_, response) => {
      response.writeHead(201, ['Content-Type', 'text/plain', 'X-Many', 'a', 'X-Many', 'b', 'X-Text', UTF8]);
      response.end('answer');
    };
    server = await startFakePluginServer({ name: 'tap', phases: ['access', 'response'] }, function* (phase) {
      for (const call of calls[phase] ?? []) results.push(yield call);
    });
    gateway = await startGateway({
      configuration: `
_format_version: "3.0"
services: [{ url: "${upstream.url}/base", name: svc, routes: [{ name: rt, paths: [/api], protocols: [http], plugins: [{ name: tap }] }] }]`,
      pluginServers: [server.spec],
      env: { SECRET: 's3' },
    });
  });

  afterAll(async () => {
    await gateway.stop();
    await server.close();
    await upstream.close();
  });

  const run = async (
    phase: 'access' | 'response',
    list: readonly Call[],
    sent: Sent = {},
  ): Promise<Answer> => {
    results = [];
    calls.access = [];
    calls.response = [];
    calls[phase] = list;
    return send(gateway.url, {
      method: 'POST',
      path: '/api/%7Ea//b?x=1&x=2&y=a%20b&flag&z=',
      headers: [
        'X-Multi',
        'a',
        'X-Multi',
        'b',
        'X-List',
        'c, d',
        'X-Text',
        UTF8,
        'Host',
        'Api.Example.com:80',
      ],
      body: 'body',
      ...sent,
    });
  };

  it.each<[string, unknown[], unknown]>([
    ['kong.request.get_method', [], 'POST'],
    ['kong.request.get_path', [], '/api/~a/b'],
    ['kong.request.get_raw_path', [], '/api/%7Ea//b'],
    ['kong.request.get_path_with_query', [], '/api/%7Ea//b?x=1&x=2&y=a%20b&flag&z='],
    ['kong.request.get_raw_query', [], 'x=1&x=2&y=a%20b&flag&z='],
    ['kong.request.get_query', [], { x: ['1', '2'], y: ['a b'], flag: [], z: [''] }],
    ['kong.request.get_query', [1], { x: ['1'] }],
    ['kong.request.get_query_arg', ['x'], '1'],
    ['kong.request.get_query_arg', ['flag'], true],
    ['kong.request.get_header', ['x-multi'], 'a'],
    ['kong.request.get_header', ['X_Multi'], 'a'],
    ['kong.request.get_header', ['x-list'], 'c, d'],
    ['kong.request.get_header', ['x-none'], undefined],
    ['kong.request.get_scheme', [], 'http'],
    ['kong.request.get_host', [], 'api.example.com'],
    ['kong.request.get_http_version', [], 1.1],
    ['kong.request.get_forwarded_scheme', [], 'http'],
    ['kong.request.get_forwarded_host', [], 'api.example.com'],
    ['kong.request.get_forwarded_path', [], '/api/~a/b'],
    ['kong.request.get_forwarded_prefix', [], '/api'],
    ['kong.client.get_protocol', [], 'http'],
    ['kong.ip.is_trusted', ['127.0.0.1'], false],
    ['kong.nginx.get_ctx', ['buffered_proxying'], true],
    ['kong.nginx.get_var', ['upstream_uri'], '/base/~a/b'],
    ['kong.nginx.get_var', ['http_x_list'], 'c, d'],
    ['kong.nginx.get_var', ['no_such_variable'], undefined],
    ['kong.vault.get', ['{vault://env/secret}'], 's3'],
    ['kong.vault.is_reference', ['secret'], false],
    ['kong.request.then', [], undefined],
  ])('%s(%j) is %j', async (method, args, expected) => {
    expect((await run('access', [[method, ...args]])).status).toBe(201);
    expect(results).toEqual([expected]);
  });

  it.each<[string, unknown[]]>([
    ['kong.request.get_header', []],
    ['kong.request.get_query', ['many']],
    ['kong.request.get_headers', [1_001]],
    ['kong.response.get_status', []],
    ['kong.service.response.get_raw_body', []],
    ['kong.service.request.set_header', ['x', {}]],
    ['kong.service.request.set_header', [1, 'x']],
    ['kong.service.request.set_raw_body', [1]],
    ['kong.service.request.set_path', ['no-slash']],
    ['kong.service.request.set_method', ['STEAL']],
    ['kong.service.set_target', ['host', '80']],
    ['kong.service.set_target', ['host', 70_000]],
    ['kong.response.exit', ['400']],
    ['kong.response.exit', [99]],
    ['kong.response.error', [200]],
    ['kong.response.set_header', ['x']],
    ['kong.ctx.shared.set', []],
    ['kong.request', []],
    ['kong.request.get_body', []],
  ])('%s(%j) is a 500 for the client', async (method, args) => {
    const answer = await run('access', [[method, ...args]]);
    expect(answer.status).toBe(500);
    expect(answer.body).toContain('An unexpected error occurred');
  });

  it.each<[string, unknown[], unknown]>([
    ['kong.response.get_status', [], 201],
    ['kong.response.get_source', [], 'service'],
    ['kong.response.get_header', ['x-many'], 'a'],
    ['kong.response.get_header', ['X-Text'], 'grüß'],
    ['kong.service.response.get_status', [], 201],
    ['kong.service.response.get_header', ['x_many'], 'a'],
    ['kong.service.response.get_headers', [], {}],
    ['kong.nginx.get_var', ['upstream_host'], expect.stringMatching(/^127\.0\.0\.1:\d+$/)],
  ])('%s(%j) is %j in the response phase', async (method, args, expected) => {
    expect((await run('response', [[method, ...args]])).status).toBe(201);
    expect(results).toEqual([expected]);
  });

  it('changes the answer in the response phase', async () => {
    const answer = await run('response', [
      ['kong.response.set_status', 202],
      ['kong.response.set_header', 'X-One', 1],
      ['kong.response.add_header', 'X-Many', 'c'],
      ['kong.response.set_headers', { 'X-Empty': '', 'Transfer-Encoding': 'gzip' }],
      ['kong.response.clear_header', 'x-text'],
    ]);
    expect(answer).toMatchObject({ status: 202, body: 'answer' });
    expect(answer.headers).toMatchObject({ 'x-one': '1', 'x-many': 'a, b, c', 'x-empty': '' });
    expect(answer.headers['x-text']).toBeUndefined();
  });

  it('shows a hundred headers unless asked for more, and looks one up behind them', async () => {
    const many = Array.from({ length: 150 }, (_, index) => [`a${index}`, '1']).flat();
    const asked: Call[] = [
      ['kong.request.get_headers'],
      ['kong.request.get_headers', 1_000],
      ['kong.request.get_header', 'last'],
      ['kong.request.get_header', 'listed'],
    ];
    await run('access', asked, { headers: [...many, 'last', 'x', 'listed', 'a, b'] });
    const counts = results.slice(0, 2).map((headers) => Object.keys(headers as object).length);
    expect(counts).toEqual([100, 154]);
    expect(results.slice(2)).toEqual(['x', undefined]);
  });

  it('keeps the shared context across phases, and what is set in ngx.ctx', async () => {
    calls.access = [];
    await run('response', [
      ['kong.ctx.shared.set', 'k', ['a', { b: 1 }]],
      ['kong.ctx.shared.get', 'k'],
      ['kong.nginx.set_ctx', 'mine', 'x'],
      ['kong.nginx.get_ctx', 'mine'],
      ['kong.ctx.shared.set', 'k', undefined],
      ['kong.ctx.shared.get', 'k'],
    ]);
    expect(results).toEqual([undefined, ['a', { b: 1 }], undefined, 'x', undefined, undefined]);
  });

  it('logs at the level that the plugin asks for', async () => {
    await run('access', [
      ['kong.log.warn', 'a', 1, true, undefined],
      ['kong.log', 'plain'],
    ]);
    expect(gateway.logs.slice(-2)).toEqual([
      { level: 'warn', message: '[tap] a1truenil' },
      { level: 'notice', message: '[tap] plain' },
    ]);
  });

  it('nests serialized values, and refuses a path through what is no table', async () => {
    await run('access', [
      ['kong.log.set_serialize_value', 'a.b', 1],
      ['kong.log.set_serialize_value', 'a.b', 2, { mode: 'add' }],
      ['kong.log.set_serialize_value', 'a.c', 3, { mode: 'replace' }],
      ['kong.log.set_serialize_value', 'service.name', 'renamed'],
    ]);
    expect(gateway.accessLog.at(-1)).toMatchObject({ a: { b: 1 }, service: { name: 'renamed' } });
    expect(gateway.accessLog.at(-1)?.a).toEqual({ b: 1 });
    await run('access', [['kong.log.set_serialize_value', 'client_ip.x', 1]]);
    expect(gateway.logs.at(-1)?.message).toContain("Subkey 'client_ip' is not a table");
  });
});
