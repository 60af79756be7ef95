/** Two processes: one serves the plugins, the other answers Kong when that one dies, hangs or leaves late. */
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { Supervisor, type SupervisorOptions } from '../src/pluginserver/supervisor.ts';
import { type ReplayedKong, type ReplayedPhase, replayKong } from '../testkit/harness/replayed-kong.ts';
import { childrenOf, SERVER, type ServerProcess, startServer } from '../testkit/harness/server-process.ts';

const PLUGIN = resolve(import.meta.dirname, 'fixtures/stalling.cjs');
const SLOW_PLUGIN = resolve(import.meta.dirname, 'fixtures/slow-start/stalling.cjs');
const REQUEST = { headers: {}, body: Buffer.from('{}') };
const REFUSED = { status: 503, body: expect.stringContaining('"reason":"overloaded"') };

let server: ServerProcess;
const kongs: ReplayedKong[] = [];

async function start(...options: string[]): Promise<void> {
  server = await startServer([PLUGIN], ['--replace', ...options]);
}

/** A worker of Kong with one configuration of the plugin. */
function worker(config: Record<string, unknown> = {}): ReplayedKong {
  const kong = replayKong('stalling', server.socket(PLUGIN), config);
  kongs.push(kong);
  return kong;
}

const run = (kong: ReplayedKong) => kong.run('access', REQUEST);

/** A connection of which nobody knows whether Kong waits: in Kong a failed assertion, which is a 500. */
const BROKEN = /unimplemented|unexpected RPC response/;

async function runAnyhow(kong: ReplayedKong): Promise<ReplayedPhase> {
  return run(kong).catch((error) => {
    if (!BROKEN.test(String(error))) throw error;
    return { calls: [], exit: { status: 500, body: '', headers: {} }, shared: new Map() };
  });
}

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
      for (const kong of kongs.splice(0)) kong.close();
      await supervisor.stop(0);
      rmSync(folder, { recursive: true });
    },
  };
}

const wasInspected = ({ shared }: ReplayedPhase) => shared.get('inspected') !== undefined;
/** Neither refused nor inspected: Kong would let it pass. */
const passed = (phase: ReplayedPhase) => phase.exit === undefined && !wasInspected(phase);

