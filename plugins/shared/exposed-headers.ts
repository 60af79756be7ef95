/** What `expose_headers` tells the client of a leg. */
import type { Leg } from '../../src/config/schema.ts';
import type { InspectionRecord } from '../../src/guard/record.ts';

const NAMES: Record<Leg, string> = {
  request: 'X-Crowdstrike-AIDR-Request',
  response: 'X-Crowdstrike-AIDR-Response',
};

export function exposedHeaders(leg: Leg, record: InspectionRecord): Record<string, string> {
  const name = NAMES[leg];
  const { aidr_request_ids: ids } = record;
  return {
    [name]: record.outcome,
    [`${name}-Latency`]: String(Math.round(record.aidr_ms + record.overhead_ms)),
    ...(ids ? { [`${name}-Id`]: ids.join(', ') } : {}),
    ...(record.outcome === 'failed_open' ? { 'X-Crowdstrike-AIDR-Degraded': 'true' } : {}),
  };
}
