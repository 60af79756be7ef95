/** Which plugins run on which requests: for each name the most specific one in scope, as Kong chooses. */
import {
  type Configuration,
  type Entity,
  type PluginEntity,
  type Scope,
  type ScopeKey,
  scopedName,
  type Traffic,
} from './model.ts';
import type { Place } from './place.ts';

/** From the most specific to the least; each in the order of `scopedName`. @see https://developer.konghq.com/gateway/entities/plugin/#plugin-precedence */
const PRECEDENCE: readonly (readonly ScopeKey[])[] = [
  ['consumer', 'route', 'service'],
  ['consumer_group', 'route', 'service'],
  ['consumer', 'route'],
  ['consumer', 'service'],
  ['consumer_group', 'route'],
  ['consumer_group', 'service'],
  ['route', 'service'],
  ['consumer'],
  ['consumer_group'],
  ['route'],
  ['service'],
  [],
];

/** Kong loads one of a consumer's without a word, and never runs it. */
const CONSUMER_BLIND = ['post-function'];

/** Kong runs a plugin only in the parts of nginx that one of its protocols belongs to. */
const OVER_HTTP = ['http', 'https', 'grpc', 'grpcs', 'ws', 'wss'];

/**
 * Every route, and every service whose routes are elsewhere; and for callers that have plugins of their own, each of
 * them once more, where that makes a difference.
 *
 * @param names the plugins that matter
 */
export function trafficOf({ entities, plugins, place }: Configuration, names: readonly string[]): Traffic[] {
  const lookup = lookupOf(plugins);
  const at = (where: Place, scope: Scope): Traffic => ({
    place: where,
    scope,
    candidates: (name) => lookup(name, scope),
  });
  const callers = callersOf(plugins.filter(({ name }) => names.includes(name)));
  return entryPoints(entities, place).flatMap(({ place: where, scope }) => {
    const anyone = at(where, scope);
    const own = callers.map((caller) =>
      at(where.named(`${where.path} for ${caller.place.path}`), { ...scope, [keyOf(caller)]: caller }),
    );
    return [anyone, ...own.filter((traffic) => names.some((name) => differs(traffic, anyone, name)))];
  });
}

function entryPoints(entities: readonly Entity[], file: Place): { place: Place; scope: Scope }[] {
  const routes = entities.filter(({ kind }) => kind === 'routes');
  const served = new Set(routes.map(({ service }) => service));
  const services = entities.filter((entity) => entity.kind === 'services' && !served.has(entity));
  const points = [
    ...routes.map((route) => ({
      place: route.place,
      scope: { route, ...(route.service ? { service: route.service } : {}) },
    })),
    ...services.map((service) => ({ place: service.place, scope: { service } })),
  ];
  return points.length > 0 ? points : [{ place: file.at('plugins').named('plugins'), scope: {} }];
}

function callersOf(plugins: readonly PluginEntity[]): Entity[] {
  const callers = plugins.flatMap(({ scope }) => scope.consumer ?? scope.consumer_group ?? []);
  return [...new Set(callers)];
}

function lookupOf(plugins: readonly PluginEntity[]) {
  const byScope = new Map(
    plugins.filter(runs).map((plugin) => [scopedName(plugin.name, plugin.scope), plugin]),
  );
  return (name: string, scope: Scope): PluginEntity[] => {
    const isBlind = CONSUMER_BLIND.includes(name);
    const counts = (key: ScopeKey) => scope[key] && !(isBlind && key === 'consumer');
    const keysInScope = PRECEDENCE.filter((keys) => keys.every(counts));
    return keysInScope.flatMap((keys) => byScope.get(scopedName(name, scope, keys)) ?? []);
  };
}

function runs({ fields: { enabled, protocols } }: PluginEntity): boolean {
  if (enabled === false) return false;
  return !Array.isArray(protocols) || protocols.some((protocol) => OVER_HTTP.includes(protocol));
}

function differs(traffic: Traffic, other: Traffic, name: string): boolean {
  return traffic.candidates(name)[0] !== other.candidates(name)[0];
}

function keyOf({ kind }: Entity): ScopeKey {
  return kind === 'consumers' ? 'consumer' : 'consumer_group';
}
