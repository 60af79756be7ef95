/** A server that takes the sockets of another: not before it can serve. */
import { dirname } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type ServerProcess, startServer } from '../testkit/harness/server-process.ts';
import { isRunning, PLUGIN, SLOW_PLUGIN, stallingServer, untilServed } from './stalling-server.ts';

const supervised = stallingServer();
const { start, worker } = supervised;

describe('a server that replaces another', () => {
  let next: ServerProcess | undefined;
  const replaceBy = async (plugin: string) => {
    const socket = supervised.server.socket(PLUGIN);
    next = await startServer(
      [],
      ['--socket', `${plugin}=${socket}`, '--replace', '--detach'],
      dirname(socket),
    );
    return next;
  };
  const isStillServedByTheFirst = async () => {
    const before = await untilServed(worker());
    return before.length === 0 && supervised.server.child.exitCode === null;
  };
  afterEach(() => next?.stop());

  it('has the sockets once its plugins are loaded, and whoever comes before does not wait', async () => {
    await start('--detach');
    await replaceBy(SLOW_PLUGIN);
    expect(await isStillServedByTheFirst()).toBe(true);
    await expect.poll(() => supervised.server.child.exitCode).toBe(0);
    expect(await untilServed(worker())).toEqual([]);
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'leaves them to the other when %s ends it before',
    async (signal) => {
      await start('--detach');
      const { child, servingPid } = await replaceBy(SLOW_PLUGIN);
      await expect.poll(servingPid).toBeGreaterThan(0);
      const serving = servingPid();
      child.kill(signal);
      expect(await isStillServedByTheFirst()).toBe(true);
      await expect.poll(() => isRunning(serving)).toBe(false);
      expect(await isStillServedByTheFirst()).toBe(true);
    },
  );

  it('leaves them to the other when its plugins cannot be loaded', async () => {
    await start('--detach');
    const { child } = await replaceBy(`${SLOW_PLUGIN}.missing`);
    await expect.poll(() => child.exitCode).toBe(1);
    expect(await isStillServedByTheFirst()).toBe(true);
  });
});
