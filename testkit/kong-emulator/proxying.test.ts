/** Proxying without external plugins: routes, headers, key-auth, failures of the upstream, streams. */

import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Gateway, startGateway } from './index.ts';
import { type Answer, type Sent, send } from './testing/send.ts';
import { startUpstream, type TestUpstream } from './testing/upstream.ts';

const configuration = (port: number): string => `
_format_version: "3.0"
services:
  - { name: based, url: "http://127.0.0.1:${port}/base", routes: [{ name: stripped, paths: [/strip] }] }
  - name: plain
    url: http://127.0.0.1:${port}
    read_timeout: 300
    routes:
      - { name: kept, paths: [/kept], strip_path: false }
      - { name: host, paths: [/host], preserve_host: true }
      - { name: secure, paths: [/secure], protocols: [https] }
      - name: keyed
        paths: [/keyed]
        plugins: [{ name: key-auth, config: { key_names: [apikey, x-key], hide_credentials: true } }]
  - { name: refused, url: "http://127.0.0.1:1", routes: [{ paths: [/refused] }] }
  - { name: nowhere, url: "http://no-such-host.invalid", routes: [{ paths: [/nowhere] }] }
routes:
  - { name: serviceless, paths: [/serviceless] }
consumers:
  - { username: alice, custom_id: a-1, keyauth_credentials: [{ key: k1 }] }
`;

