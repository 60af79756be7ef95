/**
 * Whether Kong is served, seen from where Kong stands: through the sockets.
 *
 * This process may be well while the supervisor, which has Kong's connections, stands still; so it is asked the way that
 * Kong asks. When this process itself stands still, nobody answers the question at all.
 */
import { checkSocket } from '../health-check/socket.ts';

export interface ServedSocket {
  plugin: string;
  path: string;
}

/** @returns looks once, for all who ask meanwhile: anybody who reaches the port may ask as often as he likes */
export function socketHealth(
  sockets: readonly ServedSocket[],
  isListening: () => boolean,
): () => Promise<boolean> {
  let look: Promise<boolean> | undefined;
  return () => {
    // Another process has taken the sockets over, and would answer in this one's place.
    if (!isListening()) return Promise.resolve(false);
    look ??= allAnswer(sockets).finally(() => {
      look = undefined;
    });
    return look;
  };
}

async function allAnswer(sockets: readonly ServedSocket[]): Promise<boolean> {
  const results = await Promise.all(sockets.map(checkSocket));
  return results.every(({ isOk }) => isOk);
}
