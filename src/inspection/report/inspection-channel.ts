/** Publishes what happened to listeners in this process, such as the metrics. Costs nothing without listeners. */
import { channel } from 'node:diagnostics_channel';
import type { Direction } from '../../config/schema.ts';
import type { InspectionRecord } from './record.ts';

export type InspectionEvent = { direction: Direction } & (
  | { kind: 'inspected'; record: InspectionRecord }
  /** An audit had no room for it. */
  | { kind: 'dropped' }
  /** An inspection threw: a bug, and no record. */
  | { kind: 'broken' }
  /** A look for the guard found none. */
  | { kind: 'unguarded' }
);

/** One channel for the process. The plugins can be separate bundles, each with its own copy of this module. */
const inspectionChannel = channel('crowdstrike-aidr');

export function publish(published: InspectionEvent): void {
  if (inspectionChannel.hasSubscribers) inspectionChannel.publish(published);
}

/** @returns ends the subscription */
export function subscribe(listener: (published: InspectionEvent) => void): () => void {
  const onMessage = (message: unknown) => listener(message as InspectionEvent);
  inspectionChannel.subscribe(onMessage);
  return () => inspectionChannel.unsubscribe(onMessage);
}
