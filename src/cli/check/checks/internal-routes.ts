/** Internal routes to which the relay brings requests back: whether it gets there, and what runs twice thereby. */
import { ALL_PLUGIN_NAMES } from '../../../config/plugin-name.ts';
import type { Finding } from '../finding.ts';
import { internalRoutesOf, isChecked, LOCKS, namedRoutes, servesInternally } from '../internal-route.ts';
import type { Configuration, Deployment, PluginEntity, Traffic } from '../model.ts';
import { DIRECTIONS, isForMcp, isInspected, isRelayed, pluginOf } from '../plugin-of.ts';
import { mayComeBefore } from '../route-rank.ts';

export function internalRoutes({ traffic, configuration, settings }: Deployment): Finding[] {
  const named = traffic.filter(isInspected).flatMap((one) => [...unreached(one, traffic), ...onOneOnly(one)]);
  const internal = [...internalRoutesOf(traffic, settings)].filter(([, hop]) => hop === 'setting');
  const reached = new Set(internal.map(([one]) => one));
  const unused = traffic.filter((one) => isChecked(one) && !isInspected(one) && !reached.has(one));
  return [
    ...named,
    ...unused.map(nobodyComes),
    ...[...reached].flatMap((one) => [...outranked(one, traffic), ...runsTwice(one, configuration)]),
  ];
}

function unreached(one: Traffic, traffic: readonly Traffic[]): Finding[] {
  const [hop] = namedRoutes(one);
  const plugin = DIRECTIONS.map((direction) => pluginOf(one, direction)).find(isNaming);
  if (hop === undefined || !plugin) return [];
  const place = plugin.place.at('config', 'internal_route_url');
  const serving = traffic.filter((other) => other.scope.route && servesInternally(other, hop));
  const finding = { code: 'internal-route', level: 'error', place } as const;
  if (serving.length === 0) {
    const problem = `there is no route for it: every request of ${one.place} fails`;
    return [{ ...finding, problem, remedy: 'add one, with what `aidr-kong internal-route` prints' }];
  }
  if (serving.every(isInspected)) {
    const problem = `AIDR plugins run on the route that it leads to: every request of ${one.place} gets 500`;
    return [{ ...finding, problem, remedy: 'scope them to the routes of callers' }];
  }
  return [];
}

function isNaming(plugin: PluginEntity | undefined): boolean {
  return typeof plugin?.config.internal_route_url === 'string';
}

/** Both say where the relay goes; the response plugin has the last word. */
function onOneOnly(one: Traffic): Finding[] {
  const [request, response] = DIRECTIONS.map((direction) => pluginOf(one, direction));
  if (!request || !response || isForMcp(request) || !isRelayed(one)) return [];
  if (request.config.internal_route_url === response.config.internal_route_url) return [];
  const [naming] = [request, response].filter(isNaming);
  if (!naming) return [];
  const problem = `the two AIDR plugins of ${one.place} do not have the same`;
  const place = naming.place.at('config', 'internal_route_url');
  return [{ code: 'internal-route', level: 'warning', place, problem, remedy: 'set it alike on both' }];
}

/** Kong takes such a route for requests that the relay brings: clients get 502, for what has been carried out there by then. */
function outranked(one: Traffic, traffic: readonly Traffic[]): Finding[] {
  const { route } = one.scope;
  if (!route) return [];
  const hops = traffic.filter(isInspected).flatMap(namedRoutes);
  const served = hops.filter((hop) => servesInternally(one, hop));
  const others = new Map(traffic.flatMap(({ scope, place }) => (scope.route ? [[scope.route, place]] : [])));
  others.delete(route);
  const [first] = [...others].filter(([other]) =>
    served.some((hop) => mayComeBefore(other.fields, route.fields, hop)),
  );
  if (!first) return [];
  const problem = `Kong may prefer ${first[1]} for requests that the relay brings to ${one.place}`;
  const remedy =
    'give the internal route hosts, headers and methods, as deploy/internal-route/kong.yaml does';
  return [{ code: 'internal-route', level: 'error', place: one.place, problem, remedy }];
}

function nobodyComes({ place }: Traffic): Finding {
  const problem = 'no internal_route_url leads to it: it refuses every request';
  const remedy = 'name it in internal_route_url of both plugins, or take it out';
  return { code: 'internal-route', level: 'warning', place, problem, remedy };
}

/** On the internal route all callers have one address, and no credential. */
const TELLING_CALLERS_APART = [
  ...['rate-limiting', 'rate-limiting-advanced', 'ai-rate-limiting-advanced', 'response-ratelimiting'],
  ...['ip-restriction', 'bot-detection', ...LOCKS],
];

function runsTwice(one: Traffic, { plugins }: Configuration): Finding[] {
  const names = new Set(plugins.map(({ name }) => name).filter((name) => !OF_ROUTES.includes(name)));
  const global = [...names]
    .flatMap((name) => one.candidates(name)[0] ?? [])
    .filter(({ scope }) => !scope.route && !scope.service);
  return global.map(({ name, place }): Finding => {
    const isTelling = TELLING_CALLERS_APART.includes(name);
    return {
      code: 'runs-twice',
      level: isTelling ? 'warning' : 'info',
      place,
      problem: isTelling
        ? `on the internal route ${one.place} it takes all callers for one, 127.0.0.1`
        : `it runs a second time for the same request, on the internal route ${one.place}`,
      remedy: 'scope it to the routes of callers',
    };
  });
}

const OF_ROUTES: readonly string[] = [...ALL_PLUGIN_NAMES, 'pre-function', 'post-function'];
