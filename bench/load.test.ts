import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Load, startLoad } from './load.ts';

let load: Load;
beforeAll(() => {
  load = startLoad();
});
afterAll(() => load.stop());

let server: Server | undefined;
afterEach(() => server?.close());

/** Load on a server that meets every request with the same. */
async function run(answer: (socket: Socket) => void) {
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => answer(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const url = `http://127.0.0.1:${port}/path`;
  return load.run({ url, headers: {}, body: Buffer.from('{}'), connections: 3, milliseconds: 50 });
}

describe('the load generator', () => {
  it.each([
    ['keeps its connections', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['makes new ones where it must', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'],
  ])('%s and times each request', async (_, reply) => {
    const { times, seconds } = await run((socket) => socket.write(reply));
    expect(times.length).toBeGreaterThanOrEqual(3);
    expect(Math.min(...times)).toBeGreaterThan(0);
    expect(seconds).toBeGreaterThanOrEqual(0.05);
  });

  it.each([
    ['another status', 'HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n', 'HTTP/1.1 503 Busy'],
    ['more than was announced', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nok', 'longer'],
  ])('takes %s for a failure', async (_, reply, problem) => {
    await expect(run((socket) => socket.write(reply))).rejects.toThrow(problem);
  });

  it('takes a connection that breaks off for a failure', async () => {
    await expect(run((socket) => socket.destroy())).rejects.toThrow('without an answer');
  });
});
