/** `aidr-kong replay`'s arguments. */
import { allowedApiUrisMessage, isApiUriOf, type Provider } from '../../config/api-uri.ts';
import { parseOptions, UsageError } from '../arguments.ts';
import { DRY_RUN_OPTIONS, type DryRunOptions, dryRunOptions, providerNamed } from '../dry-run/options.ts';
import type { Api, RouteOptions } from './route-of.ts';

const SOURCES = ['har', 'kong-log', 'folder'] as const;
export type Source = (typeof SOURCES)[number];

export interface ReplayOptions extends DryRunOptions, RouteOptions {
  /** A path, or `-` for standard input. */
  input: string;
  /** Undefined: by the name and the first bytes. */
  source: Source | undefined;
  /** Of the requests of a folder. */
  path: string;
  showsContent: boolean;
  form: 'text' | 'json';
  /** The file to which the page is written. */
  html?: string;
}

/** @returns undefined where help is asked for */
export function parseReplay(args: string[]): ReplayOptions | undefined {
  const { values, positionals } = parseOptions(args, {
    ...DRY_RUN_OPTIONS,
    from: { type: 'string' },
    provider: { type: 'string' },
    endpoint: { type: 'string' },
    path: { type: 'string' },
    route: { type: 'string', multiple: true },
    'show-content': { type: 'boolean' },
    html: { type: 'string' },
  });
  if (values.help) return undefined;
  const [input, more] = positionals;
  if (input === undefined || input === '') throw new UsageError('the path of a recording is needed');
  if (more !== undefined) throw new UsageError(`one argument too many: ${more}`);
  const { from, provider, endpoint, path = '/', route = [], html } = values;
  if (endpoint !== undefined && provider === undefined)
    throw new UsageError('--endpoint is about --provider, which is missing');
  return {
    ...dryRunOptions(values),
    ...{ input, source: from === undefined ? undefined : sourceNamed(from), path },
    routes: route.map(routeGiven),
    fallback: provider === undefined ? undefined : apiGiven(providerNamed(provider), endpoint),
    showsContent: values['show-content'] ?? false,
    form: values.json ? 'json' : 'text',
    ...(html === undefined ? {} : { html }),
  };
}

function sourceNamed(name: string): Source {
  const source = SOURCES.find((one) => one === name);
  if (source) return source;
  throw new UsageError(`--from takes one of ${SOURCES.join(', ')}`);
}

/** `/openai=openai` or `chat=anthropic,/v1/messages` */
function routeGiven(text: string): { name: string } & Api {
  const at = text.lastIndexOf('=');
  const [provider = '', endpoint] = text.slice(at + 1).split(',', 2);
  if (at < 1)
    throw new UsageError('--route takes a value such as /openai=openai or chat=anthropic,/v1/messages');
  return { name: text.slice(0, at), ...apiGiven(providerNamed(provider), endpoint) };
}

function apiGiven(provider: Provider, endpoint = 'auto'): Api {
  if (!isApiUriOf(provider, endpoint)) throw new UsageError(allowedApiUrisMessage(provider));
  return { provider, endpoint };
}
