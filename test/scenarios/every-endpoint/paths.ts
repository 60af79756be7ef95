/** The tables of docs/endpoints.md as paths: each name in them, with something for what varies. */
import type { Endpoint } from '../../../src/formats/provider.ts';
import { endpointTable } from '../../../src/formats/registry.ts';

export interface NamedPath {
  /** As the documentation writes it, behind its provider. */
  name: string;
  /** Of the gateway. */
  route: string;
  /** None where the row does not match its own name. */
  path: string | undefined;
  endpoint: Endpoint;
}

/** What the documentation abbreviates. */
const MODELS = [
  '/v1beta/models/gemini-2.5-flash',
  '/v1/projects/p/locations/l/publishers/google/models/gemini-2.5-flash',
];
const PLACE = '/v1/projects/p/locations/l';
const BEGINNINGS: [RegExp, readonly string[]][] = [
  [/^\{model\}/, MODELS],
  [/^\{agent\}/, [`${PLACE}/reasoningEngines/1`]],
  [/^\{endpoint\}/, [`${PLACE}/endpoints/1`]],
  [/^:/, ['/v1beta/fileSearchStores/a:']],
  [/^(?=[a-z])/i, [`${PLACE}/`]],
  [/^\/ws\/…/, ['/ws/google.ai.generativelanguage.v1beta.GenerativeService.']],
  [/^\/publishers/, [`${PLACE}/publishers`]],
];

/** What `…` stands for: nothing, something below, something that goes on. */
const ENDINGS = ['', '/a1', 'a1', 'a1/b2', 'a1/b2/c3'];

/** The routes of those providers that servers do not stand behind. */
const ROUTES: Record<string, string> = {
  Anthropic: 'anthropic',
  Cohere: 'cohere',
  'Google Gemini': 'gemini',
  OpenAI: 'openai',
  'Azure OpenAI': 'azureai',
  'Kong AI Gateway': 'kong',
  'AWS Bedrock': 'bedrock',
};

/** @returns every name of every row, with one path for each of its meanings */
export function everyPath(): NamedPath[] {
  return endpointTable().flatMap(({ provider, endpoints }) =>
    endpoints.flatMap((endpoint) =>
      endpoint.names.flatMap((name) => {
        const paths = provider === 'Azure OpenAI' ? pathsOfAzure(name, endpoint) : pathsOf(name, endpoint);
        const all = paths.length > 0 ? paths : [undefined];
        return all.map((path) => ({
          ...{ name: `${provider} ${name}`, route: ROUTES[provider] ?? 'openai', path, endpoint },
        }));
      }),
    ),
  );
}

function pathsOf(name: string, { path }: Endpoint): string[] {
  const [pattern, beginnings] = BEGINNINGS.find(([one]) => one.test(name)) ?? [/^/, ['']];
  return beginnings.flatMap((beginning) => {
    const whole = name.replace(pattern, beginning).replaceAll(/\{[^}]*\}/g, 'x1');
    const [, stem = whole, dots] = /^(.*?\/?)(…)?$/.exec(whole) ?? [];
    const ends = dots ? ENDINGS.filter((end) => stem.endsWith('/') !== /^(?:\/|$)/.test(end)) : [''];
    return ends
      .map((end) => `${stem}${end}`)
      .filter((one) => path.test(one))
      .slice(0, 2);
  });
}

/** Azure's own beginnings, where it has the endpoint. */
function pathsOfAzure(name: string, endpoint: Endpoint): string[] {
  const own = ['/openai/deployments/gpt-4o/', '/openai/', '/openai/v1/'].flatMap((beginning) =>
    pathsOf(name.replace(/^\/v1\//, beginning), endpoint).slice(0, 1),
  );
  return own.length > 0 ? own : pathsOf(name, endpoint);
}
