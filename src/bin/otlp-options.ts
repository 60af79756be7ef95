/** Where traces go, from options and variables. */
import type { TracingOptions } from '../diagnostics/tracing/index.ts';
import type { Environment } from './environment.ts';

export interface OtlpOptions {
  endpoint: string;
  serviceName: string;
}

/** Names no header's value: they are for secrets. */
export class OtlpError extends Error {
  override readonly name = 'OtlpError';
}

/** What a collector's path is by default. @see https://opentelemetry.io/docs/specs/otlp/#otlphttp-request */
const TRACES_PATH = '/v1/traces';

/** @returns undefined for what is no URL of a collector, or has a secret in it */
export function tracesUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const isHttp = url.protocol === 'http:' || url.protocol === 'https:';
  if (!isHttp || url.username !== '' || url.password !== '') return undefined;
  if (url.pathname === '/') url.pathname = TRACES_PATH;
  return url.href;
}

/** @throws OtlpError */
export function tracingOptions(
  { endpoint, serviceName }: OtlpOptions,
  environment: Environment,
): TracingOptions {
  return { endpoint, serviceName, headers: headersIn(environment.otel_exporter_otlp_headers ?? '') };
}

/** `name=value,name=value`, the values percent-encoded. */
function headersIn(list: string): Record<string, string> {
  const entries = list.split(',').filter((entry) => entry.trim() !== '');
  return Object.fromEntries(entries.map(headerIn));
}

function headerIn(entry: string): [string, string] {
  const equals = entry.indexOf('=');
  const name = entry.slice(0, equals).trim();
  const value = decoded(entry.slice(equals + 1).trim());
  if (equals < 1 || !/^[\w-]+$/.test(name) || value === undefined || !/^[\x20-\x7e]*$/.test(value))
    throw new OtlpError(
      'OTEL_EXPORTER_OTLP_HEADERS: must be a list of name=value, with percent-encoded values',
    );
  return [name, value];
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
