import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { makeCertificate, missingOpenssl } from '../../testkit/harness/certificate.ts';
import { type ForwardProxyOptions, startForwardProxy } from '../../testkit/harness/forward-proxy.ts';
import { proxySettings } from './proxies.ts';
import { openTunnel, TunnelError } from './tunnel.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function proxyThat(options: ForwardProxyOptions, user = '') {
  const running = await startForwardProxy(options);
  stops.push(running.stop);
  const { https: proxy } = proxySettings({ https_proxy: running.url.replace('://', `://${user}`) });
  if (!proxy) throw new Error('no proxy');
  return { proxy, running };
}

const TARGET = { host: 'aidr.example', port: 443 };

async function failure(open: Promise<Socket>): Promise<{ code: string; finding: string }> {
  const error: unknown = await open.then(
    (socket) => socket.destroy(),
    (reason: unknown) => reason,
  );
  if (!(error instanceof TunnelError)) throw new Error(`no TunnelError: ${error}`);
  return { code: error.code, finding: error.finding.replace(/127\.0\.0\.1:\d+/, 'P') };
}

describe('a tunnel', () => {
  it('asks for the target by name, which the proxy looks up, and passes bytes on both ways', async () => {
    const echo = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
    await once(echo, 'listening');
    const { port } = echo.address() as { port: number };
    const credentials = { user: 'aidr', password: 's3cret' };
    const { proxy, running } = await proxyThat({ credentials }, 'aidr:s3cret@');
    const socket = await openTunnel(proxy, { host: 'aidr.example', port }, 2_000);
    socket.write('hello');
    expect(String((await once(socket, 'data'))[0])).toBe('hello');
    expect(running.targets).toEqual([`aidr.example:${port}`]);
    socket.destroy();
    echo.close();
  });

  it.each<[string, (socket: Socket) => void, string, string]>([
    [
      'asks for credentials',
      (socket) => socket.end('HTTP/1.1 407 No\r\n\r\n'),
      'PROXY_AUTHENTICATION',
      'the proxy P asks for a user and a password (407)',
    ],
    [
      'forbids it',
      (socket) => socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 6\r\n\r\ns3cret'),
      'PROXY_REFUSED',
      'the proxy P refuses to connect (403)',
    ],
    [
      'does not find the target',
      (socket) => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'),
      'PROXY_REFUSED',
      'the proxy P refuses to connect (502)',
    ],
    [
      'redirects',
      (socket) => socket.end('HTTP/1.1 302 Found\r\nlocation: http://evil.example\r\n\r\n'),
      'PROXY_REFUSED',
      'the proxy P refuses to connect (302)',
    ],
    ['hangs', () => undefined, 'PROXY_TIMEOUT', 'the proxy P did not connect within 150 ms'],
    [
      'drips its answer',
      (socket) => void setInterval(() => socket.write('H'), 40).unref(),
      'PROXY_BROKEN',
      'the proxy P does not speak HTTP (HPE_INVALID_CONSTANT)',
    ],
    [
      'hangs up',
      (socket) => socket.destroy(),
      'PROXY_BROKEN',
      'the proxy P closed the connection (ECONNRESET)',
    ],
    [
      'speaks another protocol',
      (socket) => socket.end('SSH-2.0-OpenSSH\r\n'),
      'PROXY_BROKEN',
      'the proxy P does not speak HTTP (HPE_INVALID_CONSTANT)',
    ],
    [
      'answers without end',
      (socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}`),
      'PROXY_BROKEN',
      'the proxy P does not speak HTTP (HPE_HEADER_OVERFLOW)',
    ],
    [
      'says yes and goes on talking',
      (socket) => socket.write('HTTP/1.1 200 OK\r\n\r\nhello'),
      'PROXY_BROKEN',
      'the proxy P sends data that nobody asked for',
    ],
  ])('is not there when the proxy %s', async (_what, misbehave, code, finding) => {
    const { proxy } = await proxyThat({ misbehave });
    expect(await failure(openTunnel(proxy, TARGET, 150))).toEqual({ code, finding });
  });

  it('is not there with other credentials, which are not told', async () => {
    const credentials = { user: 'aidr', password: 'right' };
    const { proxy } = await proxyThat({ credentials }, 'aidr:s3cret@');
    const told = await failure(openTunnel(proxy, TARGET, 2_000));
    expect(told).toEqual({
      code: 'PROXY_AUTHENTICATION',
      finding: 'the proxy P refuses our credentials (407)',
    });
  });

  it('is not there where nobody listens', async () => {
    const { proxy, running } = await proxyThat({});
    stops.pop();
    await running.stop();
    const finding = 'the proxy P cannot be reached (ECONNREFUSED)';
    expect(await failure(openTunnel(proxy, TARGET, 2_000))).toEqual({ code: 'PROXY_UNREACHABLE', finding });
  });

  it('leaves no connection to the proxy behind when it is too late', async () => {
    const closed = Promise.withResolvers<void>();
    const { proxy } = await proxyThat({ misbehave: (socket) => socket.resume().on('end', closed.resolve) });
    await failure(openTunnel(proxy, TARGET, 50));
    await closed.promise;
  });
});

const missing = await missingOpenssl();

describe.skipIf(missing)(`a proxy with TLS${missing ? ` (did not run: ${missing})` : ''}`, () => {
  it('gets no credentials unless its certificate is trusted', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'aidr-proxy-'));
    try {
      const { key, cert } = await makeCertificate(folder);
      const tls = { key: await readFile(key), cert: await readFile(cert) };
      const { proxy, running } = await proxyThat({ tls }, 'aidr:s3cret@');
      expect(await failure(openTunnel(proxy, TARGET, 2_000))).toEqual({
        code: 'PROXY_NOT_TRUSTED',
        finding: 'no TLS connection to the proxy P (DEPTH_ZERO_SELF_SIGNED_CERT)',
      });
      expect(running.targets).toEqual([]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
