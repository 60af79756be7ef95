/** Protocols on which Kong refuses our plugins, does not run them, or gives them nothing that they can read. */

import { ALL_PLUGIN_NAMES, PLUGIN_NAMES } from '../../../config/plugin-name.ts';
import { pluginSchema } from '../../../config/plugin-schema.ts';
import { addressOf } from '../addresses.ts';
import type { Finding } from '../finding.ts';
import { isGuard } from '../guard-markers.ts';
import {
  type Deployment,
  isTable,
  type PluginEntity,
  STREAM_PROTOCOLS,
  stringsOf,
  type Table,
  type Traffic,
} from '../model.ts';
import { isInspected } from '../plugin-of.ts';

const HTTP = httpProtocols();

export function protocols({ configuration, traffic }: Deployment): Finding[] {
  const inspected = traffic.filter(isInspected);
  const ours = configuration.plugins.filter(
    (plugin) => isOurs(plugin) || (plugin.name === 'post-function' && isGuard(plugin)),
  );
  return [
    ...ours.flatMap((plugin) => ofPlugin(plugin, configuration.entities)),
    ...ofRoutes(traffic, inspected),
  ];
}

function ofPlugin(plugin: PluginEntity, entities: Deployment['configuration']['entities']): Finding[] {
  const { fields, scope } = plugin;
  const own = listOf(fields);
  if (!own) return [];
  const place = plugin.place.at('protocols');
  const refuse = (problem: string): Finding[] => [
    { code: 'plugin-protocols', level: 'error', place, problem, remedy: 'take protocols out of the plugin' },
  ];
  if (isOurs(plugin) && own.some((protocol) => !HTTP.includes(protocol)))
    return refuse('protocols: Kong refuses this plugin for anything but http, https, grpc and grpcs');
  if (!own.some((protocol) => HTTP.includes(protocol)))
    return refuse('protocols: with these the guard does not run on HTTP');
  const routes = entities.filter(
    (entity) =>
      entity === scope.route ||
      (entity.kind === 'routes' && !scope.route && entity.service === scope.service),
  );
  const isScoped = scope.route || scope.service;
  if (!isScoped || routes.length === 0) return [];
  const fits = routes.some((route) =>
    routeProtocols(route.fields).some((protocol) => own.includes(protocol)),
  );
  return fits ? [] : refuse('protocols: Kong refuses them, because no route of this plugin has one of them');
}

function ofRoutes(traffic: readonly Traffic[], inspected: readonly Traffic[]): Finding[] {
  const hosts = inspected.flatMap(({ scope: { service } }) => (service && addressOf(service)?.host) ?? []);
  return traffic.flatMap((one): Finding[] => {
    const { route, service } = one.scope;
    const own = route ? routeProtocols(route.fields) : [];
    const all = [...own, schemeOf(service?.fields)];
    const host = service && addressOf(service)?.host;
    const isBeside = isInspected(one) || (host !== undefined && hosts.includes(host));
    if (!isBeside) return [];
    const found = (problem: string): Finding => ({
      code: 'uninspected-protocol',
      level: 'warning',
      place: one.place.at('protocols'),
      problem,
      remedy: 'serve them on a route of their own, or not at all',
    });
    return [
      ...(own.some((protocol) => STREAM_PROTOCOLS.includes(protocol))
        ? [
            found(
              'plugins do not run on connections of tcp, tls, udp and tls_passthrough: they pass uninspected',
            ),
          ]
        : []),
      ...(isInspected(one) && all.some((protocol) => protocol === 'ws' || protocol === 'wss')
        ? [found('the messages of WebSocket connections are not inspected')]
        : []),
      ...(isInspected(one) && all.some((protocol) => protocol === 'grpc' || protocol === 'grpcs')
        ? [found('the messages of gRPC cannot be read: they are refused')]
        : []),
    ];
  });
}

function isOurs({ name }: PluginEntity): boolean {
  return ALL_PLUGIN_NAMES.some((own) => own === name);
}

function listOf({ protocols: list }: Table): string[] | undefined {
  return Array.isArray(list) ? stringsOf(list) : undefined;
}

function routeProtocols(fields: Table): string[] {
  return listOf(fields) ?? ['http', 'https'];
}

function schemeOf(fields: Table | undefined): string {
  const { url, protocol } = fields ?? {};
  return typeof url === 'string' ? url.slice(0, url.indexOf(':')) : String(protocol);
}

/** As Kong's schema has them. */
function httpProtocols(): string[] {
  const [{ protocols: field } = {}] = pluginSchema(PLUGIN_NAMES.request).fields;
  const elements = isTable(field) ? field.elements : undefined;
  return isTable(elements) ? stringsOf(elements.one_of) : [];
}
