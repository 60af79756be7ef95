/** A plugin server whose plugin waits, stands still or dies when it is told to, and workers of Kong that ask it. */
import { dirname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect } from 'vitest';
import { type ReplayedKong, type ReplayedPhase, replayKong } from '../testkit/harness/replayed-kong.ts';
import { type ServerProcess, startServer } from '../testkit/harness/server-process.ts';

export const PLUGIN = resolve(import.meta.dirname, 'fixtures/stalling.cjs');
export const SLOW_PLUGIN = resolve(import.meta.dirname, 'fixtures/slow-start/stalling.cjs');
const REQUEST = { headers: {}, body: Buffer.from('{}') };
export const REFUSED = { status: 503, body: expect.stringContaining('"reason":"overloaded"') };

export interface Stalling {
  /** @throws Error where the test has started none */
  readonly server: ServerProcess;
  /** Are closed when the test ends. */
  readonly kongs: ReplayedKong[];
  start(...options: string[]): Promise<void>;
  /** Another server on the same socket. */
  startNext(...options: string[]): Promise<void>;
  /** A worker of Kong with one configuration of the plugin. */
  worker(config?: Record<string, unknown>): ReplayedKong;
}

/** For the tests of one file: what each of them starts ends with it. */
export function stallingServer(): Stalling {
  let server: ServerProcess | undefined;
  const kongs: ReplayedKong[] = [];
  afterEach(async () => {
    for (const kong of kongs.splice(0)) kong.close();
    await server?.stop();
  });
  const started = () => {
    if (!server) throw new Error('no server was started');
    return server;
  };
  return {
    kongs,
    get server() {
      return started();
    },
    async start(...options) {
      server = await startServer([PLUGIN], ['--replace', ...options]);
    },
    async startNext(...options) {
      const folder = dirname(started().socket(PLUGIN));
      server = await startServer([PLUGIN], ['--replace', ...options], folder);
    },
    worker(config = {}) {
      const kong = replayKong('stalling', started().socket(PLUGIN), config);
      kongs.push(kong);
      return kong;
    },
  };
}

export const run = (kong: ReplayedKong) => kong.run('access', REQUEST);

/** A connection of which nobody knows whether Kong waits: in Kong a failed assertion, which is a 500. */
const BROKEN = /unimplemented|unexpected RPC response/;

export async function runAnyhow(kong: ReplayedKong): Promise<ReplayedPhase> {
  return run(kong).catch((error) => {
    if (!BROKEN.test(String(error))) throw error;
    return { calls: [], exit: { status: 500, body: '', headers: {} }, shared: new Map() };
  });
}

export const wasInspected = ({ shared }: ReplayedPhase) => shared.get('inspected') !== undefined;
/** Neither refused nor inspected: Kong would let it pass. */
export const passed = (phase: ReplayedPhase) => phase.exit === undefined && !wasInspected(phase);

/** Runs until the plugin serves again. @returns the phases before that */
export async function untilServed(kong: ReplayedKong): Promise<ReplayedPhase[]> {
  const before: ReplayedPhase[] = [];
  for (;;) {
    const phase = await runAnyhow(kong);
    if (wasInspected(phase)) return before;
    before.push(phase);
    await sleep(20);
  }
}

export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
