/** Finds and runs a PDK function by its wire name. */

import { LuaError, LuaObject, LuaResults, type LuaValue } from '../lua/value.ts';
import type { Exchange } from '../proxy/exchange.ts';
import { CONTEXT_METHODS } from './context.ts';
import { type PdkMethods, runMethod } from './method.ts';
import { REQUEST_METHODS } from './request.ts';
import { RESPONSE_METHODS, SERVICE_RESPONSE_METHODS } from './response.ts';
import { SERVICE_METHODS } from './service.ts';

/** What Kong hands out to plugin servers. */
export const METHODS: PdkMethods = {
  ...CONTEXT_METHODS,
  ...REQUEST_METHODS,
  ...RESPONSE_METHODS,
  ...SERVICE_METHODS,
  ...SERVICE_RESPONSE_METHODS,
};

/** The tables in which they stand. */
export const NAMESPACES = new Set(
  Object.keys(METHODS).flatMap((method) => {
    const parts = method.split('.');
    return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('.'));
  }),
);

/** What Kong has and the gateway has not: refused by name, since `undefined` would be a wrong answer. */
const NOT_HERE = new Set(
  `kong.client.authenticate kong.client.load_consumer kong.log.deprecation kong.log.inspect kong.log.serialize
   kong.nginx.get_statistics kong.nginx.get_tls1_version_str kong.nginx.req_start_time kong.node.get_memory_stats
   kong.request.get_body kong.request.get_uri_captures kong.response.set_raw_body kong.service.response.get_body
   kong.service.request.set_body kong.service.request.set_query kong.service.set_upstream kong.service.set_tls_verify
   kong.node.get_hostname kong.vault.parse_reference kong.vault.try kong.vault.update`.split(/\s+/),
);

/**
 * Runs a PDK function for the plugin at work on an exchange.
 *
 * @returns its first result; Kong drops the second, so a plugin never sees an error message
 * @throws {LuaError} for a wrong argument, a phase in which Kong forbids the call, or a call of something that is no
 * function
 */
export async function callPdk(
  exchange: Exchange,
  name: string,
  args: readonly LuaValue[],
): Promise<LuaValue> {
  const { log } = exchange.worker;
  // Kong reads the words of the name, whatever stands between them.
  const words = (name.match(/\w+/g) ?? []).join('.');
  const method = METHODS[words];
  if (method !== undefined) return firstOf(await runMethod(method, exchange, args));
  const lua = exchange.worker.lua.find(words);
  if (lua !== undefined) return copied(await exchange.worker.lua.call(lua, exchange, args));
  if (NAMESPACES.has(name)) throw new LuaError('attempt to call a table value');
  if (NOT_HERE.has(name)) {
    log.write('err', `the embedded gateway does not implement ${name}`);
    throw new LuaError(`the embedded gateway does not implement ${name}`);
  }
  log.write('err', `could not find pdk method: ${name}`);
  return undefined;
}

function firstOf(result: LuaValue | LuaResults): LuaValue {
  return result instanceof LuaResults ? result.values[0] : result;
}

function copied(result: LuaValue): LuaValue {
  return result instanceof LuaObject ? result.copy() : result;
}
