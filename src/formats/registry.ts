/** What the providers' folders say, for whoever has a route or a path. Knows none of them by name. */
import { LRUCache } from 'lru-cache';
import type { BodyFormat } from './format.ts';
import { decoded, PATHS, routesOf, spellingsOf } from './path-spellings.ts';
import type { Endpoint, EndpointRefusal, Provider } from './provider.ts';
import { PROVIDERS, type ProviderName } from './providers.ts';

const providers: readonly Provider[] = PROVIDERS;

/** Each once: providers can share them. */
const servers = [...new Set(providers.flatMap((provider) => provider.servers ?? []))];
/** A table a server, each once: providers can share them. */
const tables = [
  ...new Set(
    [...providers, ...servers].flatMap(({ endpoints }: Pick<Provider, 'endpoints'>) =>
      endpoints ? [endpoints] : [],
    ),
  ),
];
const modelPatterns = providers.flatMap(({ modelInPath }) => modelInPath ?? []);
const storedPromptTests = providers.flatMap((provider) => provider.isStoredPrompt ?? []);

/** The formats of one route: those that its configuration names, and all that its provider has. */
export interface RouteFormats {
  configured: BodyFormat[];
  all: BodyFormat[];
}

/** @returns undefined for an endpoint that this version cannot read */
export function routeFormats(name: ProviderName, apiUri: string): RouteFormats | undefined {
  const provider = providers.find((one) => one.name === name);
  if (!provider) return undefined;
  const owners = provider.isGateway ? [provider, ...providers] : [provider];
  const all = [...new Set(owners.flatMap(formatsOf))].filter(({ takesAny }) => !takesAny);
  if (apiUri === 'auto') return { configured: [], all };
  const configured = Object.hasOwn(provider.apiUris, apiUri) ? provider.apiUris[apiUri] : undefined;
  return configured && { configured: [...configured], all };
}

function formatsOf({ apiUris, otherFormats = [], servers: like = [] }: Provider): BodyFormat[] {
  return [...Object.values(apiUris).flat(), ...otherFormats, ...like.flatMap(({ formats }) => formats)];
}

/** What the endpoints that some server may take a path for have in common. */
interface KnownPath {
  formats: readonly BodyFormat[];
  /** Of requests that are lists. */
  listFormats: readonly BodyFormat[];
  answers: Endpoint['answers'];
  refused: EndpointRefusal | undefined;
  model: string | undefined;
  isStoredPrompt: boolean;
}

/** Applications use few paths, and a stream asks for its own again and again. */
const asked = new LRUCache<string, KnownPath>(PATHS);

function knownPath(path: string): KnownPath {
  const before = asked.get(path);
  if (before) return before;
  const known = { ...knownRoutes(routesOf(path)), ...knownModel(spellingsOf(path)) };
  asked.set(path, known);
  return known;
}

/** A server may read another model than the first: a stored prompt counts wherever it stands. */
function knownModel(spellings: readonly string[]): Pick<KnownPath, 'model' | 'isStoredPrompt'> {
  const models = spellings.flatMap(modelsIn);
  return {
    model: models[0],
    isStoredPrompt: models.some((model) => storedPromptTests.some((isStored) => isStored(model))),
  };
}

/** Each may be the one that the server takes, so what one of them is refused for, the path is. */
function knownRoutes(routes: readonly string[]): Omit<KnownPath, 'model' | 'isStoredPrompt'> {
  const known = routes.map(knownRoute);
  return {
    formats: known.flatMap(({ formats }) => formats),
    listFormats: known.flatMap(({ listFormats }) => listFormats),
    answers: known.find(({ answers }) => answers)?.answers,
    refused: known.find(({ refused }) => refused)?.refused,
  };
}

function knownRoute(path: string): Omit<KnownPath, 'model' | 'isStoredPrompt'> {
  const all = tables.flatMap((table) => rowsOf(table, path));
  // What one provider knows better is no thing that another one keeps: `/v1/models/gemini:generateContent`.
  const specific = all.filter(({ formats }) => formats.some(({ takesAny }) => !takesAny));
  const found = specific.length > 0 ? specific : all;
  return {
    formats: found.flatMap((one) => one.formats),
    listFormats: found.flatMap((one) => (one.takesList ? one.formats : [])),
    answers: found.find((one) => one.answers)?.answers,
    // Where one server refuses, another one may take the path for something that is read.
    refused: found.every((one) => one.refused) ? found[0]?.refused : undefined,
  };
}

/** What a server refuses below something that it keeps is not kept there. */
function rowsOf(table: readonly Endpoint[], path: string): readonly Endpoint[] {
  const rows = table.filter((endpoint) => endpoint.path.test(path));
  const refused = rows.filter((endpoint) => endpoint.refused);
  return refused.length > 0 ? refused : rows;
}

/** @returns the formats of every known endpoint that some server may take the path for */
export function formatsOfPath(path: string): readonly BodyFormat[] {
  return knownPath(path).formats;
}

/** @returns those that read a request that is a list; none where no endpoint takes one */
export function listFormatsOfPath(path: string): readonly BodyFormat[] {
  return knownPath(path).listFormats;
}

/** @returns whether a request without a body is a broken prompt here: what an API keeps can be asked for without one */
export function asksForPrompt(path: string): boolean {
  return formatsOfPath(path).some(({ takesAny }) => !takesAny);
}

/** @returns what the answers are, where they are no JSON */
export function answersOfPath(path: string): Endpoint['answers'] {
  return knownPath(path).answers;
}

/** @returns why the provider need not be asked, where what cannot be inspected is refused */
export function refusalOfPath(path: string): EndpointRefusal | undefined {
  return knownPath(path).refused;
}

/** The endpoints of each provider, and of each server that speaks like one, for the documentation. */
export function endpointTable(): { provider: string; endpoints: readonly Endpoint[] }[] {
  return [...providers, ...servers].map(({ displayName, endpoints: own = [] }) => ({
    provider: displayName,
    endpoints: own,
  }));
}

/** Providers' paths name the model where the body does not. */
export function modelOfPath(path: string): string | undefined {
  return knownPath(path).model;
}

/** @returns whether a prompt that the provider keeps stands in a model's place */
export function asksForStoredPrompt(path: string): boolean {
  return knownPath(path).isStoredPrompt;
}

/** What stands in each place of a model, that which stands first before the others. */
function modelsIn(path: string): string[] {
  return modelPatterns
    .flatMap((pattern) => [...path.matchAll(pattern)])
    .sort((one, other) => one.index - other.index)
    .map(([, model = '']) => decoded(model));
}
