/** Waits until plugin server sockets accept connections: a service for tests, Kong itself serves at once. */

import { type Stats, statSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Tells one binding of a socket path from the next. */
export function socketIdentity(path: string): string | undefined {
  const stats: Stats | undefined = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? undefined : `${stats.dev}:${stats.ino}:${stats.ctimeMs}`;
}

/**
 * Waits until a socket accepts connections and is no longer the one that `previous` names.
 *
 * @throws {Error} when that does not happen in time
 */
export async function socketReady(
  path: string,
  previous: string | undefined,
  timeoutMs: number,
): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (Date.now() < end) {
    const identity = socketIdentity(path);
    if (identity !== undefined && identity !== previous && (await accepts(path))) return;
    await sleep(10);
  }
  throw new Error(`no plugin server accepted connections on ${path} within ${timeoutMs} ms`);
}

function accepts(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
