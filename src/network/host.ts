/** Hosts as they are connected to, and as URLs and `Host` have them: an IPv6 address is in brackets there. */
import { isIPv6 } from 'node:net';

export function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

/** @param host a name or an IP address, with or without brackets */
export function inBrackets(host: string): string {
  return isIPv6(host) ? `[${host}]` : host;
}

export function authorityOf({ host, port }: { host: string; port: number }): string {
  return `${inBrackets(host)}:${port}`;
}
