import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ConnectionPool } from './pool.ts';

it('a connection on which something arrived while nobody asked is not given out, not even at that moment', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'aidr-pool-'));
  const path = join(folder, 'server.sock');
  const accepted: Socket[] = [];
  const server = createServer((socket) => accepted.push(socket));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const pool = new ConnectionPool(path);
  try {
    const first = await pool.acquire();
    const next = new Promise<Socket>((resolve) => {
      // As soon as the pool has closed it, and before the connection says so.
      first.once('data', () => queueMicrotask(() => resolve(pool.acquire())));
    });
    pool.release(first);
    await expect.poll(() => accepted.length).toBe(1);
    accepted[0]?.write('c');
    expect((await next).destroyed).toBe(false);
    expect(first.destroyed).toBe(true);
  } finally {
    pool.close();
    server.close();
    rmSync(folder, { recursive: true });
  }
});
