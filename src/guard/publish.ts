/** Tells whoever listens in this process, such as the metrics, what happened. Costs nothing without listeners. */
import { channel } from 'node:diagnostics_channel';
import type { Leg } from '../config/schema.ts';
import type { InspectionRecord } from './record.ts';

export type Published = { leg: Leg } & (
  | { kind: 'inspected'; record: InspectionRecord }
  /** An audit had no room for it. */
  | { kind: 'dropped' }
  /** An inspection threw: a bug, and no record. */
  | { kind: 'broken' }
  /** A look for the guard found none. */
  | { kind: 'unguarded' }
);

/** One in the process, whatever module instance publishes: plugins can be bundles of their own. */
const happenings = channel('crowdstrike-aidr');

export function publish(published: Published): void {
  if (happenings.hasSubscribers) happenings.publish(published);
}

/** @returns ends the subscription */
export function subscribe(listener: (published: Published) => void): () => void {
  const onMessage = (message: unknown) => listener(message as Published);
  happenings.subscribe(onMessage);
  return () => happenings.unsubscribe(onMessage);
}
