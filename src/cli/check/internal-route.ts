/**
 * The internal route: the guarded service leads to Kong itself, where a second route runs the plugin that answers by itself.
 * For the guarded route that answer comes from an upstream, so it is inspected.
 */
import { stringify } from 'yaml';
import { INTERNAL_ROUTE_HEADER_FILTER_LUA, INTERNAL_ROUTE_LUA } from '../../kong/lua/lua-files.ts';
import { addressOf, isLoopback } from './addresses.ts';
import { bareLua } from './guard-markers.ts';
import { isTable, stringsOf, type Table, type Traffic } from './model.ts';
import { DIRECTIONS, isInspected, isLive, isRelayed, pluginOf } from './plugin-of.ts';
import type { Settings } from './settings.ts';

const HEADER = 'x-aidr-internal';
const INTERNAL_SECRET = '<a long random word>';
const DEFAULT_LISTEN = '0.0.0.0:8000, 0.0.0.0:8443 ssl';

/** What keeps callers out, beside a header that they do not know. */
export const LOCKS = [
  'key-auth',
  'basic-auth',
  'hmac-auth',
  'jwt',
  'oauth2',
  'mtls-auth',
  'openid-connect',
  'acl',
];

/**
 * The recipe for one route.
 *
 * @param plugin what is to answer there
 * @returns YAML for people to complete
 */
export function internalRoute({ scope: { route, service } }: Traffic, plugin: string): string {
  const [routeName, serviceName] = [nameOf(route?.fields, 'route'), nameOf(service?.fields, 'service')];
  const path = `/internal/${routeName.replace(/[^\w.-]/g, '-')}`;
  const guarded = {
    name: serviceName,
    url: `http://127.0.0.1:8000${path}`,
    plugins: [
      {
        name: 'request-transformer',
        config: { remove: { headers: [HEADER] }, add: { headers: [`${HEADER}:${INTERNAL_SECRET}`] } },
      },
    ],
  };
  const internal = {
    name: `${serviceName}-internal`,
    host: 'as-it-was.invalid',
    routes: [{ name: `${routeName}-internal`, paths: [path], headers: { [HEADER]: [INTERNAL_SECRET] } }],
    plugins: [{ name: plugin }],
  };
  return `${INTERNAL_NOTE}${stringify({ services: [guarded, internal] }, { lineWidth: 0 })}`;
}

const INTERNAL_NOTE = `# The route, both AIDR plugins, the guard and the batch hook stay on the first service. The other plugin moves, with its
# configuration, to the second one, which gets the address that the first one had. See docs/neighbours.md.
`;

function nameOf(fields: Table | undefined, kind: string): string {
  return typeof fields?.name === 'string' ? fields.name : `the-${kind}`;
}

/** What leads to an internal route: the address of the guarded service, or `internal_route_url`. */
export type Hop = 'service' | 'setting';

/** The routes without our plugins that guarded routes lead to. */
export function internalRoutesOf(
  traffic: readonly Traffic[],
  settings: Settings | undefined,
): ReadonlyMap<Traffic, Hop> {
  const inspected = traffic.filter(isInspected);
  const byService = serviceHops(inspected, settings);
  const bySetting = inspected.flatMap(namedRoutes);
  const others = traffic.filter((one) => !isInspected(one));
  const reached = (hops: readonly string[]) =>
    others.filter((one) => hops.some((hop) => servesInternally(one, hop)));
  // Beside one with the check, another one is reached by mistake (checks/internal-routes.ts).
  const meant = bySetting.flatMap((hop) => {
    const serving = reached([hop]);
    const checked = serving.filter(isChecked);
    return checked.length > 0 ? checked : serving;
  });
  return new Map<Traffic, Hop>([
    ...reached(byService).map((one): [Traffic, Hop] => [one, 'service']),
    ...meant.map((one): [Traffic, Hop] => [one, 'setting']),
  ]);
}

function serviceHops(inspected: readonly Traffic[], settings: Settings | undefined): string[] {
  const ports = [...(settings?.get('proxy_listen') ?? DEFAULT_LISTEN).matchAll(/:(\d+)/g)].map(
    ([, port]) => port,
  );
  return inspected.flatMap(({ scope: { service } }) => {
    const address = service && addressOf(service);
    const isKong = address && isLoopback(address.host) && ports.includes(address.port);
    return isKong && address.path.length > 1 ? address.path : [];
  });
}

/** The paths that `internal_route_url` of the plugins names; without the relay it has no effect. */
export function namedRoutes(traffic: Traffic): string[] {
  if (!isRelayed(traffic) && !isLive(traffic)) return [];
  const urls = DIRECTIONS.map((direction) => pluginOf(traffic, direction)?.config.internal_route_url);
  return urls.flatMap((url) => (typeof url === 'string' && URL.canParse(url) ? new URL(url).pathname : []));
}

export function servesInternally({ scope: { route } }: Traffic, hop: string): boolean {
  const bare = (path: string) => path.replace(/\/$/, '');
  return stringsOf(route?.fields.paths).some((path) => `${bare(hop)}/`.startsWith(`${bare(path)}/`));
}

/** Whether it has what `aidr-kong internal-route` prints. */
export function isChecked(traffic: Traffic): boolean {
  const [plugin] = traffic.candidates('pre-function');
  const has = (phase: string, part: string) =>
    stringsOf(plugin?.config[phase]).some((lua) => bareLua(lua) === part);
  return has('access', CHECK) && has('header_filter', PROOF);
}

const CHECK = bareLua(INTERNAL_ROUTE_LUA);
const PROOF = bareLua(INTERNAL_ROUTE_HEADER_FILTER_LUA);

/** Or a part of it. */
export function isInternalRouteCheck(lua: string): boolean {
  return [CHECK, PROOF].includes(bareLua(lua));
}

/** Whether a caller needs more than the path to reach it. */
export function isClosed(traffic: Traffic): boolean {
  if (isChecked(traffic)) return true;
  const headers = traffic.scope.route?.fields.headers;
  if (isTable(headers) && Object.keys(headers).length > 0) return true;
  return LOCKS.some((name) => traffic.candidates(name).length > 0);
}
