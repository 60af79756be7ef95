/** Where Kong would have sent a request: the relay sends it there in Kong's place. */
import type { Exchange } from '../../src/kong/exchange.ts';
import type { Upstream } from '../../src/relay/upstream.ts';

/** What the relay cannot do as Kong would. */
export class NotRelayable extends Error {
  override readonly name = 'NotRelayable';
}

/** Kong's own default for all timeouts of a service, in milliseconds. */
const DEFAULT_TIMEOUT = 60_000;

type Service = Readonly<Record<string, unknown>>;

/**
 * @param isBesideAiProxy ai-proxy has told Kong where the request goes
 * @param named `upstream_url` of the configuration
 * @throws NotRelayable with words for the client
 */
export async function upstreamOf(
  exchange: Exchange,
  isBesideAiProxy: boolean,
  named: string | undefined,
): Promise<Upstream> {
  const service = await exchange.service();
  refuseUnfollowable(service);
  const host = await exchange.upstreamHost();
  const place =
    named === undefined
      ? await placeOf(exchange, service, isBesideAiProxy ? host : undefined)
      : placeNamed(named);
  const ownHost = isUsualPort(place) ? place.host : `${place.host}:${place.port}`;
  return {
    ...place,
    hostHeader: host ?? ownHost,
    // Kong verifies where it is told to.
    verifyTls: service?.tls_verify === true,
    connectTimeout: timeoutOf(service, 'connect_timeout'),
    readTimeout: timeoutOf(service, 'read_timeout'),
  };
}

function timeoutOf(service: Service | undefined, name: string): number {
  const value = service?.[name];
  return typeof value === 'number' && value > 0 ? value : DEFAULT_TIMEOUT;
}

function refuseUnfollowable(service: Service | undefined): void {
  const certificates = service?.ca_certificates;
  const hasOwnAuthorities = Array.isArray(certificates) && certificates.length > 0;
  if (service?.client_certificate || hasOwnAuthorities) {
    throw new NotRelayable(
      'response_mode live cannot use client_certificate and ca_certificates of the Kong service',
    );
  }
}

interface Place {
  scheme: 'http' | 'https';
  host: string;
  port: number;
}

/** @param host that ai-proxy has set */
async function placeOf(
  exchange: Exchange,
  service: Service | undefined,
  host: string | undefined,
): Promise<Place> {
  if (host !== undefined) {
    const scheme = schemeOf(await exchange.upstreamScheme());
    return { scheme, host: withoutPort(host), port: usualPort(scheme) };
  }
  const { host: own, port, protocol } = service ?? {};
  if (typeof own !== 'string') throw new NotRelayable('response_mode live needs a Kong service on the route');
  const scheme = schemeOf(protocol);
  return { scheme, host: own, port: typeof port === 'number' ? port : usualPort(scheme) };
}

function placeNamed(url: string): Place {
  const { protocol, hostname, port } = new URL(url.trim());
  const scheme = schemeOf(protocol.slice(0, -1));
  return { scheme, host: hostname, port: port === '' ? usualPort(scheme) : Number(port) };
}

function schemeOf(protocol: unknown): 'http' | 'https' {
  if (protocol === 'http' || protocol === 'https') return protocol;
  throw new NotRelayable('response_mode live follows the protocols http and https only');
}

function usualPort(scheme: 'http' | 'https'): number {
  return scheme === 'https' ? 443 : 80;
}

function isUsualPort({ scheme, port }: Place): boolean {
  return port === usualPort(scheme);
}

function withoutPort(host: string): string {
  return host.replace(/:\d+$/, '');
}
