/** What a collector can do to a process that sends it spans: nothing. */
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { cpuMilliseconds } from '../../../testkit/cpu-time.ts';
import { makeAuthority, missingOpenssl, signCertificate } from '../../../testkit/harness/certificate.ts';
import { type ForwardProxy, startForwardProxy } from '../../../testkit/harness/forward-proxy.ts';
import { type OtlpCollector, startOtlpCollector } from '../../../testkit/harness/otlp-collector.ts';
import { startTlsFront } from '../../../testkit/harness/tls-front.ts';
import { proxySettings, useProxies } from '../../network/proxies.ts';
import { trustAuthorities } from '../../network/trusted-authorities.ts';
import { startSpan, useTracer } from '../../tracing/tracer.ts';
import { startTracing, type Tracing } from './index.ts';

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  useTracer(undefined);
  useProxies(proxySettings({}));
  for (const stop of stops.splice(0)) await stop();
});

let lines: string[] = [];
function tracingTo(url: string, headers = {}): Tracing {
  // What another test's exporter says late is not this one's.
  const said: string[] = [];
  lines = said;
  return startTracing({ endpoint: `${url}/v1/traces`, headers, serviceName: 'test' }, (line) =>
    said.push(line),
  );
}

async function collecting(): Promise<OtlpCollector> {
  const collector = await startOtlpCollector();
  stops.push(collector.stop);
  return collector;
}

/** Where a request ends. */
const LAST_CHUNK = '\r\n0\r\n\r\n';

