/**
 * Which of two routes Kong prefers for a request that the relay brings to an internal route. Callers choose its method and
 * most of its headers, so a route that asks for some of them may get it.
 *
 * @see https://developer.konghq.com/gateway/entities/route/#priority-matching
 */
import { isTable, stringsOf, type Table } from './model.ts';

/** What `internal_route_url` names: an address of this machine. */
const LOCAL_HOSTS = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * @param hop the path that the relay asks for, and what follows it
 * @returns whether Kong may take `other` for such a request in place of the internal route
 */
export function mayComeBefore(other: Table, internal: Table, hop: string): boolean {
  const protocols = stringsOf(other.protocols);
  if (protocols.length > 0 && !protocols.includes('http')) return false;
  const hosts = stringsOf(other.hosts);
  if (hosts.length > 0 && !hosts.some(isLocal)) return false;
  const own = ranksOf(internal, hop);
  return ranksOf(other, hop).some((rank) => own.every((against) => isBefore(rank, against)));
}

function isLocal(host: string): boolean {
  const [name = ''] = host.toLowerCase().split(/:\d/, 1);
  if (name.startsWith('*')) return LOCAL_HOSTS.some((local) => local.endsWith(name.slice(1)));
  if (name.endsWith('*')) return LOCAL_HOSTS.some((local) => local.startsWith(name.slice(0, -1)));
  return LOCAL_HOSTS.includes(name);
}

/** One for each path that matches what the relay may ask for; what matters most comes first. */
function ranksOf(route: Table, hop: string): number[][] {
  const { hosts, headers, methods, snis } = route;
  const names = stringsOf(hosts);
  const headerCount = isTable(headers) ? Object.keys(headers).length : 0;
  const paths = stringsOf(route.paths);
  const kinds = [names, stringsOf(methods), stringsOf(snis), paths].filter(({ length }) => length > 0).length;
  const plain = names.length > 0 && names.every((host) => !host.includes('*')) ? 1 : 0;
  const common = [kinds + (headerCount > 0 ? 1 : 0), plain, headerCount];
  if (paths.length === 0) return [[...common, 0, 0, 0]];
  return paths
    .filter((path) => path.startsWith('~') || hop.startsWith(path) || path.startsWith(hop))
    .map((path) =>
      path.startsWith('~') ? [...common, 1, regexPriority(route), 0] : [...common, 0, 0, path.length],
    );
}

function regexPriority({ regex_priority: priority }: Table): number {
  return typeof priority === 'number' ? priority : 0;
}

/** Of routes alike in all, either may come first. */
function isBefore(rank: readonly number[], against: readonly number[]): boolean {
  for (const [index, value] of rank.entries()) {
    const difference = value - (against[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
