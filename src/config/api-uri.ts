/** Which endpoint of which provider a route serves: the values of `upstream_llm`, as the providers' folders have them. */
import { type ProviderName, PROVIDERS as UNITS } from '../formats/providers.ts';

export type Provider = ProviderName;

/** In the order of the alphabet, for people. */
const units = [...UNITS].sort((a, b) => (a.name < b.name ? -1 : 1));

export const PROVIDERS = units.map(({ name }) => name) as [Provider, ...Provider[]];

/** Every provider and the `api_uri` values it accepts; `auto` chooses by request path and body shape. */
export const API_URIS = byName(({ apiUris }) => [...Object.keys(apiUris), 'auto']);

/** The names that AIDR's console shows, sent as `llm_provider` where the configuration names none. */
export const PROVIDER_DISPLAY_NAMES = byName(({ displayName }) => displayName);

function byName<Value>(pick: (unit: (typeof UNITS)[number]) => Value): Record<Provider, Value> {
  return Object.fromEntries(units.map((unit) => [unit.name, pick(unit)])) as Record<Provider, Value>;
}

/** The sentence that Kong and this plugin use to refuse an `api_uri`. */
export function allowedApiUrisMessage(provider: Provider): string {
  return `for provider '${provider}' the allowed api_uris are: ${API_URIS[provider].join(', ')}`;
}

export function isApiUriOf(provider: Provider, apiUri: string): boolean {
  return API_URIS[provider].includes(apiUri);
}
