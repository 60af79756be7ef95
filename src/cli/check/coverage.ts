/** What protects which route: a row for each kind of traffic. */
import { hostsOf, providersAt } from './addresses.ts';
import { isGuard, readGuard } from './guard-markers.ts';
import { internalRoutesOf, isClosed } from './internal-route.ts';
import { type Deployment, type PluginEntity, STREAM_PROTOCOLS, stringsOf, type Traffic } from './model.ts';
import type { Place } from './place.ts';
import {
  aiProxyOf,
  DIRECTIONS,
  isInspected,
  isLive,
  isRelayed,
  pluginOf,
  providerOf,
  strategyOf,
} from './plugin-of.ts';

export interface CoverageRow {
  place: Place;
  /** The API that the plugins expect, or that the host is known for; `-` where nobody knows. */
  provider: string;
  request: string;
  response: string;
  guard: string;
  /** Strategy and placement. */
  policy: string;
  isProtected: boolean;
}

const NONE = '-';
const UNPROTECTED = 'unprotected';

export function coverageOf({ traffic, configuration, settings }: Deployment): CoverageRow[] {
  const internal = internalRoutesOf(traffic, settings);
  return traffic.map((one) => {
    const [request, response] = hasNoPlugins(one) ? [] : DIRECTIONS.map((each) => pluginOf(one, each));
    const hosts = hostsOf(one.scope.service, configuration);
    const hop = internal.has(one) && isClosed(one);
    return {
      place: one.place,
      provider: providerOfTraffic(one, hosts),
      request: hop ? 'internal' : directionOf(request),
      response: hop ? 'internal' : directionOf(response),
      guard: hasNoPlugins(one) ? NONE : guardOf(one),
      policy: hop ? 'internal' : hasNoPlugins(one) ? UNPROTECTED : policyOf(one),
      isProtected: hop || (request !== undefined && response !== undefined),
    };
  });
}

/** Kong runs no plugin of ours on the connections of such a route. */
function hasNoPlugins({ scope: { route } }: Traffic): boolean {
  const protocols = stringsOf(route?.fields.protocols);
  return protocols.length > 0 && protocols.every((protocol) => STREAM_PROTOCOLS.includes(protocol));
}

function directionOf(plugin: PluginEntity | undefined): string {
  return plugin ? 'yes' : UNPROTECTED;
}

function providerOfTraffic(traffic: Traffic, hosts: readonly string[]): string {
  const configured = DIRECTIONS.flatMap((direction) => {
    const plugin = pluginOf(traffic, direction);
    return plugin ? (providerOf(plugin) ?? []) : [];
  });
  if (configured.length > 0) return [...new Set(configured)].join(', ');
  if (aiProxyOf(traffic)) return 'ai-proxy';
  return hosts.flatMap((host) => providersAt(host)?.[0] ?? [])[0] ?? NONE;
}

function guardOf(traffic: Traffic): string {
  const [plugin] = traffic.candidates('post-function');
  if (!plugin || !isGuard(plugin)) return isInspected(traffic) ? 'missing' : NONE;
  const reading = readGuard(plugin);
  const holds = DIRECTIONS.filter((direction) => pluginOf(traffic, direction)).map(
    (direction) => reading[direction],
  );
  if (holds.includes('none')) return 'incomplete';
  return holds.includes('notes') ? 'lenient' : 'strict';
}

function policyOf(traffic: Traffic): string {
  const plugins = DIRECTIONS.flatMap((direction) => pluginOf(traffic, direction) ?? []);
  if (plugins.length === 0) return UNPROTECTED;
  const strategies = [...new Set(plugins.map(strategyOf))].join(' / ');
  const placement = isRelayed(traffic) ? 'relay' : 'phases';
  return `${strategies}, ${placement}${isLive(traffic) ? ', live' : ''}`;
}
