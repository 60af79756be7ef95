/** Which route a recorded exchange went over, and which API its bodies are of. */
import { isApiUriOf, PROVIDERS, type Provider } from '../../config/api-uri.ts';
import { providersAt } from '../check/addresses.ts';
import type { Exchange } from './exchange.ts';

export interface Api {
  provider: Provider;
  endpoint: string;
}

/** What the options say of it. */
export interface RouteOptions {
  /** By the beginning of a path, or the name of a route or service. */
  routes: readonly ({ name: string } & Api)[];
  /** Where nothing else is known. */
  fallback: Api | undefined;
}

/** A longer name would be no name. */
const MAX_NAME = 120;

/** Kong's name of the route, or the address without what a query holds. */
export function routeName({ kong, host, path }: Exchange): string {
  const name = kong?.route ?? kong?.service ?? `${host}${path}`;
  return name.slice(0, MAX_NAME);
}

/** @returns undefined for what goes to nobody that is known as an LLM provider */
export function apiOf(exchange: Exchange, { routes, fallback }: RouteOptions): Api | undefined {
  const { kong, host, path } = exchange;
  const named = routes.find(
    ({ name }) =>
      name === kong?.route || name === kong?.service || (name.startsWith('/') && isBelow(path, name)),
  );
  if (named) return { provider: named.provider, endpoint: named.endpoint };
  return recordedApi(exchange) ?? apiAt(host) ?? fallback;
}

function isBelow(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`);
}

/** What the plugins' own record of then says. */
function recordedApi({ kong }: Exchange): Api | undefined {
  const { provider: name, api_uri: endpoint } = kong?.recorded?.request ?? kong?.recorded?.response ?? {};
  const provider = PROVIDERS.find((one) => one === name);
  if (!provider || typeof endpoint !== 'string' || !isApiUriOf(provider, endpoint)) return undefined;
  return { provider, endpoint };
}

function apiAt(host: string): Api | undefined {
  const providers = providersAt(host.toLowerCase());
  return providers && { provider: providers[0] ?? 'openai', endpoint: 'auto' };
}
