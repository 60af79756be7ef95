/** One target in a thread of its own, which can be ended when it hangs. */
import { parentPort, workerData } from 'node:worker_threads';
import { fuzz } from './fuzz.ts';
import { findTarget } from './targets/index.ts';
import { CHECKS, type Errand, SEED } from './watchdog.ts';

const { target, budget, progress }: Errand = workerData;
const shared = new Int32Array(progress);
const result = await fuzz(await findTarget(target), budget, (seed) => {
  shared[SEED] = seed;
  Atomics.add(shared, CHECKS, 1);
});
parentPort?.postMessage(result);
