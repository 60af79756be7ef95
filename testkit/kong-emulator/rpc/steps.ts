/** How the result of a PDK call goes back to a plugin server: the `Step…` method and the encoding. */

import { Binary, isLuaString, LuaError, type LuaValue, luaBytes } from '../lua/value.ts';

/** What a PDK function returns: a Lua value, or a map of headers or query arguments that may hold bare `true`s. */
export type PdkResult = LuaValue;

const STEP_METHODS: Readonly<Record<string, string>> = {
  'kong.client.get_credential': 'plugin.StepCredential',
  'kong.client.load_consumer': 'plugin.StepConsumer',
  'kong.client.get_consumer': 'plugin.StepConsumer',
  'kong.client.authenticate': 'plugin.StepCredential',
  'kong.node.get_memory_stats': 'plugin.StepMemoryStats',
  'kong.router.get_route': 'plugin.StepRoute',
  'kong.router.get_service': 'plugin.StepService',
  'kong.request.get_query': 'plugin.StepMultiMap',
  'kong.request.get_headers': 'plugin.StepMultiMap',
  'kong.response.get_headers': 'plugin.StepMultiMap',
  'kong.service.response.get_headers': 'plugin.StepMultiMap',
};

const MULTI_MAPS = new Set(
  Object.entries(STEP_METHODS).flatMap(([method, step]) => (step === 'plugin.StepMultiMap' ? [method] : [])),
);
const RAW_BODIES = new Set([
  'kong.request.get_raw_body',
  'kong.response.get_raw_body',
  'kong.service.response.get_raw_body',
]);

/** The RPC method that carries the result of a PDK method. */
export function stepMethod(pdkMethod: string): string {
  return STEP_METHODS[pdkMethod] ?? 'plugin.Step';
}

/**
 * The result as Kong encodes it.
 *
 * @throws {LuaError} for a body that could not be read: Kong fails to pack the missing value, which is how a body
 * over the limit becomes a 500
 */
export function wireResult(pdkMethod: string, result: PdkResult): LuaValue {
  if (RAW_BODIES.has(pdkMethod)) {
    if (!isLuaString(result))
      throw new LuaError("bad argument #1 to 'binary' packer (string expected, got nil)");
    return new Binary(luaBytes(result));
  }
  return MULTI_MAPS.has(pdkMethod) ? multiMap(result) : (result ?? undefined);
}

function multiMap(result: PdkResult): LuaValue {
  const entries = Object.entries((result ?? {}) as { readonly [name: string]: LuaValue });
  return Object.fromEntries(
    entries.map(([name, value]) => [name, value === true ? [] : isLuaString(value) ? [value] : value]),
  );
}
