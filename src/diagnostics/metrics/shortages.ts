/** How often there was no room for somebody, in what all callers share. */
import { Counter, type Registry } from 'prom-client';
import { shortagesOfCalls } from '../../aidr/connection-slots.ts';
import { SHORTAGES, type Shortage } from '../../fair-share/fair-budget.ts';
import { shortagesOfAudits } from '../../inspection/audit.ts';
import { decodedBytes } from '../../inspection/open-body.ts';
import { relayedBytes } from '../../live/byte-reservation.ts';
import { relayedRequests } from '../../live/relay.ts';
import type { PluginServer } from '../../pluginserver/plugin-server.ts';
import { inspectionPool } from '../../workers/inspection-pool.ts';

type Shortages = (why: Shortage) => number;

export function showShortages(registry: Registry, { budget }: Pick<PluginServer, 'budget'>): void {
  const resources: Record<string, Shortages> = {
    bodies: (why) => budget.shortages(why),
    decoded_bodies: (why) => decodedBytes.shortages(why),
    calls: shortagesOfCalls,
    audits: shortagesOfAudits,
    waiting_bodies: (why) => inspectionPool.shortages(why),
    live_answers: (why) => relayedBytes.shortages(why) + relayedRequests.shortages(why),
  };
  new Counter({
    name: 'crowdstrike_aidr_shortages_total',
    help: 'Times that a caller was refused room, or lost it to another one.',
    labelNames: ['resource', 'cause'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [resource, shortages] of Object.entries(resources))
        for (const cause of SHORTAGES) this.inc({ resource, cause }, shortages(cause));
    },
  });
}
