/** `aidr-kong check`: what Kong or a plugin would refuse in a configuration, and what is known to be dangerous. */
import { directionOf, PLUGIN_NAMES } from '../../config/plugin-name.ts';
import { AI_PROXIES, aiProxy } from './checks/ai-proxy.ts';
import { batchHook } from './checks/batch-hook.ts';
import { configuration } from './checks/configuration.ts';
import { CACHES, cachedAnswers, oneDirectionOnly, webSockets } from './checks/coverage.ts';
import { ANSWERING_PLUGINS, exits } from './checks/exits.ts';
import { guard } from './checks/guard.ts';
import { bodyBuffer, enabledPlugins, heldBackStreams, pluginServers } from './checks/kong-settings.ts';
import { pluginSettings } from './checks/plugin-settings.ts';
import { relay } from './checks/relay-placement.ts';
import { upstreamTls } from './checks/upstream-tls.ts';
import type { Finding } from './finding.ts';
import type { Deployment } from './model.ts';
import { readConfiguration } from './read-configuration.ts';
import type { Settings } from './settings.ts';
import { trafficOf } from './traffic.ts';

type Check = (deployment: Deployment) => Finding[];

/** In the order of the report, by the name that it gives to machines. */
const CHECKS: Record<string, Check> = {
  configuration,
  guard,
  exits,
  'batch-hook': batchHook,
  'one-direction-only': oneDirectionOnly,
  'cached-answers': cachedAnswers,
  'web-sockets': webSockets,
  'ai-proxy': aiProxy,
  relay,
  'plugin-settings': pluginSettings,
  'upstream-tls': upstreamTls,
  'enabled-plugins': enabledPlugins,
  'plugin-servers': pluginServers,
  'body-buffer': bodyBuffer,
  'held-back-streams': heldBackStreams,
};

/** Whose presence makes a difference for one of the checks. */
const RELEVANT = [
  ...Object.values(PLUGIN_NAMES),
  ...['pre-function', 'post-function'],
  ...CACHES,
  ...AI_PROXIES,
  ...ANSWERING_PLUGINS,
];

export interface NamedFinding extends Finding {
  check: string;
}

/**
 * @param text a declarative configuration, YAML or JSON
 * @param file its name in findings
 */
export function check(text: string, file: string, settings?: Settings): NamedFinding[] {
  const read = readConfiguration(text, file);
  const plugins = read.plugins.flatMap((plugin) => {
    const direction = directionOf(plugin.name);
    return direction ? { ...plugin, direction } : [];
  });
  const traffic = trafficOf(read, RELEVANT, file);
  const deployment: Deployment = { plugins, traffic, ...(settings ? { settings } : {}) };
  const findings = Object.entries(CHECKS).flatMap(([name, run]) => named(name, run(deployment)));
  return distinct([
    ...named('declaration', read.problems),
    ...(plugins.length === 0 ? named('declaration', [nothingToCheck(file)]) : []),
    ...findings,
  ]);
}

function nothingToCheck(place: string): Finding {
  return { level: 'warning', place, problem: 'none of the AIDR plugins is in this file' };
}

function named(check: string, findings: Finding[]): NamedFinding[] {
  return findings.map((finding) => ({ ...finding, check }));
}

/** Many routes can share one plugin. */
function distinct(findings: NamedFinding[]): NamedFinding[] {
  return [...new Map(findings.map((one) => [`${one.level} ${one.place} ${one.problem}`, one])).values()];
}
