/** Which API's clients read a refusal, as far as it is known. Knows no provider by name. */
import type { Provider } from './provider.ts';
import { PROVIDERS, type ProviderName } from './providers.ts';
import type { ApiRefusals } from './refusal-contract.ts';
import { formatsOfPath, type RouteFormats } from './registry.ts';

const providers: readonly Provider[] = PROVIDERS;

/** By the name of the format; that of the provider that stands first, where several have it. */
const byFormat = new Map<string, ApiRefusals>();
for (const { refusals = [], servers = [] } of providers)
  for (const api of [...refusals, ...servers.flatMap((server) => server.refusals ?? [])])
    for (const { name } of api.formats) if (!byFormat.has(name)) byFormat.set(name, api);

export interface RefusedRoute {
  provider: ProviderName;
  formats: RouteFormats;
}

/**
 * Clients choose the path by the API that they speak, so what it names comes first; then what their prompt is; then
 * what the route is for.
 *
 * @param path absent where it is not known: a gateway's clients may then be any provider's
 * @param read names of the formats that read the prompt
 * @returns undefined where nothing is known of the clients
 */
export function refusalsFor(
  { provider, formats: { configured } }: RefusedRoute,
  path: string | undefined,
  read: readonly string[],
): ApiRefusals | undefined {
  const own = providers.find(({ name }) => name === provider);
  if (own?.isGateway && path === undefined) return undefined;
  const named = formatsOfPath(path ?? '').map(({ name }) => name);
  // Servers share paths: what the prompt is tells them apart.
  const names = [...named.filter((name) => read.includes(name)), ...named, ...read];
  if (!own?.isGateway) names.push(...configured.map(({ name }) => name));
  for (const name of names) {
    const api = byFormat.get(name);
    if (api) return api;
  }
  return own?.refusals?.[0];
}
