/** Where Kong would have sent a request: the relay sends it there in Kong's place. */
import type { KongRequest } from '../../src/kong/kong-request.ts';
import type { Upstream } from '../../src/live/upstream.ts';

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
  kongRequest: KongRequest,
  isBesideAiProxy: boolean,
  named: string | undefined,
): Promise<Upstream> {
  const service = await kongRequest.service();
  refuseUnfollowable(service);
  const host = await kongRequest.upstreamHost();
  const address =
    named === undefined
      ? await addressOf(kongRequest, service, isBesideAiProxy ? host : undefined)
      : addressFromUrl(named);
  const ownHost = isUsualPort(address) ? address.host : `${address.host}:${address.port}`;
  return {
    ...address,
    hostHeader: host ?? ownHost,
    serverName: await serverNameOf(kongRequest, address, isBesideAiProxy, host),
    // Nobody else does: Kong talks to the relay. What Kong's own default is, no plugin can see.
    verifyTls: service?.tls_verify !== false,
    connectTimeout: timeoutOf(service, 'connect_timeout'),
    readTimeout: timeoutOf(service, 'read_timeout'),
  };
}

function timeoutOf(service: Service | undefined, name: string): number {
  const value = service?.[name];
  return typeof value === 'number' && value > 0 ? value : DEFAULT_TIMEOUT;
}

/** Plugins get the ids of certificates only; how long a chain may be, Node.js does not ask. */
function refuseUnfollowable(service: Service | undefined): void {
  const unfollowable =
    service?.tls_verify === false ? ['client_certificate'] : ['client_certificate', ...HOW_TO_VERIFY];
  const field = unfollowable.find((name) => service?.[name] !== undefined && service[name] !== null);
  if (field) throw new NotRelayable(`response_mode live cannot follow ${field} of the Kong service`);
}

/** Of no effect where nothing is verified. */
const HOW_TO_VERIFY = ['ca_certificates', 'tls_verify_depth'];

/** As in Kong the name in `Host`, but for one that the client chose: a caller must not say whom we trust. */
async function serverNameOf(
  kongRequest: KongRequest,
  address: UpstreamAddress,
  isBesideAiProxy: boolean,
  host: string | undefined,
): Promise<string> {
  const name = host && withoutBrackets(withoutPort(host));
  if (!name || name === address.host || address.scheme === 'http') return address.host;
  return !isBesideAiProxy && (await kongRequest.keepsClientHost()) ? address.host : name;
}

interface UpstreamAddress {
  scheme: 'http' | 'https';
  host: string;
  port: number;
}

/** @param host that ai-proxy has set */
async function addressOf(
  kongRequest: KongRequest,
  service: Service | undefined,
  host: string | undefined,
): Promise<UpstreamAddress> {
  if (host !== undefined) {
    const scheme = schemeOf(await kongRequest.upstreamScheme());
    return { scheme, host: withoutPort(host), port: usualPort(scheme) };
  }
  const { host: own, port, protocol } = service ?? {};
  if (typeof own !== 'string') throw new NotRelayable('response_mode live needs a Kong service on the route');
  const scheme = schemeOf(protocol);
  return { scheme, host: own, port: typeof port === 'number' ? port : usualPort(scheme) };
}

function addressFromUrl(url: string): UpstreamAddress {
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

function isUsualPort({ scheme, port }: UpstreamAddress): boolean {
  return port === usualPort(scheme);
}

function withoutPort(host: string): string {
  return host.replace(/:\d+$/, '');
}

/** Of an IPv6 address. */
function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}
