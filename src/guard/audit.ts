/**
 * Inspections beside the traffic. Nobody waits for them, so nothing but these limits keeps them from piling up when
 * AIDR is slow.
 */
import { ByteBudget } from '../body/byte-budget.ts';
import type { Inspection } from './guard.ts';

/** Inspections under way, and bytes of their bodies, in this process. */
const MAX_UNDER_WAY = 128;
const budget = new ByteBudget(67_108_864);

let underWay = 0;

export function auditsUnderWay(): number {
  return underWay;
}

/**
 * @param bytes of the body, which is held until the inspection is over
 * @param done gets the inspection; undefined when it threw
 * @returns false when there is no room: the inspection is dropped
 */
export function inspectBeside(
  bytes: number,
  inspect: () => Promise<Inspection>,
  done: (inspection: Inspection | undefined) => void,
): boolean {
  if (underWay >= MAX_UNDER_WAY || !budget.tryHold(bytes)) return false;
  underWay += 1;
  inspect()
    .catch(() => undefined)
    .then(done)
    .finally(() => {
      underWay -= 1;
      budget.release(bytes);
    });
  return true;
}
