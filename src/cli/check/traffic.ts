/** Which plugins run on which requests: for each name the most specific one in scope, as Kong chooses. */
import {
  type Entity,
  type PluginEntity,
  type Scope,
  type ScopeKey,
  scopedName,
  type Traffic,
} from './model.ts';
import type { Configuration } from './read-configuration.ts';

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
const CALLER_BLIND = ['post-function'];

/**
 * Every route, and every service whose routes are elsewhere; and for callers that have plugins of their own, each of
 * them once more, where that makes a difference.
 *
 * @param names the plugins that matter
 */
export function trafficOf(
  { entities, plugins }: Configuration,
  names: readonly string[],
  file: string,
): Traffic[] {
  const lookup = lookupOf(plugins);
  const at = (place: string, scope: Scope): Traffic => ({
    place,
    scope,
    candidates: (name) => lookup(name, scope),
  });
  const callers = callersOf(plugins.filter(({ name }) => names.includes(name)));
  return entryPoints(entities, file).flatMap(({ place, scope }) => {
    const anyone = at(place, scope);
    const own = callers.map((caller) =>
      at(`${place} for ${caller.place.slice(file.length + 1)}`, { ...scope, [keyOf(caller)]: caller }),
    );
    return [anyone, ...own.filter((traffic) => names.some((name) => differs(traffic, anyone, name)))];
  });
}

function entryPoints(entities: readonly Entity[], file: string): { place: string; scope: Scope }[] {
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
  return points.length > 0 ? points : [{ place: `${file} plugins`, scope: {} }];
}

function callersOf(plugins: readonly PluginEntity[]): Entity[] {
  const callers = plugins.flatMap(({ scope }) => scope.consumer ?? scope.consumer_group ?? []);
  return [...new Set(callers)];
}

function lookupOf(plugins: readonly PluginEntity[]) {
  const enabled = plugins.filter(({ fields }) => fields.enabled !== false);
  const byScope = new Map(enabled.map((plugin) => [scopedName(plugin.name, plugin.scope), plugin]));
  return (name: string, scope: Scope): PluginEntity[] => {
    const isBlind = CALLER_BLIND.includes(name);
    const counts = (key: ScopeKey) => scope[key] && !(isBlind && key.startsWith('consumer'));
    const keysInScope = PRECEDENCE.filter((keys) => keys.every(counts));
    return keysInScope.flatMap((keys) => byScope.get(scopedName(name, scope, keys)) ?? []);
  };
}

function differs(traffic: Traffic, other: Traffic, name: string): boolean {
  return traffic.candidates(name)[0] !== other.candidates(name)[0];
}

function keyOf({ kind }: Entity): ScopeKey {
  return kind === 'consumers' ? 'consumer' : 'consumer_group';
}
