/** A plugin in Lua, in the folders where Kong looks for one: `kong/plugins/<name>/handler.lua` and `schema.lua`. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkPluginSchema } from '../config/metaschema.ts';
import { type LuaFunction, LuaRuntime } from '../lua/runtime.ts';
import { LuaObject, type LuaValue } from '../lua/value.ts';
import type { Exchange } from '../proxy/exchange.ts';
import type { PluginHandler } from './plugin.ts';
import type { PluginConfig } from './plugin-config.ts';

const WAITING = ['access', 'response'];
const AT_ONCE = ['header_filter', 'log'];

/**
 * Reads a plugin.
 *
 * @param folder on Kong's `lua_package_path`
 * @throws {Error} for Lua outside the gateway's subset, a handler that is none, and phases that the gateway does not run
 */
export function luaPlugin(folder: string, name: string): PluginHandler {
  const text = (file: string) => readFileSync(join(folder, 'kong/plugins', name, file), 'utf8');
  const code = text('handler.lua');
  const first = new LuaRuntime();
  const { PRIORITY, VERSION, ...others } = first.fields(tableOf(first.evaluate(code)));
  if (typeof PRIORITY !== 'number' || typeof VERSION !== 'string') {
    throw new Error(`${name}: a handler needs a PRIORITY and a VERSION`);
  }
  const phases = Object.keys(others);
  const unknown = phases.find((phase) => ![...WAITING, ...AT_ONCE].includes(phase));
  if (unknown !== undefined) throw new Error(`${name}: the embedded gateway does not run its ${unknown}`);
  const run = (phase: string) => (exchange: Exchange, config: PluginConfig) => {
    const method = methodOf(exchange.worker.lua, code, phase);
    const args = [undefined, config.values() as { [field: string]: LuaValue }];
    return WAITING.includes(phase)
      ? exchange.worker.lua.call(method, exchange, args).then(() => undefined)
      : void exchange.worker.lua.callNow(method, exchange, args);
  };
  return {
    name,
    priority: PRIORITY,
    version: VERSION,
    schema: checkPluginSchema(name, tableOf(first.evaluate(text('schema.lua'))).copy()),
    ...Object.fromEntries(phases.map((phase) => [phase, run(phase)])),
  };
}

const HANDLERS = new WeakMap<LuaRuntime, Map<string, Fields>>();

type Fields = { readonly [name: string]: LuaValue };

/** A function of a worker's own copy of a handler. */
function methodOf(lua: LuaRuntime, code: string, phase: string): LuaFunction {
  const handlers = HANDLERS.get(lua) ?? new Map<string, Fields>();
  HANDLERS.set(lua, handlers);
  const handler = handlers.get(code) ?? lua.fields(tableOf(lua.evaluate(code)));
  handlers.set(code, handler);
  const method = handler[phase];
  if (!(method instanceof LuaObject) || !method.isFunction) throw new Error(`${phase} is no function`);
  return method.push;
}

function tableOf(value: LuaValue): LuaObject {
  if (value instanceof LuaObject && !value.isFunction) return value;
  throw new Error('a file of a Lua plugin gives no table');
}
