/** `kong.request`: what the client sent. */

import { fromWire, isLuaString, LuaError, LuaResults, type LuaValue } from '../lua/value.ts';
import type { Exchange } from '../proxy/exchange.ts';
import { normalizePath, pathOf } from '../routing/uri.ts';
import { BEFORE_CONTENT, countArg, type PdkMethod, type PdkMethods, REQUEST, stringArg } from './method.ts';

const get = (run: (exchange: Exchange, ...args: LuaValue[]) => LuaValue | Promise<LuaValue>): PdkMethod => ({
  phases: REQUEST,
  run: (exchange, args) => run(exchange, ...args),
});

export const REQUEST_METHODS: PdkMethods = {
  'kong.request.get_scheme': get(() => 'http'),
  'kong.request.get_host': get((x) => fromWire(x.host)),
  'kong.request.get_port': get((x) => x.worker.settings.port()),
  'kong.request.get_http_version': get((x) => x.request.httpVersion),
  'kong.request.get_method': get((x) => x.request.method),
  'kong.request.get_path': get((x) => fromWire(normalizePath(pathOf(x.request.uri)))),
  'kong.request.get_raw_path': get((x) => fromWire(pathOf(x.request.uri))),
  'kong.request.get_path_with_query': get((x) => fromWire(x.request.uri)),
  'kong.request.get_raw_query': get((x) => fromWire(x.request.args)),
  'kong.request.get_query': get((x, max) => query(x, countArg(max, 'max_args'))),
  'kong.request.get_query_arg': get((x, name) => {
    const key = stringArg(name, 'query argument name');
    const value = query(x, 100)[String(fromWire(key))];
    return Array.isArray(value) ? value[0] : value;
  }),
  'kong.request.get_header': get((x, name) => header(x, stringArg(name, 'header name'))),
  'kong.request.get_headers': get((x, max) =>
    multiMap(x.request.headers.grouped(countArg(max, 'max_headers'))),
  ),
  'kong.request.get_raw_body': { phases: BEFORE_CONTENT, run: (x, [max]) => rawBody(x, max) },
  'kong.request.get_start_time': get((x) => x.startedAt),
  'kong.request.get_forwarded_scheme': get((x) => forwarded(x, 'x-forwarded-proto')?.toLowerCase() ?? 'http'),
  'kong.request.get_forwarded_host': get((x) => {
    const host = forwarded(x, 'x-forwarded-host')
      ?.replace(/^[^@]*@/, '')
      .split(':')[0];
    return fromWire(host?.toLowerCase() ?? x.host);
  }),
  'kong.request.get_forwarded_port': get((x) => forwardedPort(x)),
  'kong.request.get_forwarded_path': get((x) =>
    fromWire(forwarded(x, 'x-forwarded-path') ?? normalizePath(pathOf(x.request.uri))),
  ),
  'kong.request.get_forwarded_prefix': get((x) =>
    fromWire(forwarded(x, 'x-forwarded-prefix') ?? x.forwardedPrefix ?? ''),
  ),
};

/** Header lines or query arguments as a Lua table: one value stands alone, several are a list. */
export function multiMap(grouped: ReadonlyMap<string, readonly string[]>): { [name: string]: LuaValue } {
  const entries = [...grouped].map(([name, values]): [string, LuaValue] => {
    const lua = values.map(fromWire);
    return [name, lua.length === 1 ? lua[0] : lua];
  });
  return Object.fromEntries(entries);
}

/** Nginx joins repeated lines, Kong takes them apart again, but only among the first hundred. */
function header(exchange: Exchange, name: string): LuaValue {
  const lines = exchange.request.headers.all(name);
  if (lines.length === 0) return undefined;
  const joined = lines.join(', ');
  if (!joined.includes(', ')) return fromWire(joined);
  const visible = exchange.request.headers.grouped(100);
  const first = visible.get(name.toLowerCase()) ?? visible.get(name.toLowerCase().replaceAll('_', '-'));
  return first === undefined ? undefined : fromWire(first[0] ?? '');
}

function query(exchange: Exchange, max: number): { [name: string]: LuaValue } {
  const found: { [name: string]: LuaValue } = {};
  const parts = exchange.request.args.split('&').filter((part) => part !== '');
  for (const part of parts.slice(0, max)) {
    const mark = part.indexOf('=');
    const name = String(unescaped(mark === -1 ? part : part.slice(0, mark)));
    const value = mark === -1 ? true : unescaped(part.slice(mark + 1));
    const known = found[name];
    found[name] = known === undefined ? value : [...(Array.isArray(known) ? known : [known]), value];
  }
  return found;
}

/** A query's name or value without its escapes; what is no escape stays. */
export function unescaped(text: string): string | Uint8Array {
  const decoded = text.replaceAll('+', ' ').replace(/%([\dA-Fa-f]{2})/g, (_, hex: string) => {
    return String.fromCharCode(Number.parseInt(hex, 16));
  });
  return fromWire(decoded);
}

const DID_NOT_FIT =
  "request body did not fit into client body buffer, consider raising 'client_body_buffer_size'";

/**
 * Nothing comes back for a body on disk that is too large, and Lua is told why; a plugin server's encoding then fails,
 * which is a 500.
 */
async function rawBody(exchange: Exchange, max: LuaValue): Promise<LuaValue | LuaResults> {
  const body = await exchange.request.body();
  const inMemory =
    exchange.request.bodyReplaced || body.length <= exchange.worker.settings.clientBodyBufferSize;
  if (inMemory) return body;
  if (max === undefined || max === null || max === false) return new LuaResults(undefined, DID_NOT_FIT);
  if (typeof max !== 'number') {
    const type = isLuaString(max) ? 'string' : typeof max;
    throw new LuaError(`attempt to compare ${type} with number`);
  }
  if (max < 0) return new LuaResults(undefined, DID_NOT_FIT);
  if (max > 0 && body.length > max) {
    return new LuaResults(undefined, `request body file too big: ${body.length} > ${max}`);
  }
  return body;
}

function forwarded(exchange: Exchange, name: string): string | undefined {
  return exchange.peer.trusted ? exchange.request.headers.get(name) : undefined;
}

function forwardedPort(exchange: Exchange): number {
  const named =
    forwarded(exchange, 'x-forwarded-port') ?? forwarded(exchange, 'x-forwarded-host')?.split(':')[1];
  const port = Number(named);
  return Number.isInteger(port) && port >= 1 && port <= 65_535 ? port : exchange.worker.settings.port();
}
