/**
 * Who may talk to AIDR now. A call that waits for a connection until its deadline was not failed by AIDR but by the
 * load on this process, which a caller can raise: that must not let anything pass.
 */
import { type BulkheadPolicy, BulkheadRejectedError, bulkhead, TaskCancelledError } from 'cockatiel';
import { failed, MAX_CONNECTIONS, type Sent } from './transport.ts';

/** Calls to one origin that wait for a connection; more than that would not be served in time anyway. */
const MAX_WAITING = 2048;

const slots = new Map<string, BulkheadPolicy>();

function slotsOf(origin: string): BulkheadPolicy {
  let policy = slots.get(origin);
  if (!policy) {
    policy = bulkhead(MAX_CONNECTIONS, MAX_WAITING);
    slots.set(origin, policy);
  }
  return policy;
}

/** Calls to AIDR that have a connection, over all origins. */
export function callsInFlight(): number {
  return [...slots.values()].reduce((sum, policy) => sum + MAX_CONNECTIONS - policy.executionSlots, 0);
}

/** @returns what the task returned, or `overloaded` when it had to wait and had not begun when the signal aborted */
export async function inSlot(origin: string, signal: AbortSignal, task: () => Promise<Sent>): Promise<Sent> {
  let hasBegun = false;
  const done = slotsOf(origin)
    .execute(() => {
      hasBegun = true;
      return task();
    }, signal)
    .catch((error: unknown) => {
      if (error instanceof BulkheadRejectedError || error instanceof TaskCancelledError) return OVERLOADED;
      throw error;
    });
  if (hasBegun) return done;
  const gaveUp = Promise.withResolvers<Sent>();
  const giveUp = () => {
    if (!hasBegun) gaveUp.resolve(OVERLOADED);
  };
  signal.addEventListener('abort', giveUp);
  try {
    return await Promise.race([done, gaveUp.promise]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

export const OVERLOADED = failed('overloaded', `more than ${MAX_CONNECTIONS} calls to AIDR are under way`);
