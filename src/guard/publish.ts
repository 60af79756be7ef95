/** Tells whoever listens in this process, such as the metrics, about inspections. Costs nothing without listeners. */
import { channel } from 'node:diagnostics_channel';
import type { Leg } from '../config/schema.ts';
import type { InspectionRecord } from './record.ts';

export interface Published {
  leg: Leg;
  /** `dropped`: an audit had no room for it. */
  record: InspectionRecord | 'dropped';
}

const inspections = channel('crowdstrike-aidr:inspection');

export function publish(published: Published): void {
  if (inspections.hasSubscribers) inspections.publish(published);
}
