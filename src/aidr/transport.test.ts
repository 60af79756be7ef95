import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { type ForwardProxyOptions, startForwardProxy } from '../../testkit/harness/forward-proxy.ts';
import { proxySettings, useProxies } from '../network/proxies.ts';
import { MAX_CONNECTIONS, SPARE_CONNECTIONS, send } from './transport.ts';

const never = new AbortController().signal;
const servers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of servers.splice(0)) await stop();
});

async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Answers every request with this. */
async function serving(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  return listening(server);
}

/** Answers every connection with these bytes. */
async function speaking(bytes: string): Promise<string> {
  const server = createTcpServer((socket) =>
    socket
      .on('error', () => {})
      .resume()
      .end(bytes),
  );
  servers.push(async () => {
    server.close();
    await once(server, 'close');
  });
  return listening(server);
}

const get = (url: string, signal = never) =>
  send({ method: 'GET', url, key: 'pts_secret', verifyTls: true }, signal);

describe('an exchange', () => {
  it('brings what AIDR answered, and says who asks', async () => {
    const seen: unknown[] = [];
    const url = await serving((request, response) => {
      const { authorization, accept, 'content-type': contentType, 'user-agent': agent } = request.headers;
      seen.push([request.method, request.url, authorization, accept, contentType, agent]);
      response.writeHead(418).end('body');
    });
    const post = { method: 'POST', url: `${url}/a`, key: 'pts_secret', verifyTls: true } as const;
    const reply = { status: 418, body: Buffer.from('body'), retryAfter: undefined };
    expect(await send({ ...post, body: Buffer.from('{}') }, never)).toEqual({ ok: true, reply });
    await get(`${url}/b`);
    const AGENT = `crowdstrike-aidr-kong/${packageJson.version}`;
    const common = ['Bearer pts_secret', 'application/json'];
    expect(seen).toEqual([
      ['POST', '/a', ...common, 'application/json', AGENT],
      ['GET', '/b', ...common, undefined, AGENT],
    ]);
  });

  it('follows no redirection: the key would go along', async () => {
    let isAsked = false;
    const elsewhere = await serving((_, response) => {
      isAsked = true;
      response.end();
    });
    const url = await serving((_, response) => response.writeHead(307, { location: elsewhere }).end());
    expect(await get(url)).toMatchObject({ ok: true, reply: { status: 307 } });
    expect(isAsked).toBe(false);
  });

  it.each<[string, Record<string, string>, number | undefined]>([
    ['seconds', { 'retry-after': '7' }, 7_000],
    ['no time', { 'retry-after': '0' }, 0],
    ['more than fits', { 'retry-after': '9'.repeat(400) }, Number.POSITIVE_INFINITY],
    ['milliseconds, which are more exact', { 'retry-after-ms': '250', 'retry-after': '7' }, 250],
    ['milliseconds that are none', { 'retry-after-ms': 'soon', 'retry-after': '7' }, 7_000],
    ['milliseconds below zero', { 'retry-after-ms': '-5' }, undefined],
    ['a date that is over', { 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }, 0],
    ['words', { 'retry-after': 'soon' }, undefined],
    ['nothing', {}, undefined],
  ])('tells when AIDR wants to be asked again: %s', async (_name, headers, expected) => {
    const url = await serving((_, response) => response.writeHead(503, headers).end());
    expect(await get(url)).toMatchObject({ ok: true, reply: { retryAfter: expected } });
  });

  it('tells when AIDR wants to be asked again: a date', async () => {
    const date = new Date(Date.now() + 60_000).toUTCString();
    const url = await serving((_, response) => response.writeHead(503, { 'retry-after': date }).end());
    const sent = await get(url);
    const retryAfter = sent.ok ? sent.reply.retryAfter : undefined;
    expect(retryAfter).toBeGreaterThan(50_000);
    expect(retryAfter).toBeLessThanOrEqual(60_000);
  });
});

