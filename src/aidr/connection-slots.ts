/**
 * Who may talk to AIDR now. A call that waits for a connection until its deadline was not failed by AIDR but by the
 * load on this process, which a caller can raise: that must not let anything pass.
 */
import type { Shortage } from '../fair-share/fair-budget.ts';
import { FairScheduler, type SchedulerLimits } from '../fair-share/fair-scheduler.ts';
import { failed } from './failure.ts';
import { MAX_CONNECTIONS, type Sent, SPARE_CONNECTIONS } from './transport.ts';

/** Calls to one origin that wait for a connection; more than that would not be served in time anyway. */
const MAX_WAITING = 2048;
/** Of a caller that may use the spare connections: as many as one inspection makes at once. */
const CALLS_ON_SPARE = 8;

const LIMITS: SchedulerLimits = {
  places: MAX_CONNECTIONS,
  waiting: MAX_WAITING,
  sparePlaces: SPARE_CONNECTIONS,
  spareEach: CALLS_ON_SPARE,
};

const slots = new Map<string, FairScheduler>();

function slotsOf(origin: string): FairScheduler {
  let scheduler = slots.get(origin);
  if (!scheduler) {
    scheduler = new FairScheduler(LIMITS);
    slots.set(origin, scheduler);
  }
  return scheduler;
}

/** Calls to AIDR that have a connection, over all origins. */
export function callsInFlight(): number {
  return [...slots.values()].reduce((sum, { running }) => sum + running, 0);
}

/** How often a call was not made because too many waited. */
export function shortagesOfCalls(why: Shortage): number {
  return [...slots.values()].reduce((sum, scheduler) => sum + scheduler.shortages(why), 0);
}

/**
 * @param caller whose calls these are: those of others do not wait behind them
 * @returns what the task returned, or `overloaded` when it had to wait and had not begun when the signal aborted
 */
export function inSlot(
  origin: string,
  caller: string,
  signal: AbortSignal,
  task: () => Promise<Sent>,
): Promise<Sent> {
  return slotsOf(origin).run({ caller, signal, run: task, refused: () => OVERLOADED });
}

export const OVERLOADED = failed('overloaded', `more than ${MAX_CONNECTIONS} calls to AIDR are under way`);
