/** Runs a target where a hang is noticed: an endless loop cannot notice itself. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { sample } from 'fast-check';
import type { Budget } from './fuzz.ts';
import type { Finding, Result, Target } from './target.ts';
import { findTarget } from './targets/index.ts';

/** What a worker is told. */
export interface Errand {
  /** A target's name, or the path of a module whose default export is one. */
  target: string;
  budget: Budget;
  progress: SharedArrayBuffer;
}

/** Where in the shared memory the current case's seed stands, and how many checks were begun or ended. */
export const SEED = 0;
export const CHECKS = 1;

/** Milliseconds of CPU time that one check may take; local patterns may take two seconds by their own limits. */
const CHECK_LIMIT = 20_000;
/** A check that waits for ever takes no CPU time. On a busy machine an ordinary one can wait for long. */
const WAITING = 10;
/** Milliseconds from look to look. */
const INTERVAL = 50;

export async function fuzzWatched(name: string, budget: Budget, limit = CHECK_LIMIT): Promise<Result> {
  const progress = new Int32Array(new SharedArrayBuffer(8));
  const errand: Errand = { target: name, budget, progress: progress.buffer };
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: errand });
  const began = performance.now();
  const ended = new Promise<Result>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  const watch = new AbortController();
  try {
    const result = await Promise.race([ended, untilStuck(progress, limit, watch.signal)]);
    if (result !== 'stuck') return result;
    const cases = Math.ceil(Atomics.load(progress, CHECKS) / 2);
    const finding = await hangOf(await findTarget(name), Atomics.load(progress, SEED), limit);
    const seconds = (performance.now() - began) / 1_000;
    return { target: name, cases, seconds, slowest: limit, findings: [finding] };
  } finally {
    watch.abort();
    await worker.terminate();
  }
}

/** Resolves when no check was begun or ended for too long: by the time that it computed, not by that of the machine. */
async function untilStuck(progress: Int32Array, limit: number, signal: AbortSignal): Promise<'stuck'> {
  let checks = Atomics.load(progress, CHECKS);
  let since = now();
  while (!signal.aborted) {
    await sleep(INTERVAL);
    if (Atomics.load(progress, CHECKS) !== checks) {
      checks = Atomics.load(progress, CHECKS);
      since = now();
    }
    const { computed, passed } = now();
    if (computed - since.computed > limit || passed - since.passed > limit * WAITING) return 'stuck';
  }
  return 'stuck';
}

/** Milliseconds: of CPU time of this process, which does nothing else, and of the clock. */
function now(): { computed: number; passed: number } {
  const { user, system } = process.cpuUsage();
  return { computed: (user + system) / 1_000, passed: performance.now() };
}

/** The same seed makes the same input here, where nothing is done with it. */
async function hangOf(target: Target<unknown>, seed: number, limit: number): Promise<Finding> {
  const [input] = sample(target.inputs, { seed, numRuns: 1 });
  return { seed, message: `no end within ${limit} ms of computing`, input: target.show(input) };
}
