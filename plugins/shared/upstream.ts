/** Where Kong would have sent a request: the relay sends it there in Kong's place. */
import { type RelayFacts, timeoutOf } from '../../src/kong/send-to-relay.ts';
import type { Upstream } from '../../src/live/upstream.ts';
import { authorityOf, inBrackets, withoutBrackets } from '../../src/network/host.ts';

/** What the relay cannot do as Kong would. */
export class NotRelayable extends Error {
  override readonly name = 'NotRelayable';
}

type Service = RelayFacts['service'];

/** Of the configuration, what says where the relay goes. */
export interface Named {
  upstream_url?: string | undefined;
  internal_route_url?: string | undefined;
}

/** @throws NotRelayable with words for the client */
export function upstreamOf(
  facts: RelayFacts,
  { upstream_url: named, internal_route_url: internal }: Named,
): Upstream {
  const { service, hostHeader } = facts;
  if (internal !== undefined) return internalRoute(internal, service);
  refuseUnfollowable(service);
  const written = named === undefined ? addressOf(facts) : addressFromUrl(named);
  const address = { ...written, host: withoutBrackets(written.host) };
  const ownHost = isUsualPort(address) ? inBrackets(address.host) : authorityOf(address);
  return {
    ...address,
    hostHeader: hostHeader ?? ownHost,
    serverName: serverNameOf(facts, address),
    // Nobody else does: Kong talks to the relay. What Kong's own default is, no plugin can see.
    verifyTls: service?.tls_verify !== false,
    ...timesOf(service),
  };
}

function timesOf(service: Service): Pick<Upstream, 'connectTimeout' | 'readTimeout' | 'retries'> {
  const retries = service?.retries;
  return {
    connectTimeout: timeoutOf(service, 'connect_timeout'),
    readTimeout: timeoutOf(service, 'read_timeout'),
    retries: typeof retries === 'number' ? retries : DEFAULT_RETRIES,
  };
}

/** Kong goes on from there by itself. `Host` names the route's own address, so that no route of callers matches it. */
function internalRoute(url: string, service: Service): Upstream {
  const address = addressFromUrl(url);
  const host = withoutBrackets(address.host);
  return {
    ...{ ...address, host, hostHeader: authorityOf({ ...address, host }), serverName: host, verifyTls: true },
    ...timesOf(service),
    internalRoute: new URL(url.trim()).pathname,
  };
}

/** Kong's own. */
const DEFAULT_RETRIES = 5;

/** Plugins get the ids of certificates only; how long a chain may be, Node.js does not ask. */
function refuseUnfollowable(service: Service): void {
  const unfollowable =
    service?.tls_verify === false ? ['client_certificate'] : ['client_certificate', ...HOW_TO_VERIFY];
  const field = unfollowable.find(
    (name) => service?.[name] !== undefined && service[name] !== null && service[name] !== false,
  );
  if (field) throw new NotRelayable(`the relay cannot follow ${field} of the Kong service`);
}

/** Of no effect where nothing is verified. */
const HOW_TO_VERIFY = ['ca_certificates', 'tls_verify_depth'];

/** As in Kong the name in `Host`, but for one that the client chose: a caller must not say whom we trust. */
function serverNameOf(
  { hostHeader, isBesideAiProxy, keepsClientHost }: RelayFacts,
  { scheme, host }: UpstreamAddress,
): string {
  const name = hostHeader && withoutBrackets(withoutPort(hostHeader));
  if (!name || name === host || scheme === 'http') return host;
  return !isBesideAiProxy && keepsClientHost ? host : name;
}

interface UpstreamAddress {
  scheme: 'http' | 'https';
  host: string;
  port: number;
}

/** Without the batch hook ai-proxy's address is known as `Host` alone, and Kong's as the service's. */
function addressOf({ target, hostHeader, isBesideAiProxy, service }: RelayFacts): UpstreamAddress {
  const { scheme: named, host, port } = target;
  if (host !== undefined && port !== undefined) return { scheme: schemeOf(named), host, port };
  if (isBesideAiProxy && hostHeader !== undefined) {
    const scheme = schemeOf(named);
    return { scheme, host: withoutPort(hostHeader), port: usualPort(scheme) };
  }
  const { host: own, port: ownPort, protocol } = service ?? {};
  if (typeof own !== 'string') throw new NotRelayable('the relay needs a Kong service on the route');
  const scheme = schemeOf(protocol);
  return { scheme, host: own, port: typeof ownPort === 'number' ? ownPort : usualPort(scheme) };
}

function addressFromUrl(url: string): UpstreamAddress {
  const { protocol, hostname, port } = new URL(url.trim());
  const scheme = schemeOf(protocol.slice(0, -1));
  return { scheme, host: hostname, port: port === '' ? usualPort(scheme) : Number(port) };
}

function schemeOf(protocol: unknown): 'http' | 'https' {
  if (protocol === 'http' || protocol === 'https') return protocol;
  throw new NotRelayable('the relay follows the protocols http and https only');
}

function usualPort(scheme: 'http' | 'https'): number {
  return scheme === 'https' ? 443 : 80;
}

function isUsualPort({ scheme, port }: UpstreamAddress): boolean {
  return port === usualPort(scheme);
}

function withoutPort(host: string): string {
  return host.replace(/:\d+$/, '');
}
