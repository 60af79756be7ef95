/** Two processes: one serves the plugins, the other answers Kong when that one dies, hangs or comes late. */
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Supervisor, type SupervisorOptions } from '../src/pluginserver/supervisor.ts';
import { type ReplayedPhase, replayKong } from '../testkit/harness/replayed-kong.ts';
import { childrenOf, SERVER } from '../testkit/harness/server-process.ts';
import {
  PLUGIN,
  passed,
  REFUSED,
  run,
  runAnyhow,
  SLOW_PLUGIN,
  stallingServer,
  untilServed,
  wasInspected,
} from './stalling-server.ts';

const supervised = stallingServer();
const { start, worker } = supervised;

/** A supervisor in this process. @param extra further arguments of the process that serves, read at each start */
async function supervise(plugin: string, options: Partial<SupervisorOptions>, extra: string[] = []) {
  const folder = await mkdtemp(join(tmpdir(), 'aidr-supervised-'));
  const path = join(folder, 'socket');
  const lines: string[] = [];
  const supervisor = new Supervisor({
    sockets: [{ plugin, path }],
    ...{ replace: false, maxStall: 5_000, kong: undefined },
    get command(): [string, ...string[]] {
      return [process.execPath, SERVER, '--socket', `${plugin}=${path}`, '--supervised', ...extra];
    },
    limits: { replyDeadline: 60_000, stepDeadline: 60_000, absenceDeadline: 60_000 },
    ...{ log: (line: string) => lines.push(line), onFailedStart: () => undefined },
    ...options,
  });
  await supervisor.start();
  return {
    ...{ path, lines },
    async stop() {
      for (const kong of supervised.kongs.splice(0)) kong.close();
      await supervisor.stop(0);
      rmSync(folder, { recursive: true });
    },
  };
}

describe('when the process that serves the plugins is killed', () => {
  it('what was under way is refused, and so is what comes, until the next one serves', async () => {
    await start();
    const [waiting, other] = [worker({ kind: 'waits' }), worker()];
    await untilServed(other);
    const underWay = [run(waiting), run(waiting), run(waiting)];
    await sleep(100);
    const killed = supervised.server.servingPid();
    process.kill(killed, 'SIGKILL');
    for (const phase of await Promise.all(underWay)) expect(phase.exit).toMatchObject(REFUSED);
    const between = await untilServed(other);
    expect(between.length).toBeGreaterThan(0);
    expect(between.filter(passed)).toEqual([]);
    expect(supervised.server.servingPid()).not.toBe(killed);
    expect(supervised.server.stderr()).toContain('requests are refused until the next one serves');
  });

  it('not one of many requests passes, on old connections and new ones', async () => {
    await start();
    const workers = Array.from({ length: 10 }, () => worker());
    await Promise.all(workers.map(untilServed));
    const phases: ReplayedPhase[] = [];
    let isOver = false;
    const load = workers.map(async (kong) => {
      while (!isOver) phases.push(await runAnyhow(kong));
    });
    for (let kill = 0; kill < 3; kill++) {
      await sleep(300);
      process.kill(supervised.server.servingPid(), 'SIGKILL');
      await expect
        .poll(() => supervised.server.stderr().split('are served again').length, { timeout: 15_000 })
        .toBe(kill + 2);
    }
    isOver = true;
    await Promise.all(load);
    expect(phases.filter(passed)).toEqual([]);
    expect(phases.filter(wasInspected).length).toBeGreaterThan(20);
  });

  it('by a request of its own, that one is refused too', async () => {
    await start();
    const outcome = await run(worker({ kind: 'dies' })).catch(() => 'error');
    expect(outcome === 'error' || (outcome as ReplayedPhase).exit).toBeTruthy();
  });

  /** Kong lets a request pass that waited ten seconds for another one to start the instance. */
  it.each([
    ['by it', 'dies at start'],
    ['while it stood still over it', 'stalls at start'],
  ])('%s, an instance that was being started is started anew, and nothing passes', async (_how, kind) => {
    await start('--max-stall', '1');
    const kong = worker({ kind });
    const began = performance.now();
    const phases = await Promise.all([runAnyhow(kong), runAnyhow(kong), runAnyhow(kong)]);
    expect(phases).toEqual(
      phases.map(() => expect.objectContaining({ exit: expect.objectContaining(REFUSED) })),
    );
    expect(performance.now() - began).toBeLessThan(9_000);
  });

  it('although the next one cannot be started at first, it is started when that is possible', async () => {
    const extra: string[] = [];
    const inProcess = await supervise(PLUGIN, {}, extra);
    try {
      const kong = replayKong('stalling', inProcess.path, {});
      supervised.kongs.push(kong);
      await untilServed(kong);
      // More than the kernel takes.
      extra.push('-'.repeat(200_000));
      process.kill(childrenOf(process.pid).at(-1) ?? 0, 'SIGKILL');
      await expect.poll(() => inProcess.lines).toContainEqual(expect.stringContaining('cannot be started'));
      expect((await run(kong)).exit).toMatchObject(REFUSED);
      extra.pop();
      expect((await untilServed(kong)).filter(passed)).toEqual([]);
    } finally {
      await inProcess.stop();
    }
  });

  it('an audit goes on: nothing stops its requests', async () => {
    await start();
    const [audit, other] = [worker({ kind: 'waits', enforcing_strategy: 'audit' }), worker()];
    await untilServed(other);
    process.kill(supervised.server.servingPid(), 'SIGKILL');
    await expect.poll(async () => (await runAnyhow(other)).exit?.status).toBe(503);
    expect((await runAnyhow(audit)).exit).toBeUndefined();
  });
});

