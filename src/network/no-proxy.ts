/**
 * Which hosts are reached without the proxy: the list that `no_proxy` holds.
 *
 * An entry is `*`, a name, a domain (`.example.com` and `example.com` both mean the domain and all names in it,
 * `*.example.com` only the names in it), an IP address, or a network in CIDR notation. A port may follow a name or an
 * address. As in curl and in Node.js, no name is looked up to compare its address.
 */
import { BlockList, isIP } from 'node:net';

/** A host as it is connected to: a name or an IP address, without brackets. */
export interface Target {
  host: string;
  port: number;
}

export type NoProxy = (target: Target) => boolean;

/** What is wrong with an entry. */
export class NoProxyError extends Error {
  override readonly name = 'NoProxyError';
}

/**
 * @param list entries, separated by commas or blanks
 * @returns whether a target is reached directly
 * @throws NoProxyError
 */
export function parseNoProxy(list: string): NoProxy {
  const entries = list
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map(parseEntry);
  return ({ host, port }) => {
    const name = plainName(host);
    return entries.some((matches) => matches(name, port));
  };
}

type Entry = (name: string, port: number) => boolean;

function parseEntry(entry: string): Entry {
  const { host, port: wanted } = splitPort(entry);
  const isHost = hostMatcher(host, entry);
  return wanted === undefined ? isHost : (name, port) => port === wanted && isHost(name);
}

function hostMatcher(host: string, entry: string): (name: string) => boolean {
  if (host === '*') return () => true;
  const version = isIP(host);
  if (version !== 0) return inBlock((block) => block.addAddress(host, familyOf(version)));
  if (host.includes('/')) return networkMatcher(host, entry);
  const domain = plainName(host).replace(/^\*?\./, '');
  if (!/^[\w-][\w.-]*$/.test(domain)) throw wrong(entry);
  const isInDomain = (name: string) => name.endsWith(`.${domain}`) && isIP(name) === 0;
  return host.startsWith('*') ? isInDomain : (name) => name === domain || isInDomain(name);
}

function networkMatcher(network: string, entry: string): (name: string) => boolean {
  const [address = '', digits = ''] = network.split('/');
  const version = isIP(address);
  const prefix = /^\d{1,3}$/.test(digits) ? Number(digits) : Number.NaN;
  if (version === 0 || !(prefix <= (version === 6 ? 128 : 32))) throw wrong(entry);
  return inBlock((block) => block.addSubnet(address, prefix, familyOf(version)));
}

function inBlock(fill: (block: BlockList) => void): (name: string) => boolean {
  const block = new BlockList();
  fill(block);
  return (name) => {
    const version = isIP(name);
    return version !== 0 && block.check(name, familyOf(version));
  };
}

function familyOf(version: number): 'ipv4' | 'ipv6' {
  return version === 6 ? 'ipv6' : 'ipv4';
}

/** An IPv6 address with a port is in brackets; without one it may be. */
function splitPort(entry: string): { host: string; port?: number } {
  const [, bracketed, port] = /^\[([^\]]*)\](?::(\d{1,5}))?$/.exec(entry) ?? [];
  if (bracketed !== undefined) return withPort(bracketed, port, entry);
  const [, name, ownPort] = /^([^:]+):(\d{1,5})$/.exec(entry) ?? [];
  return name === undefined ? { host: entry } : withPort(name, ownPort, entry);
}

function withPort(host: string, digits: string | undefined, entry: string): { host: string; port?: number } {
  if (digits === undefined) return { host };
  const port = Number(digits);
  if (port < 1 || port > 65_535) throw wrong(entry);
  return { host, port };
}

function wrong(entry: string): NoProxyError {
  return new NoProxyError(`no_proxy: ${entry} is no host, domain, address or network`);
}

/** In lower case, without the dot that ends a fully qualified name. */
function plainName(host: string): string {
  const name = host.toLowerCase();
  return name.length > 1 && name.endsWith('.') ? name.slice(0, -1) : name;
}
