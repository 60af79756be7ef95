/** Kong's bundled `pre-function` and `post-function`: an operator's Lua. */

import type { PluginSchema } from '../config/metaschema.ts';
import type { Field } from '../config/schema.ts';
import { isLuaName } from '../lua/names.ts';
import type { LuaFunction } from '../lua/runtime.ts';
import { checkLua } from '../lua/subset.ts';
import { LuaObject, type LuaValue } from '../lua/value.ts';
import type { Exchange } from '../proxy/exchange.ts';
import type { PluginHandler } from './plugin.ts';
import type { PluginConfig } from './plugin-config.ts';

const PHASES = ['certificate', 'rewrite', 'access', 'header_filter', 'body_filter', 'log'];
const NOT_RUN = ['certificate', 'rewrite'];

const functions = (plugin: string, phase: string): Field => ({
  type: 'array',
  required: true,
  default: [],
  elements: { type: 'string', custom: (lua: string) => refusal(plugin, phase, lua) },
});

const schema = (name: string): PluginSchema => ({
  name,
  fields: [
    { consumer: { type: 'foreign', eq: null } },
    {
      config: {
        type: 'record',
        required: true,
        fields: PHASES.map((phase) => ({ [phase]: functions(name, phase) })),
      },
    },
  ],
  entity_checks: [{ at_least_one_of: PHASES.map((phase) => `config.${phase}`) }],
});

/** Runs before every other plugin. */
export const preFunction = serverless('pre-function', 1_000_000);

/** Runs after every other plugin. */
export const postFunction = serverless('post-function', -1000);

function serverless(name: string, priority: number): PluginHandler {
  return {
    name,
    priority,
    version: '3.9.1',
    schema: schema(name),
    access: async (exchange, config) => {
      for (const each of functionsOf('access', exchange, config)) {
        const made = each.settle(await exchange.worker.lua.call(each.code, exchange));
        if (made !== undefined) await exchange.worker.lua.call(made, exchange);
      }
    },
    header_filter: (exchange, config) => runNow('header_filter', exchange, config),
    body_filter: (exchange, config) => {
      runNow('body_filter', exchange, config);
      return exchange.chunk.bytes;
    },
    log: (exchange, config) => runNow('log', exchange, config),
  };
}

function runNow(phase: string, exchange: Exchange, config: PluginConfig): void {
  for (const each of functionsOf(phase, exchange, config)) {
    const made = each.settle(exchange.worker.lua.callNow(each.code, exchange));
    if (made !== undefined) exchange.worker.lua.callNow(made, exchange);
  }
}

/** A function of a configuration: the first call of its text may give the function that is meant. */
class ConfiguredFunction {
  #code: LuaFunction;
  #isNew = true;
  #hasRun = false;

  constructor(code: LuaFunction) {
    this.#code = code;
  }

  /** To be called now. One that answered the client in its first call is taken for what is meant from then on. */
  get code(): LuaFunction {
    if (this.#hasRun) this.#isNew = false;
    this.#hasRun = true;
    return this.#code;
  }

  /** @returns the function that the first call gave, to be called as well */
  settle(result: LuaValue): LuaFunction | undefined {
    if (!this.#isNew) return undefined;
    this.#isNew = false;
    if (!(result instanceof LuaObject) || !result.isFunction) return undefined;
    this.#code = result.push;
    return result.push;
  }
}

const COMPILED = new WeakMap<PluginConfig, Map<string, ConfiguredFunction[]>>();

/** Each worker has configurations of its own, and compiles them once. */
function functionsOf(phase: string, exchange: Exchange, config: PluginConfig): ConfiguredFunction[] {
  const phases = COMPILED.get(config) ?? new Map<string, ConfiguredFunction[]>();
  COMPILED.set(config, phases);
  const known = phases.get(phase);
  if (known !== undefined) return known;
  const texts = config.values()[phase] as readonly string[];
  const compiled = texts.map((lua) => new ConfiguredFunction(exchange.worker.lua.compile(lua)));
  phases.set(phase, compiled);
  return compiled;
}

function refusal(plugin: string, phase: string, lua: string): string | undefined {
  if (NOT_RUN.includes(phase)) return `the embedded gateway does not run the phase '${phase}'`;
  try {
    checkLua(lua, isLuaName);
    return undefined;
  } catch (error) {
    return `error parsing ${plugin}: ${(error as Error).message}`;
  }
}
