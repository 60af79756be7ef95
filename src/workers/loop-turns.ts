/**
 * Who may read a body on the event loop now: one after the other, and callers take turns. In each turn of the loop so many
 * begin as fit into a millisecond, and one in any case: many that come at once keep others waiting hardly longer than one
 * does, and what they ask for leaves together.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { FairScheduler } from '../fair-share/fair-scheduler.ts';

/** Far more than there are connections from Kong's workers that bring bodies. */
const MAX_WAITING = 10_000;

const turns = new FairScheduler({ places: 1, waiting: MAX_WAITING });

/** Milliseconds in each turn of the loop in which one may still begin. */
const SHARE = 1;

/** When nobody may begin any more in this turn of the loop; undefined where nobody has begun. */
let until: number | undefined;

/**
 * What follows without a break has the event loop for itself, at once if nobody else is there.
 *
 * @param cost bytes that are read in it
 * @returns false when too many wait, or nobody waits for it any more
 */
export function ownTurn(caller: string, cost: number, signal?: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const run = async () => {
    until ??= endOfShare();
    resolve(true);
    await firstBreak();
    if (until !== undefined && performance.now() > until) await nextTurn();
  };
  void turns.run({ caller, cost, run, refused: () => resolve(false), ...(signal ? { signal } : {}) });
  return promise;
}

function endOfShare(): number {
  setImmediate(() => {
    until = undefined;
  });
  return performance.now() + SHARE;
}

/** Resolves when what follows has come to its first break: a tick comes after all microtasks, and what follows is some. */
function firstBreak(): Promise<void> {
  return new Promise((resolve) => queueMicrotask(() => process.nextTick(resolve)));
}
