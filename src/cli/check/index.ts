/** `aidr-kong check`: what Kong or a plugin would refuse in a configuration, and what is known to be dangerous. */
import { ALL_PLUGIN_NAMES } from '../../config/plugin-name.ts';
import { aiProxy } from './checks/ai-proxy.ts';
import { batchHook } from './checks/batch-hook.ts';
import { collectors } from './checks/collectors.ts';
import { configuration } from './checks/configuration.ts';
import { cachedAnswers, oneDirectionOnly } from './checks/coverage.ts';
import { exits } from './checks/exits.ts';
import { guard } from './checks/guard.ts';
import { internalRoutes } from './checks/internal-routes.ts';
import {
  aiPluginLimits,
  bodyBuffer,
  enabledPlugins,
  headerBuffers,
  heldBackStreams,
  pluginServers,
  workerConnections,
} from './checks/kong-settings.ts';
import { neighbours } from './checks/neighbours.ts';
import { oneInspectorOnly } from './checks/one-inspector.ts';
import { placements } from './checks/placements.ts';
import { pluginFields } from './checks/plugin-fields.ts';
import { misspeltPlugins } from './checks/plugin-names.ts';
import { pluginSettings } from './checks/plugin-settings.ts';
import { protocols } from './checks/protocols.ts';
import { providerHosts } from './checks/provider-host.ts';
import { unprotectedRoutes } from './checks/unprotected-routes.ts';
import { upstreamTls } from './checks/upstream-tls.ts';
import { vaults } from './checks/vaults.ts';
import { writtenMarkers } from './checks/written-markers.ts';
import { type CoverageRow, coverageOf } from './coverage.ts';
import type { Finding } from './finding.ts';
import type { Configuration, Deployment } from './model.ts';
import {
  ADDING_PLUGINS,
  AI_PROXIES,
  ANSWERING_ABOVE,
  ANSWERING_PLUGINS,
  CACHES,
  TIED_PLUGINS,
} from './neighbours.ts';
import { Place } from './place.ts';
import { type Input, readConfigurations } from './read/index.ts';
import type { Settings } from './settings.ts';
import { trafficOf } from './traffic.ts';

type Check = (deployment: Deployment) => Finding[];

/** In the order of the report. */
const CHECKS: readonly Check[] = [
  misspeltPlugins,
  configuration,
  guard,
  pluginFields,
  writtenMarkers,
  exits,
  neighbours,
  batchHook,
  oneDirectionOnly,
  oneInspectorOnly,
  unprotectedRoutes,
  internalRoutes,
  cachedAnswers,
  protocols,
  aiProxy,
  providerHosts,
  collectors,
  placements,
  pluginSettings,
  vaults,
  upstreamTls,
  enabledPlugins,
  pluginServers,
  bodyBuffer,
  aiPluginLimits,
  headerBuffers,
  heldBackStreams,
  workerConnections,
];

/** Whose presence makes a difference for one of the checks. */
const RELEVANT = [
  ...ALL_PLUGIN_NAMES,
  ...['pre-function', 'post-function'],
  ...Object.keys(ANSWERING_PLUGINS),
  ...Object.keys(TIED_PLUGINS),
  ...[...ANSWERING_ABOVE, ...ADDING_PLUGINS, ...CACHES, ...AI_PROXIES],
];

export interface Checked {
  findings: Finding[];
  /** One row for each kind of traffic. */
  coverage: CoverageRow[];
}

/** @param inputs what Kong gets, in one or several files */
export function check(inputs: readonly Input[], settings?: Settings): Checked {
  const { configurations, problems } = readConfigurations(inputs);
  const deployments = configurations.map((one) => deploymentOf(one, settings));
  const findings = deployments.flatMap((deployment) => [
    ...deployment.configuration.problems,
    ...CHECKS.flatMap((run) => run(deployment)),
  ]);
  const hasPlugin = deployments.some(({ plugins }) => plugins.length > 0);
  return {
    findings: distinct([
      ...problems,
      ...(hasPlugin || configurations.length === 0 ? [] : [nothingToCheck(inputs)]),
      ...findings,
    ]),
    coverage: deployments.flatMap(coverageOf),
  };
}

function deploymentOf(configuration: Configuration, settings: Settings | undefined): Deployment {
  const plugins = configuration.plugins.flatMap((plugin) => {
    const name = ALL_PLUGIN_NAMES.find((own) => own === plugin.name);
    return name ? { ...plugin, name } : [];
  });
  const traffic = trafficOf(configuration, RELEVANT);
  return { plugins, configuration, traffic, ...(settings ? { settings } : {}) };
}

function nothingToCheck(inputs: readonly Input[]): Finding {
  return {
    code: 'no-aidr-plugin',
    level: 'warning',
    place: new Place(inputs.map(({ file }) => file).join(' ')),
    problem: 'none of the AIDR plugins is here',
    remedy: 'give this check the files in which they are',
  };
}

/** Many routes can share one plugin. */
function distinct(findings: Finding[]): Finding[] {
  return [...new Map(findings.map((one) => [`${one.code} ${one.place} ${one.problem}`, one])).values()];
}
