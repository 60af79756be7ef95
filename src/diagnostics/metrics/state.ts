/** What the process is doing now, read when the metrics are asked for. */
import { Counter, collectDefaultMetrics, Gauge, type Registry } from 'prom-client';
import packageJson from '../../../package.json' with { type: 'json' };
import { openCircuits } from '../../aidr/circuit.ts';
import { callsInFlight } from '../../aidr/connection-slots.ts';
import { auditsUnderWay } from '../../inspection/audit.ts';
import { PHASE_FAILURES } from '../../inspection/refusal/refuser.ts';
import type { PluginServer } from '../../pluginserver/plugin-server.ts';

export function showState(registry: Registry, { budget, plugins }: PluginServer): void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  gauge(
    'crowdstrike_aidr_circuits_open',
    'Circuits, one an AIDR and key, that let nothing through.',
    openCircuits,
  );
  gauge('crowdstrike_aidr_api_calls_in_flight', 'Calls to AIDR that wait for its answer.', callsInFlight);
  gauge('crowdstrike_aidr_audits_in_flight', 'Inspections beside the traffic.', auditsUnderWay);
  gauge('crowdstrike_aidr_body_bytes_held', 'Bytes of bodies held now.', () => budget.held);
  gauge('crowdstrike_aidr_body_bytes_limit', 'Bytes above which phases are refused.', () => budget.limit);
  showPlugins(registry, plugins);
  new Gauge({
    name: 'crowdstrike_aidr_build_info',
    help: 'Always 1.',
    labelNames: ['version'],
    registers,
  }).set({ version: packageJson.version }, 1);
  collectDefaultMetrics({ register: registry });
}

function showPlugins(registry: Registry, plugins: PluginServer['plugins']): void {
  const registers = [registry];
  new Gauge({
    name: 'crowdstrike_aidr_instances',
    help: 'Configurations of a plugin that Kong uses, one a worker.',
    labelNames: ['plugin'],
    registers,
    collect() {
      for (const { name, instanceCount } of plugins) this.set({ plugin: name }, instanceCount);
    },
  });
  new Gauge({
    name: 'crowdstrike_aidr_inspections_in_flight',
    help: 'Phases of requests under way, Kong included.',
    labelNames: ['plugin'],
    registers,
    collect() {
      for (const { name, runningCount } of plugins) this.set({ plugin: name }, runningCount);
    },
  });
  new Counter({
    name: 'crowdstrike_aidr_server_refusals_total',
    help: "Phases that the plugin server refused in the plugin's place.",
    labelNames: ['plugin', 'reason'],
    registers,
    collect() {
      this.reset();
      for (const plugin of plugins)
        for (const reason of PHASE_FAILURES)
          this.inc({ plugin: plugin.name, reason }, plugin.refusals(reason));
    },
  });
}
