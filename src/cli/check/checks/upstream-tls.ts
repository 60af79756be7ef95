/** Providers whose certificates nobody verifies, and what of a service the relay cannot follow. */
import { addressOf } from '../addresses.ts';
import { directive } from '../directive.ts';
import type { Finding } from '../finding.ts';
import { internalRoutesOf, namedRoutes } from '../internal-route.ts';
import type { Configuration, Deployment, Entity, Traffic } from '../model.ts';
import { aiProxyOf, DIRECTIONS, isInspected, isLive, isRelayed, pluginOf } from '../plugin-of.ts';
import type { Settings } from '../settings.ts';

const DIRECTIVE = 'proxy_ssl_verify';

export function upstreamTls({ traffic, configuration, settings }: Deployment): Finding[] {
  const byKong = traffic.filter((one) => !isRelayed(one) && !isLive(one));
  const services = [...new Set(byKong.flatMap(({ scope }) => scope.service ?? []))];
  const internal = internalRoutesOf(traffic, settings);
  const toProviders = traffic.filter(
    (one) => (isInspected(one) && namedRoutes(one).length === 0) || internal.get(one) === 'setting',
  );
  return toProviders.flatMap((one): Finding[] => {
    const { service } = one.scope;
    if (isRelayed(one) || isLive(one)) {
      const byRelay = [unverifiedByRelay, unfollowable, balanced];
      return service ? byRelay.flatMap((check) => check(service, one, configuration)) : [];
    }
    if (!service || !isTls(service)) return settings ? unverifiedBesideAiProxy(one, settings) : [];
    if (!isVerifiedByKong(service, settings)) return [unverifiedByKong(service, one)];
    return sharedConnections(service, services, settings);
  });
}

function unverifiedByRelay({ place, fields }: Entity, traffic: Traffic): Finding[] {
  if (fields.tls_verify !== false) return [];
  const problem = `tls_verify is false: nobody verifies the certificate of the provider of ${traffic.place}`;
  const remedy = 'take it out, and give the plugin server an authority of your own with --ca-file';
  return [{ code: 'unverified-upstream', level: 'warning', place, problem, remedy }];
}

/** As the plugin has it, but `ca_certificates` and the depth have no effect where nothing is verified. */
function unfollowable({ place, fields }: Entity, traffic: Traffic): Finding[] {
  const names = ['client_certificate', ...(fields.tls_verify === false ? [] : HOW_TO_VERIFY)];
  return names
    .filter((name) => fields[name] !== undefined && fields[name] !== null)
    .map((name) => ({
      code: 'unfollowable-service',
      level: 'warning',
      place: place.at(name),
      problem: `the relay cannot follow ${name}: every request of ${traffic.place} gets 500`,
      remedy:
        name === 'ca_certificates'
          ? '--ca-file of the plugin server in its place, or internal_route_url'
          : 'internal_route_url, or response_mode: buffered and placement: phases',
    }));
}

/** To the relay the name of an upstream entity is a host that nobody knows. */
function balanced({ place, fields }: Entity, traffic: Traffic, { targets }: Configuration): Finding[] {
  const { host } = addressOf({ fields }) ?? {};
  const plugins = DIRECTIONS.flatMap((direction) => pluginOf(traffic, direction) ?? []);
  const isNamed = plugins.some(({ config }) => typeof config.upstream_url === 'string');
  if (host === undefined || !targets.has(host) || isNamed || aiProxyOf(traffic)) return [];
  const at = place.at(typeof fields.url === 'string' ? 'url' : 'host');
  const problem = `the relay cannot follow upstream entities: every request of ${traffic.place} gets 502`;
  const remedy = 'internal_route_url, or placement: phases';
  return [{ code: 'unfollowable-service', level: 'warning', place: at, problem, remedy }];
}

const HOW_TO_VERIFY = ['ca_certificates', 'tls_verify_depth'];

function unverifiedByKong({ place, fields }: Entity, traffic: Traffic): Finding {
  const why = fields.tls_verify === false ? 'tls_verify is false' : 'Kong verifies no certificate by itself';
  return {
    code: 'unverified-upstream',
    level: 'warning',
    place,
    problem: `${why}: nobody verifies the certificate of the provider of ${traffic.place}`,
    remedy: `nginx_proxy_${DIRECTIVE} = on in kong.conf, which --kong-conf shows to this check, or tls_verify: true`,
  };
}

/** ai-proxy calls its provider over TLS, also where the service says http; then only Kong's default counts. */
function unverifiedBesideAiProxy(traffic: Traffic, settings: Settings): Finding[] {
  const proxy = aiProxyOf(traffic);
  const { place, value } = directive(settings, DIRECTIVE, 'nginx_proxy_');
  if (!proxy || value === 'on') return [];
  const problem = `unless this is on, nobody verifies the certificate of the provider of ${proxy.place}`;
  return [{ code: 'unverified-upstream', level: 'warning', place, problem, remedy: 'set it to on' }];
}

/** The pool of Kong's connections does not ask whether they were verified. */
function sharedConnections(
  service: Entity,
  services: readonly Entity[],
  settings: Settings | undefined,
): Finding[] {
  const address = originOf(service);
  return services
    .filter((other) => other !== service && isTls(other) && originOf(other) === address)
    .filter((other) => !isVerifiedByKong(other, settings))
    .map(({ place }) => ({
      code: 'unverified-upstream',
      level: 'warning',
      place: service.place,
      problem: `Kong may use connections of ${place}, which does not verify the certificate of the same provider`,
      remedy: 'verify it in both',
    }));
}

function isVerifiedByKong({ fields }: Entity, settings: Settings | undefined): boolean {
  if (typeof fields.tls_verify === 'boolean') return fields.tls_verify;
  return settings !== undefined && directive(settings, DIRECTIVE, 'nginx_proxy_').value === 'on';
}

function isTls({ fields }: Entity): boolean {
  const { url, protocol } = fields;
  return typeof url === 'string' ? /^https:/i.test(url) : protocol === 'https';
}

function originOf(service: Entity): string {
  const { host, port } = addressOf(service) ?? {};
  return `${host}:${port}`;
}
