/** Waiting for what a gateway does in its own time. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds. Kong answers 500 until its plugin servers have bound their sockets; a reload takes seconds. */
const LIMIT = 30_000;

/** @throws `otherwise` as an error, when the condition has not come true in time */
export async function until(condition: () => boolean, otherwise: string): Promise<void> {
  const deadline = Date.now() + LIMIT;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(otherwise);
    await sleep(50);
  }
}

/** Resolves when Kong's new workers serve: the command only sends a signal, and the old ones retire after that. */
export async function untilReloaded(logSince: () => string): Promise<void> {
  await until(() => logSince().includes('gracefully shutting down'), 'the new workers did not start');
}
