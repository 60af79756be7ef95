/** Waiting for what a gateway does in its own time. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds. Kong answers 500 until its plugin servers have bound their sockets; a reload takes seconds. */
const LIMIT = 30_000;

/** @throws `otherwise` as an error, when the condition has not come true in time */
export async function until(condition: () => boolean | Promise<boolean>, otherwise: string): Promise<void> {
  const deadline = Date.now() + LIMIT;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(otherwise);
    await sleep(50);
  }
}

/**
 * Reloads Kong and resolves when the new workers and their plugin servers serve.
 *
 * @param sockets that exist, each as a text that differs when another server has bound it
 */
export async function reloadKong(
  reload: () => Promise<unknown>,
  log: () => string,
  sockets: () => Promise<string[]>,
): Promise<void> {
  const [logged, old] = [log().length, await sockets()];
  // The command only sends a signal; the old workers retire when the new ones are up.
  await reload();
  const hasRetired = () => log().slice(logged).includes('gracefully shutting down');
  await until(hasRetired, 'the new workers did not start');
  const areReplaced = async () => {
    const now = await sockets();
    return now.length >= old.length && now.every((socket) => !old.includes(socket));
  };
  await until(areReplaced, 'the new plugin servers did not take the sockets over');
}