describe('proxying', () => {
  let upstream: TestUpstream;
  let gateway: Gateway;
  let trusting: Gateway;

  beforeAll(async () => {
    upstream = await startUpstream();
    const text = configuration(upstream.port);
    gateway = await startGateway({ configuration: text, pluginServers: [] });
    trusting = await startGateway({
      configuration: text,
      pluginServers: [],
      trustedIps: ['127.0.0.0/8'],
      realIpHeader: 'X-Forwarded-For',
    });
  });

  afterAll(async () => {
    await Promise.all([gateway.stop(), trusting.stop(), upstream.close()]);
  });

  beforeEach(() => {
    upstream.received.length = 0;
    upstream.answer = (_, response) => void response.end('ok');
  });

  const get = (path: string, sent: Sent = {}): Promise<Answer> => send(gateway.url, { path, ...sent });

  it.each([
    ['/strip', '/base'],
    ['/strip/', '/base/'],
    ['/strip/v1/x?a=1&b', '/base/v1/x?a=1&b'],
    ['/strip?', '/base?'],
    ['/kept/x', '/kept/x'],
    ['/strip/../strip/a%2Fb%20c', '/base/a%2Fb%20c'],
  ])('sends %s to %s', async (path, url) => {
    await get(path);
    expect(upstream.received[0]?.url).toBe(url);
  });

  it('answers 404 without a route, and 503 without a service', async () => {
    const missing = await get('/none', { headers: ['accept', 'application/json'] });
    expect(missing.status).toBe(404);
    expect(JSON.parse(missing.body)).toEqual({
      message: 'no Route matched with those values',
      request_id: missing.headers['x-kong-request-id'],
    });
    expect((await get('/serviceless')).status).toBe(503);
    expect(gateway.accessLog.at(-1)).toMatchObject({ source: 'kong', response: { status: 503 } });
  });

  it('tells the upstream who asked', async () => {
    await get('/strip/x', {
      headers: ['X-Forwarded-For', '10.0.0.1', 'X-Forwarded-Proto', 'https', 'Via', '1.0 other'],
    });
    const headers = upstream.received[0]?.headers;
    expect(headers).toMatchObject({
      host: `127.0.0.1:${upstream.port}`,
      'x-forwarded-for': '10.0.0.1, 127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': '127.0.0.1',
      'x-forwarded-port': String(gateway.port),
      'x-forwarded-path': '/strip/x',
      'x-forwarded-prefix': '/strip',
      'x-real-ip': '127.0.0.1',
      via: '1.0 other, 1.1 kong/3.9.1',
    });
    expect(headers?.['x-kong-request-id']).toMatch(/^[\da-f]{32}$/);
  });

  it('believes forwarded addresses from trusted peers only', async () => {
    await send(trusting.url, { path: '/strip', headers: ['X-Forwarded-For', '10.0.0.1, 10.0.0.2'] });
    expect(upstream.received[0]?.headers['x-real-ip']).toBe('10.0.0.2');
    expect(trusting.accessLog.at(-1)).toMatchObject({ client_ip: '10.0.0.2' });
    await get('/strip', { headers: ['X-Forwarded-For', '10.0.0.1'] });
    expect(gateway.accessLog.at(-1)).toMatchObject({ client_ip: '127.0.0.1' });
  });

  it('keeps the Host header where the route says so', async () => {
    await get('/host', { headers: ['Host', 'api.example.com'] });
    expect(upstream.received[0]?.headers.host).toBe('api.example.com');
  });

  it('asks for HTTPS where the route allows nothing else', async () => {
    expect(await get('/secure')).toMatchObject({ status: 426, headers: { upgrade: 'TLS/1.2, HTTP/1.1' } });
  });

  it('drops hop-by-hop headers in both directions', async () => {
    upstream.answer = (_, response) => {
      response.writeHead(200, [
        'Connection',
        'close, X-Hop',
        'X-Hop',
        '1',
        'X-Stays',
        '2',
        'Set-Cookie',
        'a',
        'Set-Cookie',
        'b',
      ]);
      response.end();
    };
    const headers = ['Connection', 'close, X-Mine', 'X-Mine', '1', 'TE', 'gzip', 'X-Kept', '1'];
    const answer = await get('/strip', { headers });
    const sent = upstream.received[0]?.headers;
    expect([sent?.['x-mine'], sent?.te, sent?.['x-kept']]).toEqual([undefined, undefined, '1']);
    expect(answer.headers['x-hop']).toBeUndefined();
    expect(answer.headers).toMatchObject({ 'x-stays': '2', 'set-cookie': ['a', 'b'], via: '1.1 kong/3.9.1' });
  });

  it('turns a chunked request body into one with a length', async () => {
    await get('/strip', { method: 'POST', body: ['one ', 'two'] });
    expect(upstream.received[0]).toMatchObject({ body: 'one two', headers: { 'content-length': '7' } });
    expect(upstream.received[0]?.headers['transfer-encoding']).toBeUndefined();
  });

  it.each([
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 304],
  ])('passes a %s with %i on without a body', async (method, status) => {
    upstream.answer = (_, response) => {
      response.writeHead(status, status === 200 ? { 'content-length': 5 } : { etag: 'x' });
      response.end();
    };
    expect(await get('/strip', { method })).toMatchObject({ status, body: '' });
  });

  it.each([
    ['/refused', 502, 'An invalid response was received from the upstream server'],
    ['/nowhere', 503, 'name resolution failed'],
    ['/kept/slow', 504, 'The upstream server is timing out'],
  ])('answers for the upstream of %s with %i', async (path, status, text) => {
    upstream.answer = () => undefined;
    const answer = await get(path, { method: 'POST', body: 'x', headers: ['Accept', '*/*'] });
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toMatchObject({ message: text });
    expect(gateway.accessLog.at(-1)).toMatchObject({ source: 'kong' });
  });

  it('streams chunk by chunk', async () => {
    let next: (() => void) | undefined;
    upstream.answer = (_, response) => {
      response.write('data: 1\n\n');
      next = () => response.end('data: 2\n\n');
    };
    const chunks: string[] = [];
    await new Promise<void>((resolve) => {
      request(`${gateway.url}/strip`, (response) => {
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk.toString());
          next?.();
        });
        response.on('end', resolve);
      }).end();
    });
    expect(chunks).toEqual(['data: 1\n\n', 'data: 2\n\n']);
  });

  it('breaks the answer off when the upstream does', async () => {
    upstream.answer = (_, response) => {
      response.writeHead(200, { 'content-length': 10 });
      response.write('half');
      setTimeout(() => response.destroy(), 20);
    };
    await expect(get('/strip')).rejects.toThrow('aborted');
  });

  it('lets the upstream go when the client leaves', async () => {
    let left = false;
    upstream.answer = (_, response) =>
      response.on('close', () => {
        left = true;
      });
    const outgoing = request(`${gateway.url}/strip`).on('error', () => undefined);
    outgoing.end();
    await expect.poll(() => upstream.received.length).toBe(1);
    outgoing.destroy();
    await expect.poll(() => left).toBe(true);
    await expect.poll(() => gateway.accessLog.at(-1)).toMatchObject({ response: { status: 499 } });
    await sleep(10);
  });

  describe('key-auth', () => {
    it.each([
      ['no key', '/keyed', [], 401, 'No API key found in request'],
      ['an unknown key', '/keyed', ['apikey', 'other'], 401, 'Unauthorized'],
      ['two keys', '/keyed?apikey=k1&apikey=k1', [], 401, 'Duplicate API key found'],
    ])('refuses %s', async (_, path, headers, status, text) => {
      const answer = await get(path, { headers: [...headers, 'accept', 'application/json'] });
      expect(answer.status).toBe(status);
      expect(answer.headers['www-authenticate']).toBe('Key');
      expect(JSON.parse(answer.body)).toMatchObject({ message: text });
      expect(upstream.received).toHaveLength(0);
    });

    it.each([
      ['/keyed?x=1', ['x-key', 'k1']],
      ['/keyed?apikey=k1&x=1', []],
      ['/keyed?%61pikey=k1&x=1', []],
    ])('says who called at %s, hides the key and clears what was forged', async (path, headers) => {
      const forged = ['X-Consumer-Username', 'admin', 'X-Anonymous-Consumer', 'true'];
      expect((await get(path, { headers: [...headers, ...forged] })).status).toBe(200);
      const sent = upstream.received[0];
      expect(sent?.url).toBe('/?x=1');
      expect(sent?.headers).toMatchObject({ 'x-consumer-username': 'alice', 'x-consumer-custom-id': 'a-1' });
      expect(sent?.headers['x-credential-identifier']).toMatch(/^[\da-f-]{36}$/);
      expect([sent?.headers['x-key'], sent?.headers['x-anonymous-consumer']]).toEqual([undefined, undefined]);
      expect(gateway.accessLog.at(-1)).toMatchObject({ consumer: { username: 'alice' } });
    });
  });
});
