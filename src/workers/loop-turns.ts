/**
 * Who may read a body on the event loop now. One begins in each turn of it, callers one after the other: so many that
 * come at once keep others waiting no longer than one does.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { FairScheduler } from '../fair-share/fair-scheduler.ts';

/** Far more than there are connections from Kong's workers that bring bodies. */
const MAX_WAITING = 10_000;

const turns = new FairScheduler({ places: 1, waiting: MAX_WAITING });

/**
 * What follows without a break has a turn of the event loop for itself, at once if nobody else is there.
 *
 * @param cost bytes that are read in it
 * @returns false when too many wait, or nobody waits for it any more
 */
export function ownTurn(caller: string, cost: number, signal?: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const run = async () => {
    resolve(true);
    await nextTurn();
  };
  void turns.run({ caller, cost, run, refused: () => resolve(false), ...(signal ? { signal } : {}) });
  return promise;
}