/** Runs until the plugin serves again. @returns the phases before that */
async function untilServed(kong: ReplayedKong): Promise<ReplayedPhase[]> {
  const before: ReplayedPhase[] = [];
  for (;;) {
    const phase = await runAnyhow(kong);
    if (wasInspected(phase)) return before;
    before.push(phase);
    await sleep(20);
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

afterEach(async () => {
  for (const kong of kongs.splice(0)) kong.close();
  await server?.stop();
});

describe('when the process that serves the plugins is killed', () => {
  it('what was under way is refused, and so is what comes, until the next one serves', async () => {
    await start();
    const [waiting, other] = [worker({ kind: 'waits' }), worker()];
    await untilServed(other);
    const underWay = [run(waiting), run(waiting), run(waiting)];
    await sleep(100);
    const killed = server.servingPid();
    process.kill(killed, 'SIGKILL');
    for (const phase of await Promise.all(underWay)) expect(phase.exit).toMatchObject(REFUSED);
    const between = await untilServed(other);
    expect(between.length).toBeGreaterThan(0);
    expect(between.filter(passed)).toEqual([]);
    expect(server.servingPid()).not.toBe(killed);
    expect(server.stderr()).toContain('requests are refused until the next one serves');
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
      process.kill(server.servingPid(), 'SIGKILL');
      await expect
        .poll(() => server.stderr().split('are served again').length, { timeout: 15_000 })
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
      kongs.push(kong);
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
    process.kill(server.servingPid(), 'SIGKILL');
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
    await expect.poll(() => server.stderr()).toContain('requests are refused until the next one serves');
    phases.push(...(await untilServed(kong)), ...(await untilServed(worker())));
    expect(phases.filter(passed)).toEqual([]);
    expect(server.stderr().includes('stood still for')).toBe(isWaitedFor);
  });
});

describe('when the event loop of the process that serves the plugins stands still', () => {
  it.each(['in a plugin', 'because the whole process is stopped'])(
    '%s, it is ended and nothing passes',
    async (why) => {
      await start('--max-stall', '1');
      const [waiting, stalling, other] = [worker({ kind: 'waits' }), worker({ kind: 'stalls' }), worker()];
      await untilServed(other);
      const hung = server.servingPid();
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
      expect(server.servingPid()).not.toBe(hung);
      expect(server.stderr()).toContain('stood still for 1000 ms');
    },
  );
});

describe('while the plugins are still being loaded', () => {
  /** Kong lets a request pass that waited ten seconds for another one to start the instance. */
  it('for too long, requests are refused rather than kept waiting, and served then', async () => {
    const { path, lines, stop } = await supervise(SLOW_PLUGIN, { slowStart: 300 });
    try {
      const loading = Array.from({ length: 3 }, () => replayKong('stalling', path, {}));
      kongs.push(...loading);
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
    process.kill(server.pid, 'SIGSTOP');
    try {
      const many = Array.from({ length: 2_000 }, () => connect(server.socket(PLUGIN)));
      const connected = await Promise.allSettled(many.map((one) => once(one, 'connect')));
      for (const one of many) one.destroy();
      expect(connected.filter(({ status }) => status === 'rejected')).toEqual([]);
    } finally {
      process.kill(server.pid, 'SIGCONT');
    }
  });
});

describe('when the supervisor is killed', () => {
  it('the process that serves goes on, accepts connections, and ends when its socket is gone', async () => {
    await start();
    const kong = worker();
    await untilServed(kong);
    const serving = server.servingPid();
    server.child.kill('SIGKILL');
    await once(server.child, 'exit');
    expect(wasInspected(await run(kong))).toBe(true);
    await expect.poll(async () => wasInspected(await run(worker()))).toBe(true);
    for (const one of kongs) one.close();
    await sleep(1500);
    expect(isRunning(serving)).toBe(true);
    rmSync(server.socket(PLUGIN));
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
      const serving = server.servingPid();
      server.child.kill(signal);
      await once(server.child, 'exit');
      expect(await Promise.race([underWay, sleep(1500, 'under way')])).toBe('under way');
      expect(isRunning(serving)).toBe(true);
      rmSync(server.socket(PLUGIN));
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
    process.kill(server.servingPid(), 'SIGKILL');
    await expect.poll(() => server.stderr()).toContain('requests are refused');
    server.child.kill('SIGTERM');
    expect((await Promise.all(underWay)).filter(passed)).toEqual([]);
    await expect.poll(() => server.child.exitCode, { timeout: 5_000 }).toBe(0);
  });

  it.each(['SIGCONT', 'SIGKILL'] as const)(
    'who connected to a replaced server that had no time is served when it goes on or ends (%s)',
    async (signal) => {
      await start('--detach');
      await untilServed(worker());
      const first = server;
      first.child.kill('SIGSTOP');
      const underWay = [run(worker()), run(worker()), run(worker())];
      await sleep(100);
      server = await startServer([PLUGIN], ['--replace', '--detach'], dirname(server.socket(PLUGIN)));
      try {
        await sleep(1_200);
        first.child.kill(signal);
        expect(await Promise.all(underWay)).toEqual(underWay.map(() => expect.toSatisfy(wasInspected)));
      } finally {
        if (first.child.exitCode === null) first.child.kill('SIGKILL');
      }
    },
  );

  it('a replaced server serves its connections to their end, and then both its processes are gone', async () => {
    await start('--detach');
    const old = worker();
    await untilServed(old);
    const [supervisor, serving] = [server.pid, server.servingPid()];
    const first = server;
    const folder = dirname(server.socket(PLUGIN));
    server = await startServer([PLUGIN], ['--replace', '--detach'], folder);
    try {
      await expect.poll(() => first.child.exitCode, { timeout: 5_000 }).toBe(0);
      expect(wasInspected(await run(old))).toBe(true);
      expect(isRunning(serving)).toBe(true);
      old.close();
      await expect.poll(() => isRunning(serving), { timeout: 5_000 }).toBe(false);
      expect(isRunning(supervisor)).toBe(false);
      expect(wasInspected(await run(worker()))).toBe(true);
    } finally {
      if (first.child.exitCode === null) first.child.kill('SIGKILL');
    }
  });
});

describe('a server that replaces another', () => {
  let next: ServerProcess | undefined;
  const replaceBy = async (plugin: string) => {
    const socket = server.socket(PLUGIN);
    next = await startServer(
      [],
      ['--socket', `${plugin}=${socket}`, '--replace', '--detach'],
      dirname(socket),
    );
    return next;
  };
  const isStillServedByTheFirst = async () => {
    const before = await untilServed(worker());
    return before.length === 0 && server.child.exitCode === null;
  };
  afterEach(() => next?.stop());

  it('has the sockets once its plugins are loaded, and whoever comes before does not wait', async () => {
    await start('--detach');
    await replaceBy(SLOW_PLUGIN);
    expect(await isStillServedByTheFirst()).toBe(true);
    await expect.poll(() => server.child.exitCode).toBe(0);
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

describe('noise on a connection', () => {
  it('while nobody serves is passed over, and the connection stays open', async () => {
    await start();
    process.kill(server.servingPid(), 'SIGKILL');
    await expect.poll(() => server.stderr()).toContain('requests are refused');
    const connection = connect(server.socket(PLUGIN));
    const closed = once(connection, 'close');
    connection.on('error', () => undefined).resume();
    connection.write(Buffer.from([0xc1, 0xff, 0x00]));
    expect(await Promise.race([closed, sleep(500, 'open')])).toBe('open');
    connection.destroy();
  });
});
