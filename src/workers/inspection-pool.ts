/** The worker threads of this process, for all of its plugins. */
import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { THREAD_FILE } from './inspection-thread.ts';
import { WorkerPool } from './worker-pool.ts';

const MIB = 1_048_576;

/** As this process was loaded. */
const { ino, mtimeMs } = statSync(THREAD_FILE);

export const inspectionPool = new WorkerPool({
  file: THREAD_FILE,
  // The event loop needs a core for itself.
  maxThreads: Math.min(Math.max(availableParallelism() - 1, 1), 2),
  maxWaiting: 256,
  maxWaitingBytes: 64 * MIB,
  maxWaitMs: 10_000,
  maxIdleMs: 60_000,
  maxStartMs: 10_000,
  maxStretchMs: 4_000,
  maxComputingMs: 12_000,
  maxSilenceMs: 20_000,
  maxBytes: 64 * MIB,
  resources: { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 64 },
  // A newer version on the disk would not speak with this one.
  isFileUnchanged: () => {
    const now = statSync(THREAD_FILE, { throwIfNoEntry: false });
    return now?.ino === ino && now.mtimeMs === mtimeMs;
  },
});
