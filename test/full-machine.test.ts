/** No room beside the sockets, or no descriptors: nothing passes, and what can be served is. */
import { mkdirSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { dirname, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type ReplayedKong, type ReplayedPhase, replayKong } from '../testkit/harness/replayed-kong.ts';
import { type ServerProcess, startServer } from '../testkit/harness/server-process.ts';

const PLUGIN = resolve(import.meta.dirname, 'fixtures/stalling.cjs');
const SLOW_PLUGIN = resolve(import.meta.dirname, 'fixtures/slow-start/stalling.cjs');
const REQUEST = { headers: {}, body: Buffer.from('{}') };
const FULL = 'there is no room beside the sockets for what is owed to Kong: new connections are refused';

let server: ServerProcess | undefined;
const kongs: ReplayedKong[] = [];
const idle: Socket[] = [];

function worker(config: Record<string, unknown> = {}): ReplayedKong {
  const kong = replayKong('stalling', server?.socket(PLUGIN) ?? '', config);
  kongs.push(kong);
  return kong;
}

const run = (kong: ReplayedKong) => kong.run('access', REQUEST);
const wasInspected = ({ shared }: ReplayedPhase) => shared.get('inspected') !== undefined;

afterEach(async () => {
  for (const kong of kongs.splice(0)) kong.close();
  for (const socket of idle.splice(0)) socket.destroy();
  await server?.stop();
  server = undefined;
});

describe('a plugin server whose disk is full', () => {
  it('says so when it starts, and ends', async () => {
    await expect(startServer([PLUGIN], [], undefined, '-f 0')).rejects.toThrow(
      /cannot make a file in .*: (EFBIG|ENOSPC)/,
    );
  });

  it('serves the connections that it has room for, and refuses others until it has', async () => {
    // 4 KB, in blocks of 512 bytes: the file for 256 connections is there from the beginning; it cannot grow.
    server = await startServer([PLUGIN], [], undefined, '-f 8');
    const path = server.socket(PLUGIN);
    const early = worker();
    expect(wasInspected(await run(early))).toBe(true);
    idle.push(...Array.from({ length: 300 }, () => connect(path)));
    await expect.poll(async () => (await run(worker())).exit?.status).toBe(503);
    const late = worker();
    for (const kong of [late, worker(), worker()]) expect((await run(kong)).exit?.status).toBe(503);
    expect(wasInspected(await run(early))).toBe(true);
    expect(server.stderr().split(FULL)).toHaveLength(2);
    expect(server.stderr()).not.toContain('uncaught');
    for (const socket of idle.splice(0)) socket.destroy();
    for (const kong of kongs.splice(2)) kong.close();
    await expect.poll(async () => wasInspected(await run(worker()))).toBe(true);
  });

  it('and whose process dies refuses what it owed, with room and without', async () => {
    server = await startServer([PLUGIN], [], undefined, '-f 8');
    const path = server.socket(PLUGIN);
    const early = worker();
    await run(early);
    const waiting = run(worker({ kind: 'waits' }));
    idle.push(...Array.from({ length: 300 }, () => connect(path)));
    await expect.poll(async () => (await run(worker())).exit?.status).toBe(503);
    process.kill(server.servingPid(), 'SIGKILL');
    expect((await waiting).exit?.status).toBe(503);
    for (const kong of [early, worker()]) {
      const { exit, shared } = await run(kong);
      expect(exit?.status === 503 || shared.get('inspected') !== undefined).toBe(true);
    }
    await expect.poll(async () => wasInspected(await run(early))).toBe(true);
  });
});

describe('a plugin server that may have few files open', () => {
  it('serves as many connections as leave it room, and refuses others until some are closed', async () => {
    server = await startServer([PLUGIN], [], undefined, '-n 80');
    const path = server.socket(PLUGIN);
    const early = worker();
    expect(wasInspected(await run(early))).toBe(true);
    idle.push(...Array.from({ length: 30 }, () => connect(path)));
    await expect.poll(async () => (await run(worker())).exit?.status).toBe(503);
    const late = worker();
    expect((await run(late)).exit?.status).toBe(503);
    expect(wasInspected(await run(early))).toBe(true);
    expect(server.stderr()).toContain('requests on further ones are refused');
    for (const socket of idle.splice(0)) socket.destroy();
    await expect.poll(async () => wasInspected(await run(late))).toBe(true);
  });

  it('refuses what comes in many more connections at once, and closes none without an answer', async () => {
    server = await startServer([PLUGIN], [], undefined, '-n 80');
    const many = Array.from({ length: 150 }, () => worker());
    const phases = (await Promise.all([...many, ...many].map(run))).map(
      (phase) => phase.exit?.status ?? wasInspected(phase),
    );
    expect(new Set(phases)).toEqual(new Set([503, true]));
  });
});

describe('connections that the process that serves the plugins has no descriptor for', () => {
  it('are refused, and those that it has are served', async () => {
    server = await startServer([PLUGIN], [], undefined, '-n 200');
    const early = worker();
    expect(wasInspected(await run(early))).toBe(true);
    expect(wasInspected(await run(worker({ kind: 'hoards' })))).toBe(true);
    const late = Array.from({ length: 5 }, () => worker());
    for (const { exit } of await Promise.all(late.map(run))) expect(exit?.status).toBe(503);
    expect(wasInspected(await run(early))).toBe(true);
    expect(server.stderr().split('did not reach the process that serves the plugins')).toHaveLength(2);
  });
});

describe('a plugin server that cannot take the path of its socket', () => {
  it('ends and says why', async () => {
    server = await startServer([PLUGIN], ['--replace']);
    const path = server.socket(PLUGIN);
    const next = await startServer([], ['--socket', `${SLOW_PLUGIN}=${path}`, '--replace'], dirname(path));
    await expect.poll(next.servingPid).toBeGreaterThan(0);
    rmSync(path);
    mkdirSync(path);
    await expect.poll(() => next.child.exitCode, { timeout: 10_000 }).toBe(1);
    expect(next.stderr()).toContain(`cannot listen on ${path}: EISDIR`);
  });

  it('ends when it is told to, whatever became of its folder', async () => {
    server = await startServer([PLUGIN], ['--replace']);
    const { child } = server;
    rmSync(dirname(server.socket(PLUGIN)), { recursive: true });
    child.kill('SIGTERM');
    await expect.poll(() => child.exitCode).toBe(0);
  });
});
