import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type Exposed, MetricsListener } from './listener.ts';

const EXPOSED: Exposed = {
  contentType: 'text/plain; v=1',
  metrics: async () => 'up 1\n',
  isHealthy: async () => true,
};

const open: MetricsListener[] = [];
afterEach(() => Promise.all(open.splice(0).map((listener) => listener.close())));

/** @param port 0 for any */
function listen(exposed: Partial<Exposed> = {}, host = '127.0.0.1', port = 0) {
  const logged: string[] = [];
  const listener = new MetricsListener({ host, port }, { ...EXPOSED, ...exposed }, (line) =>
    logged.push(line),
  );
  open.push(listener);
  const url = () =>
    expect
      .poll(() => logged.at(-1), { timeout: 5_000 })
      .toMatch(/^metrics on http/)
      .then(() => String(logged.at(-1)).replace(/^metrics on (.*)\/metrics$/, '$1'));
  return { listener, logged, url };
}

describe('the metrics listener', () => {
  it.each([
    ['GET', '/metrics', 200, 'up 1\n'],
    ['GET', '/metrics?x=1', 200, 'up 1\n'],
    ['GET', '/healthz', 200, 'ok\n'],
    ['POST', '/metrics', 405, 'GET only\n'],
    ['DELETE', '/healthz', 405, 'GET only\n'],
    ['GET', '/', 404, 'not found\n'],
    ['GET', '/metrics/', 404, 'not found\n'],
    ['POST', '/anything', 404, 'not found\n'],
  ])('answers %s %s with %i', async (method, path, status, text) => {
    const answer = await fetch(`${await listen().url()}${path}`, { method });
    expect({ status: answer.status, text: await answer.text() }).toEqual({ status, text });
    expect(answer.headers.get('allow')).toBe(status === 405 ? 'GET' : null);
  });

  it('answers over IPv6', async () => {
    const { url } = listen({}, '::1');
    expect(await url()).toContain('http://[::1]:');
    expect((await fetch(`${await url()}/metrics`)).headers.get('content-type')).toBe('text/plain; v=1');
  });

  it('is unhealthy when the plugins are not served', async () => {
    const { url } = listen({ isHealthy: async () => false });
    expect((await fetch(`${await url()}/healthz`)).status).toBe(503);
  });

  it('answers 500 when the metrics cannot be read, and does not say why', async () => {
    const { url } = listen({ metrics: () => Promise.reject(new Error('pts_secret')) });
    const answer = await fetch(`${await url()}/metrics`);
    expect({ status: answer.status, text: await answer.text() }).toEqual({
      status: 500,
      text: 'the metrics could not be read\n',
    });
  });

  it('waits for a port that is in use, says so once, and takes it when it is free', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as AddressInfo;
    const { logged, url } = listen({}, '127.0.0.1', port);
    await expect.poll(() => logged, { timeout: 5_000 }).toEqual([expect.stringContaining('EADDRINUSE')]);
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(logged).toHaveLength(1);
    holder.close();
    expect(await url()).toBe(`http://127.0.0.1:${port}`);
    expect((await fetch(`${await url()}/metrics`)).status).toBe(200);
  });

  it('says what is wrong with an address that this machine does not have, and goes on', async () => {
    const { logged } = listen({}, '192.0.2.1');
    await expect.poll(() => logged).toEqual([expect.stringContaining('EADDRNOTAVAIL')]);
  });

  it('gives the port up when closed, clients that hang on included, and may be closed at any moment', async () => {
    const early = listen();
    await early.listener.close();
    const { listener, url } = listen();
    const { port } = new URL(await url());
    const idle = connect(Number(port), '127.0.0.1').on('error', () => undefined);
    await once(idle, 'connect');
    await listener.close();
    await once(idle, 'close');
    await listener.close();
    await expect(fetch(`http://127.0.0.1:${port}/metrics`)).rejects.toThrow();
  });
});
