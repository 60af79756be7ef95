/**
 * The batch hook: Lua for Kong's bundled `pre-function` plugin, which answers in one round trip what the plugins would
 * otherwise ask in many. Each costs Kong's worker and the plugin server a wake-up, and they come strictly one by one.
 *
 * A plugin server can call whatever function it finds under `kong`, so the Lua puts four of its own there, once for
 * each worker, and tells every request that they are there. Without it everything works as well, but slower.
 */
import { BATCH_HOOK_LUA } from './lua/lua-files.ts';

/**
 * Key in `kong.ctx.shared`, and what stands there: another value is another version of the functions. A worker keeps the
 * functions that it got first, also when its configuration has newer Lua, so they say themselves which they are.
 */
export const BATCH_HOOK = { key: 'crowdstrike_aidr_batch_hook', value: '3' } as const;

export interface BatchHookPlugin {
  name: 'pre-function';
  config: { access: string[] };
}

export const BATCH_HOOK_PLUGIN: BatchHookPlugin = {
  name: 'pre-function',
  config: { access: [BATCH_HOOK_LUA] },
};
