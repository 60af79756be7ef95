/**
 * The internal route: the guarded service leads to Kong itself, where a second route runs the plugin that answers by itself.
 * For the guarded route that answer comes from an upstream, so it is inspected.
 */
import { stringify } from 'yaml';
import { addressOf, isLoopback } from './addresses.ts';
import { isTable, stringsOf, type Table, type Traffic } from './model.ts';
import { isInspected } from './plugin-of.ts';
import type { Settings } from './settings.ts';

const HEADER = 'x-aidr-internal';
const INTERNAL_SECRET = '<a long random word>';
const DEFAULT_LISTEN = '0.0.0.0:8000, 0.0.0.0:8443 ssl';

/** What keeps callers out, beside a header that they do not know. */
const LOCKS = ['key-auth', 'basic-auth', 'hmac-auth', 'jwt', 'oauth2', 'mtls-auth', 'openid-connect', 'acl'];

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

/** The routes without our plugins that a guarded service leads to. */
export function internalRoutesOf(traffic: readonly Traffic[], settings: Settings | undefined): Set<Traffic> {
  const ports = [...(settings?.get('proxy_listen') ?? DEFAULT_LISTEN).matchAll(/:(\d+)/g)].map(
    ([, port]) => port,
  );
  const hops = traffic.filter(isInspected).flatMap(({ scope: { service } }) => {
    const address = service && addressOf(service);
    const isKong = address && isLoopback(address.host) && ports.includes(address.port);
    return isKong && address.path.length > 1 ? address.path : [];
  });
  return new Set(traffic.filter((one) => !isInspected(one) && hops.some((hop) => serves(one, hop))));
}

function serves({ scope: { route } }: Traffic, hop: string): boolean {
  const bare = (path: string) => path.replace(/\/$/, '');
  return stringsOf(route?.fields.paths).some((path) => `${bare(hop)}/`.startsWith(`${bare(path)}/`));
}

/** Whether a caller needs more than the path to reach it. */
export function isClosed(traffic: Traffic): boolean {
  const headers = traffic.scope.route?.fields.headers;
  if (isTable(headers) && Object.keys(headers).length > 0) return true;
  return LOCKS.some((name) => traffic.candidates(name).length > 0);
}
