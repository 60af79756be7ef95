/** Two processes: when one of them is replaced or ended, the other goes on with what Kong has begun. */
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  isRunning,
  PLUGIN,
  passed,
  run,
  runAnyhow,
  stallingServer,
  untilServed,
  wasInspected,
} from './stalling-server.ts';

const supervised = stallingServer();
const { start, startNext, worker } = supervised;

describe('when the supervisor is killed', () => {
  it('the process that serves goes on, accepts connections, and ends when its socket is gone', async () => {
    await start();
    const kong = worker();
    await untilServed(kong);
    const serving = supervised.server.servingPid();
    supervised.server.child.kill('SIGKILL');
    await once(supervised.server.child, 'exit');
    expect(wasInspected(await run(kong))).toBe(true);
    await expect.poll(async () => wasInspected(await run(worker()))).toBe(true);
    for (const one of supervised.kongs) one.close();
    await sleep(1500);
    expect(isRunning(serving)).toBe(true);
    rmSync(supervised.server.socket(PLUGIN));
    await expect.poll(() => isRunning(serving), { timeout: 5_000 }).toBe(false);
  });
});

describe('with --detach', () => {
  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'a request under way outlives the worker that ends the supervisor by %s',
    async (signal) => {
      await start('--detach');
      const kong = worker({ kind: 'waits' });
      const underWay = run(kong);
      await sleep(100);
      const serving = supervised.server.servingPid();
      supervised.server.child.kill(signal);
      await once(supervised.server.child, 'exit');
      expect(await Promise.race([underWay, sleep(1500, 'under way')])).toBe('under way');
      expect(isRunning(serving)).toBe(true);
      rmSync(supervised.server.socket(PLUGIN));
      kong.close();
      await expect.poll(() => isRunning(serving), { timeout: 5_000 }).toBe(false);
    },
  );

  it('what was under way when what serves the plugins was killed is refused before the supervisor leaves', async () => {
    await start('--detach');
    const [waiting, other] = [worker({ kind: 'waits' }), worker()];
    await untilServed(other);
    const underWay = [runAnyhow(waiting), runAnyhow(waiting)];
    await sleep(100);
    process.kill(supervised.server.servingPid(), 'SIGKILL');
    await expect.poll(() => supervised.server.stderr()).toContain('requests are refused');
    supervised.server.child.kill('SIGTERM');
    expect((await Promise.all(underWay)).filter(passed)).toEqual([]);
    await expect.poll(() => supervised.server.child.exitCode, { timeout: 5_000 }).toBe(0);
  });

  it.each(['SIGCONT', 'SIGKILL'] as const)(
    'who connected to a replaced server that had no time is served when it goes on or ends (%s)',
    async (signal) => {
      await start('--detach');
      await untilServed(worker());
      const first = supervised.server;
      first.child.kill('SIGSTOP');
      const underWay = [run(worker()), run(worker()), run(worker())];
      await sleep(100);
      await startNext('--detach');
      try {
        await sleep(1_200);
        first.child.kill(signal);
        expect(await Promise.all(underWay)).toEqual(underWay.map(() => expect.toSatisfy(wasInspected)));
      } finally {
        if (first.child.exitCode === null) first.child.kill('SIGKILL');
      }
    },
  );

  it('a replaced server serves what has begun, and then Kong uses the next one and both its processes are gone', async () => {
    await start('--detach');
    const [old, waiting] = [worker(), worker({ kind: 'waits' })];
    await untilServed(old);
    const underWay = run(waiting);
    await sleep(100);
    const [supervisor, serving] = [supervised.server.pid, supervised.server.servingPid()];
    const first = supervised.server;
    await startNext('--detach');
    try {
      await expect.poll(() => first.child.exitCode, { timeout: 5_000 }).toBe(0);
      for (let round = 0; round < 30; round++) {
        expect(wasInspected(await run(old))).toBe(true);
        await sleep(50);
      }
      expect(await Promise.race([underWay, sleep(0, 'under way')])).toBe('under way');
      expect(isRunning(serving)).toBe(true);
      waiting.close();
      await expect.poll(() => isRunning(serving), { timeout: 5_000 }).toBe(false);
      expect(isRunning(supervisor)).toBe(false);
      expect(wasInspected(await run(worker()))).toBe(true);
    } finally {
      if (first.child.exitCode === null) first.child.kill('SIGKILL');
    }
  });
});