describe('an exchange through a proxy', () => {
  const through = async (options: ForwardProxyOptions = {}) => {
    const proxy = await startForwardProxy(options);
    servers.push(proxy.stop, async () => useProxies(proxySettings({})));
    useProxies(proxySettings({ http_proxy: proxy.url.replace('://', '://aidr:s3cret@') }));
    return proxy;
  };

  it('keeps to as many connections as without one, and uses them again', async () => {
    const url = await serving((_, response) => void setTimeout(() => response.end('{}'), 20));
    const proxy = await through();
    const named = url.replace('127.0.0.1', 'aidr.example');
    const sent = await Promise.all(Array.from({ length: 700 }, () => get(named)));
    expect(sent.filter(({ ok }) => ok)).toHaveLength(700);
    expect(proxy.open.most).toBeLessThanOrEqual(MAX_CONNECTIONS + SPARE_CONNECTIONS);
    expect(proxy.targets.length).toBe(proxy.open.most);
  });

  it.each<[string, ForwardProxyOptions, string, RegExp]>([
    [
      'asks for other credentials',
      { credentials: { user: 'a', password: 'b' } },
      'unreachable',
      /refuses our credentials \(407\)$/,
    ],
    [
      'refuses',
      { misbehave: (socket) => socket.end('HTTP/1.1 503 No\r\n\r\n') },
      'unreachable',
      /refuses to connect \(503\)$/,
    ],
    [
      'hangs up',
      { misbehave: (socket) => socket.destroy() },
      'unreachable',
      /closed the connection \(ECONNRESET\)$/,
    ],
    [
      'says yes and then nonsense',
      { misbehave: (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nnonsense') },
      'unreachable',
      /sends data that nobody asked for$/,
    ],
    [
      'says yes and hangs up',
      { misbehave: (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n') },
      'unreachable',
      /no connection to AIDR/,
    ],
  ])('fails when the proxy %s, and tells no secret', async (_what, options, expected, detail) => {
    const proxy = await through(options);
    const sent = await get('http://aidr.example/');
    expect(sent).toMatchObject({
      ok: false,
      failure: { class: expected, detail: expect.stringMatching(detail) },
    });
    expect(sent).not.toHaveProperty('failure.isUnsent');
    expect(proxy.targets).toEqual(['aidr.example:80']);
    expect(JSON.stringify(sent)).not.toContain('s3cret');
  });

  it('fails at its deadline when the proxy hangs', async () => {
    await through({ misbehave: () => undefined });
    const sent = await get('http://aidr.example/', AbortSignal.timeout(50));
    expect(sent).toMatchObject({ ok: false, failure: { class: 'timeout' } });
  });
});

/** Writes for ever. */
async function drip(response: ServerResponse, bytes: number, pause: number): Promise<void> {
  for (const chunk = Buffer.alloc(bytes, ' '); !response.destroyed; await sleep(pause)) response.write(chunk);
}

describe('an exchange fails', () => {
  it.each<[string, string, string]>([
    ['no HTTP', 'hello\r\n\r\n', 'invalid_response'],
    ['a length that is none', 'HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n', 'invalid_response'],
    ['nothing', '', 'unreachable'],
    ['half a head', 'HTTP/1.1 200 OK\r\ncont', 'unreachable'],
    ['half a body', 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{', 'unreachable'],
  ])('when AIDR says %s', async (_name, bytes, expected) => {
    expect(await get(await speaking(bytes))).toMatchObject({ ok: false, failure: { class: expected } });
  });

  it('when nobody listens', async () => {
    const url = await speaking('');
    for (const stop of servers.splice(0)) await stop();
    expect(await get(url)).toEqual({
      ok: false,
      failure: { class: 'unreachable', detail: 'no connection to AIDR (ECONNREFUSED)', isUnsent: true },
    });
  });

  it('after the request was sent, and says nothing else', async () => {
    const url = await serving((request) => request.socket.resetAndDestroy());
    const sent = await get(url);
    expect(sent).toMatchObject({ ok: false, failure: { class: 'unreachable' } });
    expect(sent.ok || sent.failure.isUnsent).toBeUndefined();
  });

  it('as an overload when the process has no file descriptors left, which callers can use up', async () => {
    const script = `
      import { openSync } from 'node:fs';
      import { send } from ${JSON.stringify(new URL('./transport.ts', import.meta.url).href)};
      const call = { method: 'GET', url: 'http://127.0.0.1:9', key: 'k', verifyTls: true };
      const before = await send(call, AbortSignal.timeout(10_000));
      try { for (;;) openSync('/dev/null'); } catch {}
      const after = await send(call, AbortSignal.timeout(10_000));
      console.log(before.failure.class, after.failure.class);
      process.exit();`;
    const command = 'ulimit -n 128 && exec "$0" --input-type=module -e "$1"';
    const { stdout } = await promisify(execFile)('/bin/sh', ['-c', command, process.execPath, script]);
    expect(stdout.trim()).toBe('unreachable overloaded');
  });

  it('when the answer is too large, of which no more is read', async () => {
    const closed = Promise.withResolvers<void>();
    const url = await serving((_, response) => {
      response.on('close', closed.resolve);
      void drip(response, 1_048_576, 0);
    });
    expect(await get(url)).toMatchObject({ ok: false, failure: { class: 'invalid_response' } });
    await closed.promise;
  });

  it.each([
    [200, true],
    [202, false],
    [503, false],
  ])('when the answer with status %i is large, unless it is a verdict', async (status, isTaken) => {
    const url = await serving((_, response) => response.writeHead(status).end(Buffer.alloc(300_000)));
    expect(await get(url)).toMatchObject(isTaken ? { ok: true } : { failure: { class: 'invalid_response' } });
  });

  it.each<[string, RequestListener]>([
    ['without an answer', () => {}],
    ['in the middle of an answer', (_, response) => void drip(response, 1, 5)],
  ])('when the deadline comes %s, and the connection goes', async (_name, listener) => {
    const closed = Promise.withResolvers<void>();
    const url = await serving((request, response) => {
      response.on('close', closed.resolve);
      listener(request, response);
    });
    const began = performance.now();
    expect(await get(url, AbortSignal.timeout(60))).toMatchObject({ failure: { class: 'timeout' } });
    expect(performance.now() - began).toBeLessThan(5_000);
    await closed.promise;
  });

  it('without the key in what is said about it', async () => {
    const url = await serving((_, response) => response.end());
    const sent = await send({ method: 'GET', url, key: 'pts_secret\n', verifyTls: true }, never);
    expect(sent).toMatchObject({ ok: false, failure: { class: 'internal' } });
    expect(JSON.stringify(sent)).not.toContain('pts_secret');
  });
});
