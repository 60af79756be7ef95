/**
 * Which wire formats read a body. A new provider API is one file beside this one, one line in `byApiUri`, and one in
 * `endpoints`.
 */
import type { Provider } from '../config/api-uri.ts';
import type { WireFormat } from './format.ts';
import { chatCompletions } from './openai/chat-completions.ts';

const byApiUri: Partial<Record<Provider, Record<string, WireFormat[]>>> = {
  openai: { '/v1/chat/completions': [chatCompletions] },
};

/** What a request's path says. */
interface Endpoint {
  /** Matches the end of the path: what stands before it depends on the route. */
  path: RegExp;
  formats: WireFormat[];
}

const endpoints: Endpoint[] = [{ path: /\/chat\/completions$/, formats: [chatCompletions] }];

/** Providers' paths name the model where the body does not. */
const MODEL_IN_PATH = /\/(?:deployments|models?)\/([^/:]+)(?=[/:])/;

/** The formats of one route: those that its configuration names, and all that its provider has. */
export interface RouteFormats {
  configured: WireFormat[];
  all: WireFormat[];
}

/** @returns undefined for an endpoint that this version cannot read */
export function routeFormats(provider: Provider, apiUri: string): RouteFormats | undefined {
  const ofProvider = byApiUri[provider];
  if (!ofProvider) return undefined;
  const all = [...new Set(Object.values(ofProvider).flat())];
  if (apiUri === 'auto') return { configured: [], all };
  return Object.hasOwn(ofProvider, apiUri) ? { configured: ofProvider[apiUri] ?? [], all } : undefined;
}

/** @returns the formats of every known endpoint that the path names */
export function formatsOfPath(path: string): WireFormat[] {
  return endpoints.filter((endpoint) => endpoint.path.test(path)).flatMap(({ formats }) => formats);
}

export function modelOfPath(path: string): string | undefined {
  const model = MODEL_IN_PATH.exec(path)?.[1];
  try {
    return model && decodeURIComponent(model);
  } catch {
    return model;
  }
}