describe('when the channel between the two processes', () => {
  it.each([
    ['is closed', 'hangs up', false],
    ['carries nothing', 'is deaf', true],
  ])('%s, the one that serves is ended, and nothing passes', async (_what, kind, isWaitedFor) => {
    await start('--max-stall', '1');
    const kong = worker();
    await untilServed(kong);
    const phases = await Promise.all([
      runAnyhow(worker({ kind })),
      sleep(50).then(() => runAnyhow(worker())),
    ]);
    await expect
      .poll(() => supervised.server.stderr())
      .toContain('requests are refused until the next one serves');
    phases.push(...(await untilServed(kong)), ...(await untilServed(worker())));
    expect(phases.filter(passed)).toEqual([]);
    expect(supervised.server.stderr().includes('stood still for')).toBe(isWaitedFor);
  });
});

describe('when the event loop of the process that serves the plugins stands still', () => {
  it.each(['in a plugin', 'because the whole process is stopped'])(
    '%s, it is ended and nothing passes',
    async (why) => {
      await start('--max-stall', '1');
      const [waiting, stalling, other] = [worker({ kind: 'waits' }), worker({ kind: 'stalls' }), worker()];
      await untilServed(other);
      const hung = supervised.server.servingPid();
      const underWay = [run(waiting), run(waiting)];
      await sleep(100);
      if (why === 'in a plugin') underWay.push(run(stalling));
      else process.kill(hung, 'SIGSTOP');
      underWay.push(run(waiting), run(other), run(worker()));
      const began = performance.now();
      const ended = await Promise.allSettled(underWay);
      expect(performance.now() - began).toBeLessThan(10_000);
      expect(ended.filter((one) => one.status === 'fulfilled' && passed(one.value))).toEqual([]);
      expect((await untilServed(other)).filter(passed)).toEqual([]);
      expect(supervised.server.servingPid()).not.toBe(hung);
      expect(supervised.server.stderr()).toContain('stood still for 1000 ms');
    },
  );
});

describe('while the plugins are still being loaded', () => {
  /** Kong lets a request pass that waited ten seconds for another one to start the instance. */
  it('for too long, requests are refused rather than kept waiting, and served then', async () => {
    const { path, lines, stop } = await supervise(SLOW_PLUGIN, { slowStart: 300 });
    try {
      const loading = Array.from({ length: 3 }, () => replayKong('stalling', path, {}));
      supervised.kongs.push(...loading);
      const phases = await Promise.all(loading.flatMap((kong) => [run(kong), run(kong)]));
      expect(phases.map(({ exit }) => exit)).toEqual(phases.map(() => expect.objectContaining(REFUSED)));
      for (const kong of loading) expect((await untilServed(kong)).filter(passed)).toEqual([]);
      expect(lines).toEqual([
        'the plugins are still being loaded: requests are refused until they are served',
        'the plugins are served',
      ]);
    } finally {
      await stop();
    }
  });
});

describe('when the supervisor has no time', () => {
  const hasRoom = Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8')) > 2_000;

  it.runIf(hasRoom)('two thousand connections at once find it', async () => {
    await start();
    process.kill(supervised.server.pid, 'SIGSTOP');
    try {
      const many = Array.from({ length: 2_000 }, () => connect(supervised.server.socket(PLUGIN)));
      const connected = await Promise.allSettled(many.map((one) => once(one, 'connect')));
      for (const one of many) one.destroy();
      expect(connected.filter(({ status }) => status === 'rejected')).toEqual([]);
    } finally {
      process.kill(supervised.server.pid, 'SIGCONT');
    }
  });
});

describe('noise on a connection', () => {
  it('while nobody serves is passed over, and the connection stays open', async () => {
    await start();
    process.kill(supervised.server.servingPid(), 'SIGKILL');
    await expect.poll(() => supervised.server.stderr()).toContain('requests are refused');
    const connection = connect(supervised.server.socket(PLUGIN));
    const closed = once(connection, 'close');
    connection.on('error', () => undefined).resume();
    connection.write(Buffer.from([0xc1, 0xff, 0x00]));
    expect(await Promise.race([closed, sleep(500, 'open')])).toBe('open');
    connection.destroy();
  });
});
