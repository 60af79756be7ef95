/** Plugins that answer by themselves, by `kong.response.exit`: the guard refuses that, unless it was told otherwise. */

import { PLUGIN_NAMES } from '../../../config/plugin-name.ts';
import type { ExitBand } from '../../../kong/guard-plugin.ts';
import type { Finding } from '../finding.ts';
import { readGuard } from '../guard-markers.ts';
import { internalRoute, isInternalRouteCheck } from '../internal-route.ts';
import { type Deployment, type PluginEntity, stringsOf, type Traffic } from '../model.ts';
import { ANSWERING_ABOVE, ANSWERING_PLUGINS, SENDING_PLUGINS } from '../neighbours.ts';
import { isAudit, isRelayed, pluginOf } from '../plugin-of.ts';

export function exits({ traffic }: Deployment): Finding[] {
  return traffic.flatMap((one) => [...belowOurs(one), ...beforeTheRelay(one), ...aboveOurs(one)]);
}

function belowOurs(traffic: Traffic): Finding[] {
  const [guard] = traffic.candidates('post-function');
  const [request, response] = [pluginOf(traffic, 'request'), pluginOf(traffic, 'response')];
  const allowed = guard && readGuard(guard).exits;
  if (!allowed || !response || isAudit(response)) return [];
  return Object.entries(ANSWERING_PLUGINS).flatMap(([name, band]): Finding[] => {
    const [plugin] = traffic.candidates(name);
    if (!plugin || mayAnswer(band, allowed[band])) return [];
    const isUnread = band === 'below-request' && (!request || isAudit(request));
    return [isUnread ? unread(plugin, traffic) : refused(plugin, traffic, band)];
  });
}

function refused({ name, place }: PluginEntity, traffic: Traffic, band: ExitBand): Finding {
  return {
    code: 'refused-exit',
    level: 'warning',
    place,
    problem: `the guard refuses what it answers by itself on ${traffic.place}`,
    remedy: `put it on an internal route; \`aidr-kong guard --allow-exit ${band}=…\` lets its answers pass uninspected`,
    recipe: internalRoute(traffic, name),
  };
}

/** Without the request plugin nothing tells such a plugin from one that stands above both; an audit stops nothing. */
function unread({ name, place }: PluginEntity, traffic: Traffic): Finding {
  return {
    code: 'unread-exit',
    level: 'warning',
    place,
    problem: `what it answers by itself passes uninspected on ${traffic.place}`,
    remedy: `add ${PLUGIN_NAMES.request}, with the strategy of ${PLUGIN_NAMES.response}`,
    recipe: internalRoute(traffic, name),
  };
}

/** The relay stands where the upstream would: what another plugin takes away never gets there, answered or not. */
function beforeTheRelay(traffic: Traffic): Finding[] {
  const request = pluginOf(traffic, 'request');
  if (!request || isAudit(request) || !isRelayed(traffic)) return [];
  const plugins = SENDING_PLUGINS.flatMap((name) => traffic.candidates(name)[0] ?? []);
  return plugins.map(({ name, place }) => ({
    code: 'sent-before-inspection',
    level: 'error',
    place,
    problem: `it gets the prompt before the relay inspects it on ${traffic.place}`,
    remedy: 'put it on an internal route',
    recipe: internalRoute(traffic, name),
  }));
}

function aboveOurs(traffic: Traffic): Finding[] {
  const response = pluginOf(traffic, 'response');
  if (!response || isAudit(response)) return [];
  const known = ANSWERING_ABOVE.flatMap((name) => traffic.candidates(name)[0] ?? []);
  const own = traffic.candidates('pre-function').slice(0, 1).filter(answersByLua);
  return [...known, ...own].map(({ name, place }) => ({
    code: 'unread-exit',
    level: 'warning',
    place,
    problem: `it runs before ${PLUGIN_NAMES.request}: what it answers by itself passes uninspected on ${traffic.place}`,
    remedy: 'put it on an internal route, unless it only refuses',
    recipe: internalRoute(traffic, name),
  }));
}

function answersByLua({ config }: PluginEntity): boolean {
  const functions = ['rewrite', 'access'].flatMap((phase) => stringsOf(config[phase]));
  return functions.some(
    (lua) => !isInternalRouteCheck(lua) && /\bkong\.response\.exit\b|\bngx\.(?:say|print)\b/.test(lua),
  );
}

/** Between the two plugins errors pass anyway; what counts there are answers. */
function mayAnswer(band: ExitBand, statuses: string): boolean {
  return band === 'below-request' ? /(^| )2/.test(statuses) : statuses !== '';
}
