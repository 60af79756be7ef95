/**
 * Inspections under `audit`, which run beside the traffic. Nobody waits for them, so only these limits keep them from piling
 * up when AIDR is slow. Callers share the limits: a caller with fewer inspections displaces one of the caller with most.
 */
import { FairBudget, type Shortage } from '../fair-share/fair-budget.ts';
import { isRevoked, revoke } from '../fair-share/revocation.ts';
import type { Inspection } from './inspector.ts';

/** Inspections under way in this process. */
const MAX_UNDER_WAY = 128;
const places = new FairBudget(MAX_UNDER_WAY);
/** Bytes of their bodies. */
const bodyBytes = new FairBudget(67_108_864);

export function auditsUnderWay(): number {
  return places.held;
}

/** How often there was no room for one. */
export function shortagesOfAudits(why: Shortage): number {
  return places.shortages(why) + bodyBytes.shortages(why);
}

export interface Audit {
  caller: string;
  /** Bytes of the body, which is kept until the inspection is over. */
  bytes: number;
  /** @param signal aborts when another caller is given the room */
  inspect(signal: AbortSignal): Promise<Inspection>;
  /** @param inspection undefined when it threw */
  done(inspection: Inspection | undefined): void;
  /** There was no room for it, or it lost its room. */
  dropped(): void;
}

export function inspectBeside({ caller, bytes, inspect, done, dropped }: Audit): void {
  const revocation = new AbortController();
  const { signal } = revocation;
  const place = places.reserve(caller, 1, () => revoke(revocation));
  const room = place && bodyBytes.reserve(caller, bytes, () => revoke(revocation));
  if (!room) {
    place?.release();
    dropped();
    return;
  }
  inspect(signal)
    .catch(() => undefined)
    .then((inspection) => (isRevoked(signal) ? dropped() : done(inspection)))
    .finally(() => {
      place.release();
      room.release();
    });
}
