/** `aidr-kong inspect`'s arguments. */
import { allowedApiUrisMessage, isApiUriOf, type Provider } from '../../config/api-uri.ts';
import type { Direction } from '../../config/schema.ts';
import { parseOptions, UsageError } from '../arguments.ts';
import { DRY_RUN_OPTIONS, type DryRunOptions, dryRunOptions, providerNamed } from '../dry-run/options.ts';

export interface InspectOptions extends DryRunOptions {
  direction: Direction;
  provider: Provider;
  endpoint: string;
  /** Of the request. */
  path: string;
  /** Of the answer. */
  status: number;
  contentType?: string;
  contentEncoding?: string;
  /** `-` is standard input. */
  file: string;
  /** Where the bytes go that go on in the body's place. */
  output?: string;
  form: 'text' | 'json';
}

const STATUS = /^[1-5]\d\d$/;

/** @returns undefined where help is asked for */
export function parseInspect(args: string[]): InspectOptions | undefined {
  const { values, positionals } = parseOptions(args, {
    ...DRY_RUN_OPTIONS,
    provider: { type: 'string' },
    endpoint: { type: 'string' },
    path: { type: 'string' },
    response: { type: 'boolean' },
    status: { type: 'string' },
    'content-type': { type: 'string' },
    'content-encoding': { type: 'string' },
    output: { type: 'string' },
  });
  if (values.help) return undefined;
  const [file = '-', more] = positionals;
  if (more !== undefined) throw new UsageError(`one argument too many: ${more}`);
  if (values.provider === undefined) throw new UsageError('--provider is needed');
  const provider = providerNamed(values.provider);
  const { endpoint = 'auto', path = '/', status = '200', output } = values;
  if (!isApiUriOf(provider, endpoint)) throw new UsageError(allowedApiUrisMessage(provider));
  if (!STATUS.test(status)) throw new UsageError('--status takes an HTTP status');
  const [contentType, contentEncoding] = [values['content-type'], values['content-encoding']];
  return {
    ...dryRunOptions(values),
    direction: values.response ? 'response' : 'request',
    ...{ provider, endpoint, path, file },
    status: Number(status),
    ...(contentType === undefined ? {} : { contentType }),
    ...(contentEncoding === undefined ? {} : { contentEncoding }),
    ...(output === undefined ? {} : { output }),
    form: values.json ? 'json' : 'text',
  };
}
