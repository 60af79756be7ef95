/** `kong.service` and `kong.service.request`: what goes to the upstream, to be changed in `access` only. */

import {
  fromWire,
  isLuaString,
  isLuaTable,
  LuaError,
  type LuaValue,
  luaBytes,
  luaToString,
} from '../lua/value.ts';
import type { Exchange, Upstream } from '../proxy/exchange.ts';
import { escapePath } from '../routing/uri.ts';
import { ACCESS, headerArg, headersArg, type PdkMethod, type PdkMethods, stringArg } from './method.ts';
import { unescaped } from './request.ts';

const METHODS =
  `GET HEAD PUT POST DELETE OPTIONS MKCOL COPY MOVE PROPFIND PROPPATCH LOCK UNLOCK PATCH TRACE`.split(' ');

const change = (run: (exchange: Exchange, ...args: LuaValue[]) => void | Promise<void>): PdkMethod => ({
  phases: ACCESS,
  run: async (exchange, args) => {
    await run(exchange, ...args);
    return undefined;
  },
});

export const SERVICE_METHODS: PdkMethods = {
  'kong.service.set_target': change((x, host, port) => {
    const name = stringArg(host, 'host');
    const number = integerArg(port, 'port', 0, 65_535);
    Object.assign(upstream(x), { host: name, port: number, hostHeader: name });
  }),
  'kong.service.set_retries': change((x, retries) => {
    upstream(x).retries = integerArg(retries, 'retries', 0, 32_767);
  }),
  'kong.service.set_timeouts': change((x, connect, write, read) => {
    const limit = 2_147_483_646;
    upstream(x).connectTimeout = integerArg(connect, 'connect_timeout', 1, limit);
    upstream(x).sendTimeout = integerArg(write, 'write_timeout', 1, limit);
    upstream(x).readTimeout = integerArg(read, 'read_timeout', 1, limit);
  }),
  'kong.service.request.enable_buffering': change((x) => void x.ctx.set('buffered_proxying', true)),
  'kong.service.request.set_scheme': change((x, scheme) => {
    const name = stringArg(scheme, 'scheme');
    if (name !== 'http' && name !== 'https') throw new LuaError(`invalid scheme: ${name}`);
    upstream(x).scheme = name;
  }),
  'kong.service.request.set_path': change((x, path) => {
    const given = stringArg(path, 'path');
    if (!given.startsWith('/')) throw new LuaError('path must start with /');
    upstream(x).path = escapePath(given);
  }),
  'kong.service.request.set_raw_query': change((x, query) => {
    x.request.args = stringArg(query, 'query');
  }),
  'kong.service.request.set_method': change((x, method) => {
    const name = stringArg(method, 'method');
    if (!METHODS.includes(name)) throw new LuaError(`invalid method: ${name}`);
    x.request.method = name;
  }),
  'kong.service.request.clear_query_arg': change((x, name) => {
    x.request.args = withoutArg(x.request.args, stringArg(name, 'query argument name'));
  }),
  'kong.service.request.set_header': change((x, name, value) => setHeader(x, headerArg(name, value))),
  'kong.service.request.add_header': change((x, name, value) => {
    const header = headerArg(name, value);
    setHeader(x, { name: header.name, values: [...x.request.headers.all(header.name), ...header.values] });
  }),
  'kong.service.request.clear_header': change((x, name) => {
    if (!isLuaString(name)) throw new LuaError('header must be a string');
    x.request.headers.delete(luaToString(name).replaceAll('_', '-'));
  }),
  'kong.service.request.set_headers': change((x, headers) => {
    if (!isLuaTable(headers)) throw new LuaError('headers must be a table');
    for (const header of headersArg(headers)) setHeader(x, header);
  }),
  'kong.service.request.set_raw_body': change(async (x, body) => {
    if (!isLuaString(body)) throw new LuaError('body must be a string');
    await x.request.setBody(luaBytes(body));
  }),
};

/** Nginx writes an underscore in a name that is set as a dash; one that the client sent stays as it is. */
function setHeader(exchange: Exchange, header: { name: string; values: readonly string[] }): void {
  if (header.name.toLowerCase() === 'host') upstream(exchange).hostHeader = header.values[0] ?? '';
  exchange.request.headers.set(header.name.replaceAll('_', '-'), header.values);
}

/** A query without an argument. */
export function withoutArg(query: string, name: string): string {
  const kept = query.split('&').filter((part) => unescaped(part.split('=')[0] ?? '') !== fromWire(name));
  return kept.join('&');
}

function upstream(exchange: Exchange): Upstream {
  if (exchange.upstream === undefined)
    throw new LuaError("attempt to index field 'balancer_data' (a nil value)");
  return exchange.upstream;
}

function integerArg(value: LuaValue, what: string, low: number, high: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value)) throw new LuaError(`${what} must be an integer`);
  if (value < low || value > high) {
    throw new LuaError(`${what} must be an integer between ${low} and ${high}: given ${value}`);
  }
  return value;
}
