/** Other plugins on the same traffic: docs/neighbours.md says what to do about each. */
import { ALL_PLUGIN_NAMES, PLUGIN_NAMES } from '../../../config/plugin-name.ts';
import { nearest } from '../did-you-mean.ts';
import type { Finding } from '../finding.ts';
import { isGuardLua } from '../guard-markers.ts';
import { type Deployment, type PluginEntity, stringsOf, type Traffic } from '../model.ts';
import { ADDING_PLUGINS, KNOWN_PLUGINS, TIED_PLUGINS } from '../neighbours.ts';
import { aiProxyOf, isAudit, isInspected, isRelayed, pluginOf } from '../plugin-of.ts';

const RELAY = 'set placement: relay on both plugins, which inspects the prompt as the provider will read it';

export function neighbours({ traffic, configuration }: Deployment): Finding[] {
  const inspected = traffic.filter(isInspected);
  const others = configuration.plugins.filter(
    ({ name }) => !KNOWN_PLUGINS.has(name) && !isOurs(name) && !isMisspelt(name),
  );
  return [
    ...inspected.flatMap((one) => [...adders(one), ...addersInLua(one), ...sanitizers(one), ...ties(one)]),
    ...others.filter((plugin) => isBesideOurs(plugin, inspected)).map(unknown),
  ];
}

function adders(traffic: Traffic): Finding[] {
  const request = pluginOf(traffic, 'request');
  if (!request || isRelayed(traffic)) return [];
  const level = isAudit(request) ? 'warning' : 'error';
  const plugins = ADDING_PLUGINS.flatMap((name) => traffic.candidates(name)[0] ?? []);
  const proxy = aiProxyOf(traffic);
  const response = pluginOf(traffic, 'response');
  if (!proxy && response) return [];
  const remedy = proxy ? RELAY : `add ${PLUGIN_NAMES.response}, which looks at the prompt again`;
  return plugins.map(({ place }) => ({
    code: 'added-after-inspection',
    level,
    place,
    problem: `what it makes of the prompt is inspected by nobody on ${traffic.place}`,
    remedy,
  }));
}

/** A post-function runs after everybody has looked. */
function addersInLua(traffic: Traffic): Finding[] {
  const [plugin] = traffic.candidates('post-function');
  const others = stringsOf(plugin?.config.access).filter((lua) => !isGuardLua(lua));
  if (!plugin || !others.some((lua) => /\bset_(?:raw_)?body(?:_data|_file)?\b/.test(lua))) return [];
  return [
    {
      code: 'added-after-inspection',
      level: 'error',
      place: plugin.place.at('config', 'access'),
      problem: `what it makes of the prompt is inspected by nobody on ${traffic.place}`,
      remedy: 'do it in a pre-function, which runs before the prompt is inspected',
    },
  ];
}

function sanitizers(traffic: Traffic): Finding[] {
  const [plugin] = traffic.candidates('ai-sanitizer');
  if (!plugin || !pluginOf(traffic, 'request') || isRelayed(traffic)) return [];
  const problem = 'AIDR sees the prompt before this plugin anonymises it';
  const remedy = 'let AIDR redact in its place, or set placement: relay';
  return [{ code: 'seen-before-anonymised', level: 'info', place: plugin.place, problem, remedy }];
}

function ties(traffic: Traffic): Finding[] {
  return Object.entries(TIED_PLUGINS).flatMap(([name, direction]): Finding[] => {
    const [plugin] = traffic.candidates(name);
    if (!plugin || !pluginOf(traffic, direction)) return [];
    const problem = `it has the priority of ${PLUGIN_NAMES[direction]}, so it is not defined which of the two runs first`;
    const remedy = 'put it on an internal route, or on a route of its own';
    return [{ code: 'priority-tie', level: 'warning', place: plugin.place, problem, remedy }];
  });
}

function unknown({ place }: PluginEntity): Finding {
  return {
    code: 'unknown-plugin',
    level: 'info',
    place,
    problem: 'this check does not know where this plugin stands and what it does',
    remedy: 'compare it with docs/neighbours.md',
  };
}

function isBesideOurs({ name, place }: PluginEntity, inspected: readonly Traffic[]): boolean {
  return inspected.some((traffic) => traffic.candidates(name).some((one) => one.place === place));
}

function isOurs(name: string): boolean {
  return ALL_PLUGIN_NAMES.some((own) => own === name);
}

function isMisspelt(name: string): boolean {
  return nearest(name, [...ALL_PLUGIN_NAMES, 'post-function']) !== undefined;
}
