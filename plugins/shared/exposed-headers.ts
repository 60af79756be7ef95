/** What `expose_headers` tells the client of a direction. */
import type { Direction } from '../../src/config/schema.ts';
import type { InspectionRecord } from '../../src/inspection/report/record.ts';

const NAMES: Record<Direction, string> = {
  request: 'X-Crowdstrike-AIDR-Request',
  response: 'X-Crowdstrike-AIDR-Response',
};

export function exposedHeaders(direction: Direction, record: InspectionRecord): Record<string, string> {
  const name = NAMES[direction];
  const { aidr_request_ids: ids } = record;
  return {
    [name]: record.outcome,
    [`${name}-Latency`]: String(Math.round(record.aidr_ms + record.overhead_ms)),
    ...(ids ? { [`${name}-Id`]: ids.join(', ') } : {}),
    ...(record.outcome === 'failed_open' ? { 'X-Crowdstrike-AIDR-Degraded': 'true' } : {}),
  };
}
