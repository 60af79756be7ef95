/**
 * The forward proxies through which this process reaches AIDR and, in the relay, providers. The operator of the machine
 * names them once for the process: neither a request nor a plugin's configuration can.
 */
import { BlockList, isIP } from 'node:net';
import { withoutBrackets } from './host.ts';
import { type NoProxy, parseNoProxy, type Target } from './no-proxy.ts';

export interface ForwardProxy {
  host: string;
  port: number;
  /** The connection to the proxy itself is encrypted. */
  isTls: boolean;
  /** Value of `Proxy-Authorization`. A secret. */
  authorization?: string;
}

export interface ProxySettings {
  /** For targets that speak TLS. */
  https?: ForwardProxy;
  /** For targets that do not. */
  http?: ForwardProxy;
  isDirect: NoProxy;
}

/** What the operator wrote, each as in the environment variable of that name. */
export interface ProxyVariables {
  https_proxy?: string | undefined;
  http_proxy?: string | undefined;
  no_proxy?: string | undefined;
}

/** Names the variable and what is wrong with it, never its value, which may hold a password. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';
}

/**
 * @throws ProxyError
 * @throws NoProxyError
 */
export function proxySettings({ https_proxy, http_proxy, no_proxy }: ProxyVariables): ProxySettings {
  return {
    ...(https_proxy ? { https: parseProxy('https_proxy', https_proxy) } : {}),
    ...(http_proxy ? { http: parseProxy('http_proxy', http_proxy) } : {}),
    isDirect: parseNoProxy(no_proxy ?? ''),
  };
}

/** @returns whether a proxy's URL has a user or a password in it */
export function hasCredentials(url: string): boolean {
  const { username, password } = urlOf('proxy', url);
  return username !== '' || password !== '';
}

function parseProxy(variable: string, text: string): ForwardProxy {
  const { protocol, hostname, port, username, password, pathname, search, hash } = urlOf(variable, text);
  if (protocol !== 'http:' && protocol !== 'https:')
    throw new ProxyError(`${variable}: only proxies with http:// and https:// are supported`);
  if (pathname !== '/' || search !== '' || hash !== '')
    throw new ProxyError(`${variable}: must be a scheme, a host and a port only`);
  const isTls = protocol === 'https:';
  const credentials = `${decoded(variable, username)}:${decoded(variable, password)}`;
  return {
    host: withoutBrackets(hostname),
    port: port === '' ? (isTls ? 443 : 80) : Number(port),
    isTls,
    ...(username || password
      ? { authorization: `Basic ${Buffer.from(credentials, 'utf8').toString('base64')}` }
      : {}),
  };
}

/** As everywhere, `proxy.example:3128` means `http://proxy.example:3128`. */
function urlOf(variable: string, text: string): URL {
  const url = text.includes('://') ? text : `http://${text}`;
  if (!URL.canParse(url))
    throw new ProxyError(`${variable}: must be a URL such as http://proxy.example:3128`);
  return new URL(url);
}

function decoded(variable: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ProxyError(`${variable}: user and password must be percent-encoded`);
  }
}

let inUse: ProxySettings = proxySettings({});

/** To be called before the first connection. */
export function useProxies(settings: ProxySettings): void {
  inUse = settings;
}

/** @returns undefined where the target is reached directly; this machine always is */
export function proxyFor(target: Target & { isTls: boolean }): ForwardProxy | undefined {
  const proxy = target.isTls ? inUse.https : inUse.http;
  if (!proxy || isThisMachine(target.host) || inUse.isDirect(target)) return undefined;
  return proxy;
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

function isThisMachine(host: string): boolean {
  const version = isIP(host);
  if (version === 0) return `.${host.toLowerCase()}`.endsWith('.localhost');
  return LOOPBACK.check(host, version === 6 ? 'ipv6' : 'ipv4');
}