/** Somebody listens there who is no collector. */
async function behaving(behave: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    let head = '';
    socket.on('data', (chunk) => {
      head = (head + chunk.toString('latin1')).slice(-LAST_CHUNK.length);
      if (head === LAST_CHUNK) behave(socket);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  stops.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

function make(count: number): void {
  for (let made = 0; made < count; made++)
    startSpan({ name: 'x', kind: 'internal', parent: undefined })?.end({ 'aidr.bytes': 1 });
}

describe('spans', () => {
  it('come with their headers, and all that wait come when the process ends', async () => {
    const collector = await collecting();
    const tracing = tracingTo(collector.url, { authorization: 'Bearer s3cret' });
    make(700);
    await tracing.stop(5_000);
    expect(collector.spans).toHaveLength(700);
    expect(collector.headers[0]).toMatchObject({ authorization: 'Bearer s3cret' });
    expect(tracing.counts).toEqual({ exported: 700, dropped: 0 });
    expect(lines).toEqual([`traces go to ${collector.url}`]);
    expect(startSpan({ name: 'x', kind: 'internal', parent: undefined })).toBeUndefined();
  });

  it('come by themselves after a while', async () => {
    const collector = await collecting();
    tracingTo(collector.url);
    make(1);
    await expect.poll(() => collector.spans.length, { timeout: 8_000 }).toBe(1);
  });

  it('are none without a sampled parent, and keep the trace', () => {
    tracingTo('http://127.0.0.1:9');
    const parent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00';
    const span = startSpan({ name: 'x', kind: 'client', parent });
    expect(span?.traceparent).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-00$/);
  });

  it.each<[string, (socket: Socket) => void]>([
    ['never answers', () => undefined],
    [
      'answers without end',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 999999999\r\n\r\n');
        const more = setInterval(() => socket.write('x'.repeat(100)), 20).unref();
        socket.on('close', () => clearInterval(more));
      },
    ],
  ])('fill no memory, cost no time, and are counted where the collector %s', async (_what, behave) => {
    const tracing = tracingTo(await behaving(behave));
    expect(cpuMilliseconds(() => make(20_000))).toBeLessThan(2_000);
    // One batch is under way, and the queue is full.
    expect(tracing.counts.dropped).toBe(20_000 - 2_048 - 512);
    const stopping = performance.now();
    await tracing.stop(100);
    expect(performance.now() - stopping).toBeLessThan(5_000);
  });

  it.each<[string, (socket: Socket) => void, string]>([
    ['refuses them', (socket) => socket.end('HTTP/1.1 401 No\r\ncontent-length: 6\r\n\r\ns3cret'), '401'],
    ['speaks something else', (socket) => socket.end('SSH-2.0-OpenSSH\r\n'), 'HPE_INVALID_CONSTANT'],
  ])('are lost, counted, and told once, where the collector %s', async (_what, behave, problem) => {
    const tracing = tracingTo(await behaving(behave));
    make(3);
    await tracing.stop(2_000);
    expect(tracing.counts).toEqual({ exported: 0, dropped: 3 });
    expect(lines.slice(1)).toEqual([
      `traces: the collector does not take spans: ${problem}; traffic is not affected`,
    ]);
  });

  it('are told of again when the collector is back', async () => {
    let isWell = false;
    const url = await behaving((socket) =>
      socket.end(
        `HTTP/1.1 ${isWell ? '200 OK' : '400 No'}\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}`,
      ),
    );
    const tracing = tracingTo(url);
    make(1);
    await expect.poll(() => tracing.counts.dropped, { timeout: 8_000 }).toBe(1);
    isWell = true;
    make(1);
    await expect.poll(() => tracing.counts.exported, { timeout: 8_000 }).toBe(1);
    expect(lines.slice(1)).toEqual([
      'traces: the collector does not take spans: 400; traffic is not affected',
      'traces: the collector takes spans again',
    ]);
  });
});

describe('a collector behind a forward proxy', () => {
  async function proxying(password: string, noProxy = ''): Promise<ForwardProxy> {
    const proxy = await startForwardProxy({ credentials: { user: 'aidr', password: 's3cret' } });
    stops.push(proxy.stop);
    const url = proxy.url.replace('://', `://aidr:${password}@`);
    useProxies(proxySettings({ http_proxy: url, https_proxy: url, no_proxy: noProxy }));
    return proxy;
  }
  const named = (url: string) => url.replace('127.0.0.1', 'collector.example');

  it('gets the spans through it, on one connection', async () => {
    const collector = await collecting();
    const proxy = await proxying('s3cret');
    const tracing = tracingTo(named(collector.url));
    make(700);
    await tracing.stop(5_000);
    expect([collector.spans.length, tracing.counts.dropped]).toEqual([700, 0]);
    expect(proxy.targets).toEqual([`collector.example:${new URL(collector.url).port}`]);
    expect(collector.headers[0]).not.toHaveProperty('proxy-authorization');
  });

  it('gets them over TLS, if its certificate is trusted', async (test) => {
    const missing = await missingOpenssl();
    if (missing !== undefined) return test.skip(missing);
    const folder = await mkdtemp(join(tmpdir(), 'aidr-collector-'));
    stops.push(() => rm(folder, { recursive: true }));
    const authority = await makeAuthority(folder);
    const { key, cert } = await signCertificate(folder, authority, 'collector.example');
    const collector = await collecting();
    const front = await startTlsFront(
      { key: await readFile(key), cert: await readFile(cert) },
      collector.url,
    );
    stops.push(front.stop);
    const proxy = await proxying('s3cret');
    const url = `https://collector.example:${front.port}`;
    const untrusting = tracingTo(url);
    make(1);
    await untrusting.stop(5_000);
    expect(lines.at(-1)).toMatch(/does not take spans: \w*(?:CERT|SIGNED|ISSUER|LEAF)\w*;/);
    trustAuthorities([authority.cert]);
    const tracing = tracingTo(url);
    make(1);
    await tracing.stop(5_000);
    expect([collector.spans.length, tracing.counts.exported]).toEqual([1, 1]);
    expect(proxy.targets.at(-1)).toBe(`collector.example:${front.port}`);
  });

  it('gets none where the proxy refuses, and a line says so without the password', async () => {
    const proxy = await proxying('wr0ng');
    const tracing = tracingTo('http://collector.example:4318');
    make(1);
    await tracing.stop(5_000);
    expect(proxy.targets).toEqual(['collector.example:4318']);
    expect(tracing.counts).toEqual({ exported: 0, dropped: 1 });
    expect(lines.slice(1)).toEqual([
      'traces: the collector does not take spans: PROXY_AUTHENTICATION; traffic is not affected',
    ]);
  });

  it('is reached directly where no_proxy names it, or on this machine', async () => {
    const collector = await collecting();
    const proxy = await proxying('s3cret', '.example');
    const away = tracingTo(named(collector.url));
    make(1);
    await away.stop(300);
    const here = tracingTo(collector.url);
    make(1);
    await here.stop(5_000);
    expect([collector.spans.length, proxy.targets]).toEqual([1, []]);
  });
});
