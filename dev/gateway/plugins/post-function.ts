/** Kong's bundled `post-function`, for functions that the gateway knows. */

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

const SCHEMA: PluginSchema = {
  name: 'post-function',
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
};

export const postFunction: PluginHandler = {
  name: 'post-function',
  priority: -1000,
  version: '3.9.1',
  schema: SCHEMA,
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
