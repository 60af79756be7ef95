/** Kong's bundled `pre-function` and `post-function`, for functions that the gateway knows. */

import type { PluginSchema } from '../config/metaschema.ts';
import type { Field } from '../config/schema.ts';
import type { Exchange } from '../proxy/exchange.ts';
import { KNOWN_FUNCTIONS, type KnownFunction, knownFunction } from './lua-functions.ts';
import type { PluginHandler } from './plugin.ts';
import type { PluginConfig } from './plugin-config.ts';

const PHASES = ['certificate', 'rewrite', 'access', 'header_filter', 'body_filter', 'log'];

const functions = (phase: string): Field => ({
  type: 'array',
  required: true,
  default: [],
  elements: { type: 'string', custom: (lua: string) => refusal(phase, lua) },
});

const schema = (name: string): PluginSchema => ({
  name,
  fields: [
    { consumer: { type: 'foreign', eq: null } },
    {
      config: {
        type: 'record',
        required: true,
        fields: PHASES.map((phase) => ({ [phase]: functions(phase) })),
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
    access: (exchange, config) => runPhase('access', exchange, config),
    header_filter: (exchange, config) => runPhase('header_filter', exchange, config),
    body_filter: (exchange, config, chunk, last) => {
      const bodies = functionsOf('body_filter', config).flatMap((known) => {
        return ('body' in known && known.body(exchange)) || [];
      });
      const replacement = bodies.at(-1);
      if (replacement === undefined) return chunk;
      return last ? replacement : Buffer.alloc(0);
    },
  };
}

function runPhase(phase: 'access' | 'header_filter', exchange: Exchange, config: PluginConfig): void {
  for (const known of functionsOf(phase, config)) if ('run' in known) known.run(exchange);
}

function functionsOf(phase: KnownFunction['phase'], config: PluginConfig): KnownFunction[] {
  const texts = config.values()[phase] as readonly string[];
  return texts.flatMap((lua) => knownFunction(lua) ?? []);
}

function refusal(phase: string, lua: string): string | undefined {
  const known = knownFunction(lua);
  if (known?.phase === phase) return undefined;
  if (known !== undefined) return `this function belongs into '${known.phase}'`;
  const first = lua.trim().split('\n')[0] ?? '';
  return `the embedded gateway runs no Lua; it knows ${KNOWN_FUNCTIONS.length} functions by their text, and none begins with "${first}"`;
}
