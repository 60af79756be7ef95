/** The gateway with plugins in stock plugin servers: phases, buffering, exits, and what goes wrong. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MARKERS } from '../../src/kong/guard-plugin.ts';
import { GUARD_ACCESS_LUA, GUARD_HEADER_FILTER_LUA } from '../../src/kong/lua/lua-files.ts';
import { type Gateway, startGateway } from './index.ts';
import { send } from './testing/send.ts';
import { type StockServers, steps, stockServers } from './testing/stock-server.ts';
import { startUpstream, type TestUpstream } from './testing/upstream.ts';

const BUFFERED_ANSWER = steps(
  ['kong.response.get_source'],
  ['kong.service.response.getRawBody'],
  ['kong.service.response.getHeaders'],
  ['kong.service.response.getHeader', 'x-from'],
);

const guard = JSON.stringify({
  name: 'post-function',
  config: { access: [`\n${GUARD_ACCESS_LUA}`], header_filter: [GUARD_HEADER_FILTER_LUA] },
});

/** Route name to its plugins. */
const ROUTES: Readonly<Record<string, string>> = {
  plain: '',
  access: `{ name: script, config: { access: ${steps(['kong.request.getMethod'], ['kong.request.getRawBody', 100_000])} } }`,
  nolimit: `{ name: script, config: { access: ${steps(['kong.request.getRawBody'])} } }`,
  limit: `{ name: script, config: { access: ${steps(['kong.request.getRawBody', 20_000])} } }`,
  buffered: `{ name: script-response, config: { response: ${BUFFERED_ANSWER} } }`,
  unbuffered: `{ name: script-response, config: { access: ${steps(['kong.nginx.setCtx', 'buffered_proxying', false])}, response: ${BUFFERED_ANSWER} } }`,
  noeffect: `{ name: script-response, config: { response: ${steps(['kong.nginx.setCtx', 'buffered_body', 'other'], ['kong.service.response.getRawBody'])} } }`,
  exit: `{ name: script, config: { access: ${steps(['kong.response.exit', 400, '{"no":1}', { 'Content-Type': 'application/json' }])} } },
         { name: script-response, config: { access: ${steps(['kong.log.notice', 'later plugin ran'])} } }`,
  replace: `{ name: script-response, config: { response: ${steps(['kong.response.clearHeader', 'x-secret'], ['kong.response.exit', 203, 'other', { 'X-New': 'yes' }])} } }`,
  table: `{ name: script, config: { access: ${steps(['kong.response.exit', 200, { list: [], n: 1 }])} } }`,
  error: `{ name: script, config: { access: ${steps(['kong.response.error', 429])} } }`,
  throws: `{ name: script, config: { access: ${steps(['test.throw', 'oops'])} } }`,
  wrong: `{ name: script, config: { access: ${steps(['kong.service.request.setHeader', 'x', null])} } }`,
  wrongphase: `{ name: script-response, config: { response: ${steps(['kong.service.request.setRawBody', 'x'])} } }`,
  hang: `{ name: script, config: { access: ${steps(['test.hang'])} } }`,
  target: `{ name: script, config: { access: ${steps(['kong.service.request.setRawBody', 'new'], ['kong.service.request.setMethod', 'PUT'], ['kong.service.request.setPath', '/else where'], ['kong.service.request.addHeader', 'x-many', 'b'], ['kong.service.request.clearHeader', 'x-gone'])} } }`,
  unknown: `{ name: script, config: { access: ${steps(['kong.no.such'], ['kong.vault.get', '{vault://env/absent}'], ['kong.vault.get', '{vault://env/present}'])} } }`,
  guarded: guard,
  marked: `{ name: script, config: { access: ${steps(['kong.ctx.shared.set', MARKERS.request, '1'])} } }, ${guard}`,
  passed: `{ name: script, config: { access: ${steps(['kong.ctx.shared.set', MARKERS.request, '1'], ['kong.ctx.shared.set', MARKERS.response, '1'], ['kong.log.setSerializeValue', 'a.b', 1])} } }, ${guard}`,
};

const configuration = (url: string): string => `
_format_version: "3.0"
services:
  - url: ${url}
    name: test
    routes:
${Object.entries(ROUTES)
  .map(([name, plugins]) => `      - { name: ${name}, paths: [/${name}], plugins: [${plugins}] }`)
  .join('\n')}
`;

