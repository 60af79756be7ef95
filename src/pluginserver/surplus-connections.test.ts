import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeMulti, encode } from '@msgpack/msgpack';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PluginServer } from './plugin-server.ts';
import { refuserInStyle } from './refusal.ts';
import { refusingHost } from './refusing-plugin.ts';
import { SurplusConnections } from './surplus-connections.ts';

const LIMITS = { replyDeadline: 60_000, stepDeadline: 60_000, absenceDeadline: 60_000 };
const START = encode([0, 7, 'plugin.StartInstance', [{ Name: 'a', Config: '{}' }]]);
/** Bytes that Kong reads at a time. */
const READ_AT_ONCE = 4_096;
const PATIENCE = 200;
const MAX = 2;

let folder: string;
let listener: Server;
let server: PluginServer;
let surplus: SurplusConnections;
let accepted: Socket[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'aidr-surplus-'));
  const refuser = { ...refuserInStyle('provider', false), key: 'k' };
  const hosts = [refusingHost('a', { of: () => refuser })];
  server = new PluginServer({ hosts, maxBytesInFlight: 0, ...LIMITS, log: () => undefined });
  surplus = new SurplusConnections(MAX, PATIENCE);
  accepted = [];
  listener = createServer({ pauseOnConnect: true }, (socket) => accepted.push(socket));
  listener.listen(join(folder, 'socket'));
  await once(listener, 'listening');
});
afterEach(async () => {
  for (const socket of accepted) socket.destroy();
  listener.close();
  await server.stop(0);
  rmSync(folder, { recursive: true });
});

/** Kong's end, and what it has read. */
async function connected(): Promise<{ kong: Socket; received: () => Buffer; accepted: Socket }> {
  const kong = connect(join(folder, 'socket'));
  let received = Buffer.alloc(0);
  kong.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
  });
  const count = accepted.length;
  await expect.poll(() => accepted.length).toBe(count + 1);
  return { kong, received: () => received, accepted: accepted.at(-1) as Socket };
}

describe('a connection that cannot be kept', () => {
  it('gets one answer, behind which Kong finds something that keeps it from being used again', async () => {
    const { kong, received, accepted } = await connected();
    surplus.answer(0, accepted, server);
    kong.write(START);
    await once(kong, 'close');
    const [answer, rest] = [...decodeMulti(received())];
    expect(answer).toMatchObject([1, 7, null, { Name: 'a' }]);
    expect(rest).toMatchObject([2, expect.any(String), null]);
    expect(received().length - encode(answer).length).toBeGreaterThan(READ_AT_ONCE);
  });

  it('has its descriptor back before another one is accepted, where there would be too many', async () => {
    const [first, second] = [await connected(), await connected()];
    surplus.answer(0, first.accepted, server);
    second.kong.write(START);
    await sleep(20);
    surplus.answer(0, second.accepted, server);
    expect([first.accepted.destroyed, second.accepted.destroyed]).toEqual([false, true]);
    await once(second.kong, 'close');
    expect([...decodeMulti(second.received())][0]).toMatchObject([1, 7, null, { Name: 'a' }]);
  });

  it('is waited for no longer than Kong needs, and stays open', async () => {
    const [first, second] = [await connected(), await connected()];
    surplus.answer(0, first.accepted, server);
    const began = performance.now();
    surplus.answer(0, second.accepted, server);
    expect(performance.now() - began).toBeGreaterThanOrEqual(PATIENCE);
    expect([first.accepted.destroyed, second.accepted.destroyed]).toEqual([false, false]);
    first.kong.write(START);
    await once(first.kong, 'close');
    expect([...decodeMulti(first.received())][0]).toMatchObject([1, 7, null, { Name: 'a' }]);
  });

  it('is closed where Kong has closed it', async () => {
    const [first, second] = [await connected(), await connected()];
    surplus.answer(0, first.accepted, server);
    second.kong.destroy();
    await once(second.kong, 'close');
    surplus.answer(0, second.accepted, server);
    expect(second.accepted.destroyed).toBe(true);
  });
});
