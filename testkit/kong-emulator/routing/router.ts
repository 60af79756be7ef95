/** Finds the route of a request, in the order of Kong's default router (`traditional_compatible`). */

import { SPLIT_ROUTES_NAMESPACE, uuid5 } from '../config/ids.ts';
import type { Route, Service } from '../config/model.ts';

export interface RouteRequest {
  readonly method: string;
  /** Normalised, without the query. */
  readonly path: string;
  /** The Host header, as it came. */
  readonly host: string;
  readonly port: number;
  /** Values of a header, case-insensitive name. */
  readonly header: (name: string) => readonly string[];
}

export interface RouteMatch {
  readonly route: Route;
  readonly service?: Service;
  /** What to take off the path, where the route strips its prefix. */
  readonly prefix?: string;
}

/** A route, or the part of one whose paths are of one kind and length: only those are ranked together. */
interface Candidate {
  readonly id: string;
  readonly route: Route;
  readonly service?: Service;
  readonly paths: readonly string[];
  readonly rank: readonly number[];
}

export class Router {
  readonly #candidates: readonly Candidate[];

  constructor(routes: readonly Route[], services: readonly Service[]) {
    const byId = new Map(services.map((service) => [service.id, service]));
    this.#candidates = routes
      .filter((route) => route.service === undefined || byId.get(route.service.id)?.enabled === true)
      .flatMap((route) => split(route, byId.get(route.service?.id ?? '')))
      .sort(byRank);
  }

  /** The best match, if any. */
  match(request: RouteRequest): RouteMatch | undefined {
    for (const candidate of this.#candidates) {
      if (!matchesApartFromPath(candidate.route, request)) continue;
      const matched = matchedPath(candidate.paths, request.path);
      if (matched === undefined) continue;
      const { route, service } = candidate;
      const prefix = route.strip_path && candidate.paths.length > 0 ? matched : undefined;
      return {
        route,
        ...(service === undefined ? {} : { service }),
        ...(prefix === undefined ? {} : { prefix }),
      };
    }
    return undefined;
  }
}

function split(route: Route, service: Service | undefined): Candidate[] {
  const groups = new Map<number, string[]>();
  for (const path of route.paths ?? []) {
    const key = path.startsWith('~') ? 0 : path.length;
    groups.set(key, [...(groups.get(key) ?? []), path]);
  }
  const lists = groups.size === 0 ? [[]] : [...groups.values()];
  return lists.map((paths, index) => ({
    id: lists.length === 1 ? route.id : uuid5(SPLIT_ROUTES_NAMESPACE, `${route.id}#${index + 1}`),
    route,
    ...(service === undefined ? {} : { service }),
    paths,
    rank: rank(route, paths),
  }));
}

/** Kong's 64-bit priority as its parts, the most significant first. */
function rank(route: Route, paths: readonly string[]): number[] {
  const { hosts = [], methods = [], headers = {} } = route;
  const headerCount = Math.min(Object.keys(headers).length, 255);
  const kinds = [methods.length, hosts.length, headerCount, paths.length].filter((count) => count > 0).length;
  const plainHosts = hosts.length > 0 && hosts.every((host) => !host.includes('*'));
  const regex = paths[0]?.startsWith('~') === true;
  return [
    kinds,
    plainHosts ? 1 : 0,
    headerCount,
    regex ? 1 : 0,
    regex ? route.regex_priority : 0,
    regex ? 0 : (paths[0]?.length ?? 0),
  ];
}

function byRank(a: Candidate, b: Candidate): number {
  for (const [index, value] of a.rank.entries()) {
    const difference = (b.rank[index] ?? 0) - value;
    if (difference !== 0) return difference;
  }
  // Equal in all: the one with the greater id comes first.
  return a.id < b.id ? 1 : -1;
}

function matchesApartFromPath(route: Route, request: RouteRequest): boolean {
  const { methods = [], hosts = [], headers = {} } = route;
  if (methods.length > 0 && !methods.includes(request.method)) return false;
  if (hosts.length > 0 && !hosts.some((host) => matchesHost(host, request))) return false;
  return Object.entries(headers).every(([name, values]) => {
    const sent = request.header(name).map((value) => value.toLowerCase());
    return values.some((value) => sent.some((one) => matchesHeader(value, one)));
  });
}

function matchesHeader(wanted: string, sent: string): boolean {
  return wanted.startsWith('~*')
    ? new RegExp(wanted.slice(2), 'i').test(sent)
    : wanted.toLowerCase() === sent;
}

function matchesHost(pattern: string, request: RouteRequest): boolean {
  const [wanted, port] = splitPort(pattern);
  if (port !== undefined && port !== request.port) return false;
  const [host] = splitPort(request.host.toLowerCase());
  if (wanted.startsWith('*')) return host.endsWith(wanted.slice(1));
  return wanted.endsWith('*') ? host.startsWith(wanted.slice(0, -1)) : host === wanted;
}

function splitPort(host: string): [host: string, port: number | undefined] {
  const match = /^([^:]*):(\d+)$/.exec(host);
  return match === null ? [host, undefined] : [match[1] ?? '', Number(match[2])];
}

function matchedPath(paths: readonly string[], path: string): string | undefined {
  if (paths.length === 0) return '';
  for (const wanted of paths) {
    if (!wanted.startsWith('~')) {
      if (path.startsWith(wanted)) return wanted;
      continue;
    }
    const match = new RegExp(`^(?:${wanted.slice(1)})`).exec(path);
    if (match !== null) return match[0];
  }
  return undefined;
}
