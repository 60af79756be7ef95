/** What stands under `kong` and `ngx` for Lua: the gateway's PDK, and the tables of a request. */

import { nginxContext, setNginxVariable, storeIn, variable } from '../pdk/context.ts';
import type { PdkMethods } from '../pdk/method.ts';
import { METHODS, NAMESPACES } from '../pdk/pdk.ts';
import { BODY_FILTER_METHODS } from '../pdk/response.ts';
import type { Exchange } from '../proxy/exchange.ts';
import { isLuaString, LuaError, type LuaValue, luaToString } from './value.ts';

/** They are for plugin servers; Lua has the tables themselves. */
const FOR_PLUGIN_SERVERS = new Set([
  'kong.ctx.shared.get',
  'kong.ctx.shared.set',
  'kong.nginx.get_ctx',
  'kong.nginx.get_var',
  'kong.nginx.set_ctx',
  // What Lua gets answers look-ups, and a plugin server sees nothing in it.
  'kong.service.response.get_headers',
]);

export const LUA_METHODS: PdkMethods = {
  ...Object.fromEntries(Object.entries(METHODS).filter(([path]) => !FOR_PLUGIN_SERVERS.has(path))),
  ...BODY_FILTER_METHODS,
};

/** Whether a dotted name leads somewhere: a function, a table of functions, or a field that anybody may make. */
export function isLuaName(path: string): boolean {
  if (path in LUA_METHODS || NAMESPACES.has(path)) return true;
  if (/^kong\.ctx\.(plugin|core)\b/.test(path)) return false;
  return /^(kong\.ctx\.\w|ngx\.(ctx|var)(\.\w|$)|ngx\.(now|time)$|ngx\.shared(\.kong_locks)?$)/.test(path);
}

/** A table that belongs to a request. */
export interface Store {
  get(exchange: Exchange, key: string): LuaValue;
  set(exchange: Exchange, key: string, value: LuaValue): void;
  all(exchange: Exchange): Iterable<[string, LuaValue]>;
}

export const STORES: Readonly<Record<'shared' | 'ctx' | 'var', Store>> = {
  shared: {
    get: (x, key) => x.shared.get(key),
    set: (x, key, value) => storeIn(x.shared, key, value),
    all: (x) => x.shared,
  },
  ctx: {
    get: nginxContext,
    set: (x, key, value) => storeIn(x.ctx, key, value),
    all: (x) => x.ctx,
  },
  var: {
    get: variable,
    set: setNginxVariable,
    all: () => [],
  },
};

/**
 * Of the shared dictionary `kong_locks` what keeps lists: the same for all workers, also after a reload.
 *
 * @see https://github.com/openresty/lua-nginx-module#ngxshareddict
 */
export const SHARED_LISTS: Readonly<
  Record<string, (exchange: Exchange, key: string, value: LuaValue) => LuaValue>
> = {
  lpush: ({ worker }, key, value) => worker.settings.sharedLists.push(key, value),
  lpop: ({ worker }, key) => worker.settings.sharedLists.pop(key),
  expire: ({ worker }, key, seconds) => worker.settings.sharedLists.expire(key, Number(seconds)),
  delete: ({ worker }, key) => worker.settings.sharedLists.delete(key),
};

/** Lua's `tonumber`: LuaJIT reads hexadecimal digits without end, fengari up to 32 bits. */
export function luaNumber(value: LuaValue, base: LuaValue): LuaValue {
  if (base !== undefined && base !== 10) return digits(value, base);
  if (typeof value === 'number') return value;
  if (!isLuaString(value)) return undefined;
  const trimmed = luaToString(value).trim();
  if (/^[-+]?0x[\da-f]+$/i.test(trimmed)) {
    const size = Number(trimmed.replace(/^[-+]/, ''));
    return trimmed.startsWith('-') ? -size : size;
  }
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(trimmed) ? Number(trimmed) : undefined;
}

function digits(value: LuaValue, base: LuaValue): LuaValue {
  if (typeof base !== 'number' || base < 2 || base > 36) {
    throw new LuaError("bad argument #2 to 'tonumber' (base out of range)");
  }
  const text = luaToString(value).trim().toLowerCase();
  const known = '0123456789abcdefghijklmnopqrstuvwxyz'.slice(0, base);
  if (text === '' || [...text].some((digit) => !known.includes(digit))) return undefined;
  return Number.parseInt(text, base);
}