describe('plugins in stock plugin servers', () => {
  let upstream: TestUpstream;
  let servers: StockServers;
  let gateway: Gateway;

  beforeAll(async () => {
    upstream = await startUpstream();
    servers = stockServers('script', 'script-response');
    gateway = await startGateway({
      configuration: configuration(upstream.url),
      pluginServers: servers.specs,
      env: { PRESENT: 'secret' },
      rpcTimeoutMs: 1_000,
    });
    await gateway.ready();
  });

  afterAll(async () => {
    await gateway.stop();
    await upstream.close();
    servers.clean();
  });

  beforeEach(() => {
    upstream.received.length = 0;
    upstream.answer = (_, response) => {
      response.writeHead(200, { 'x-from': 'upstream', 'x-secret': 's' });
      response.end('from upstream');
    };
  });

  const results = (): unknown => {
    const line = gateway.logs.findLast(({ message }) => message.includes('results '));
    return line === undefined
      ? undefined
      : JSON.parse(line.message.slice(line.message.indexOf('results ') + 8));
  };
  const post = (path: string, body: string | Uint8Array = 'hello', headers: readonly string[] = []) =>
    send(gateway.url, { method: 'POST', path, headers, body });

  it('gives a plugin the request body as bytes and forwards it untouched', async () => {
    expect(await post('/access', 'héllo')).toMatchObject({ status: 200, body: 'from upstream' });
    expect(results()).toEqual(['POST', 'bytes:héllo']);
    expect(upstream.received[0]).toMatchObject({ method: 'POST', url: '/', body: 'héllo' });
  });

  it.each([
    ['/nolimit', 1_000, 200],
    ['/nolimit', 20_000, 500],
    ['/limit', 20_000, 200],
    ['/limit', 20_001, 500],
    ['/plain', 1_000_000, 200],
  ])('%s with a body of %i bytes is a %i', async (path, size, status) => {
    const answer = await post(path, Buffer.alloc(size, 'a'));
    expect(answer.status).toBe(status);
    expect(upstream.received).toHaveLength(status === 200 ? 1 : 0);
    if (status === 500)
      expect(JSON.parse(answer.body)).toMatchObject({ message: 'An unexpected error occurred' });
  });

  it('buffers the answer for a response phase, and its header table shows nothing', async () => {
    expect(await post('/buffered')).toMatchObject({ status: 200, body: 'from upstream' });
    expect(results()).toEqual(['service', 'bytes:from upstream', {}, 'upstream']);
  });

  it.each([
    ['an Upgrade header', '/buffered', ['Connection', 'Upgrade', 'Upgrade', 'websocket']],
    ['buffering switched off in access', '/unbuffered', []],
  ])('skips the response phase after %s', async (_, path, headers) => {
    const before = gateway.logs.filter(({ message }) => message.includes('"service"')).length;
    expect(await post(path, 'x', headers)).toMatchObject({ status: 200, body: 'from upstream' });
    expect(gateway.logs.filter(({ message }) => message.includes('"service"'))).toHaveLength(before);
  });

  it('does not run the response phase for an upstream that cannot be reached', async () => {
    const lines = gateway.logs.length;
    upstream.answer = (_, response) => response.destroy();
    expect((await post('/buffered')).status).toBe(502);
    expect(gateway.logs.slice(lines).some(({ message }) => message.includes('results'))).toBe(false);
  });

  it('answers with the upstream status when a buffered answer breaks off', async () => {
    upstream.answer = (_, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('part');
      setTimeout(() => response.destroy(), 20);
    };
    const answer = await post('/buffered', 'x', ['accept', 'application/json']);
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toMatchObject({ message: 'The upstream server responded with 200' });
  });

  it('sends the upstream answer whatever stands in buffered_body, which only plugins see', async () => {
    expect((await post('/noeffect')).body).toBe('from upstream');
    expect(results()).toEqual([null, 'bytes:other']);
  });

  it('keeps the charset of an answer that it passes on, whoever sets the content type', async () => {
    upstream.answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
      response.end();
    };
    expect((await post('/marked')).headers['content-type']).toBe('application/json; charset=utf-8');
  });

  it('ends access at an exit: later plugins do not run, nothing goes upstream', async () => {
    const answer = await post('/exit');
    expect(answer).toMatchObject({ status: 400, body: '{"no":1}' });
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': '8',
      server: 'kong/3.9.1',
    });
    expect(upstream.received).toHaveLength(0);
    expect(gateway.logs.some(({ message }) => message.includes('later plugin ran'))).toBe(false);
  });

  it('replaces the answer at an exit in response, upstream headers staying', async () => {
    const answer = await post('/replace');
    expect(answer).toMatchObject({ status: 203, body: 'other' });
    expect(answer.headers).toMatchObject({ 'x-from': 'upstream', 'x-new': 'yes', 'content-length': '5' });
    expect(answer.headers['x-secret']).toBeUndefined();
  });

  it('turns an empty list within a body into a map', async () => {
    const answer = await post('/table');
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(JSON.parse(answer.body)).toEqual({ list: {}, n: 1 });
  });

  it.each([
    ['application/json', 'application/json; charset=utf-8', '"message":"Too many requests"'],
    ['text/plain', 'text/plain; charset=utf-8', 'Too many requests\nrequest_id'],
    ['text/html', 'text/html; charset=utf-8', '<p>Too many requests.</p>'],
  ])('formats kong.response.error for %s', async (accept, type, text) => {
    const answer = await post('/error', 'x', ['accept', accept]);
    expect(answer).toMatchObject({ status: 429 });
    expect(answer.headers['content-type']).toBe(type);
    expect(answer.body).toContain(text);
  });

  it('lets a request pass when the plugin throws, and logs no error', async () => {
    const lines = gateway.logs.length;
    expect(await post('/throws')).toMatchObject({ status: 200 });
    expect(gateway.logs.slice(lines).some(({ level }) => level === 'err')).toBe(false);
    await expect.poll(() => gateway.logs.find(({ message }) => message.includes('oops'))?.level).toBe('info');
  });

  it('lets a request pass when a phase never answers', async () => {
    expect(await post('/hang')).toMatchObject({ status: 200 });
    expect(gateway.logs).toContainEqual({ level: 'err', message: 'no data' });
  });

  it.each(['/wrong', '/wrongphase'])('answers %s with 500: a call that Kong forbids', async (path) => {
    expect((await post(path)).status).toBe(500);
    expect(gateway.accessLog.at(-1)).toMatchObject({ source: 'kong', response: { status: 500 } });
  });

  it('sends upstream what the plugin changed', async () => {
    await send(gateway.url, {
      method: 'POST',
      path: '/target?q=1',
      headers: ['x-many', 'a', 'x-gone', '1'],
      body: ['chunked ', 'body'],
    });
    expect(upstream.received[0]).toMatchObject({ method: 'PUT', url: '/else%20where?q=1', body: 'new' });
    expect(upstream.received[0]?.headers).toMatchObject({ 'x-many': 'a, b', 'content-length': '3' });
    expect(upstream.received[0]?.headers['transfer-encoding']).toBeUndefined();
    expect(upstream.received[0]?.headers['x-gone']).toBeUndefined();
  });

  it('gives undefined for an unknown method and a secret that is not there', async () => {
    await post('/unknown');
    expect(results()).toEqual([null, null, 'secret']);
    expect(gateway.logs).toContainEqual({ level: 'err', message: 'could not find pdk method: kong.no.such' });
  });

  describe('the guard', () => {
    it('refuses a prompt without the passed-marker', async () => {
      const answer = await post('/guarded');
      expect(answer.status).toBe(503);
      expect(JSON.parse(answer.body)).toMatchObject({ reason: 'guard: the prompt was not inspected' });
      expect(answer.headers['retry-after']).toBe('1');
      expect(upstream.received).toHaveLength(0);
    });

    it('refuses an answer without the passed-marker, and none of its bytes pass', async () => {
      const answer = await post('/marked');
      expect(answer.status).toBe(503);
      expect(JSON.parse(answer.body)).toMatchObject({ reason: 'guard: the answer was not inspected' });
      expect(answer.headers['content-length']).toBe(String(answer.body.length));
      expect(answer.headers.via).toBe('1.1 kong/3.9.1');
      expect(upstream.received).toHaveLength(1);
    });

    it('lets pass what carries both marks', async () => {
      expect(await post('/passed')).toMatchObject({ status: 200, body: 'from upstream' });
      expect(gateway.accessLog.at(-1)).toMatchObject({ a: { b: 1 }, source: 'upstream' });
    });
  });
});
