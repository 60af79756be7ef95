/**
 * The batch hook: Lua for Kong's bundled `pre-function` plugin, which answers in one round trip what the plugins would
 * otherwise ask in many. Each question wakes Kong's worker and the plugin server, and Kong takes only one at a time.
 *
 * A plugin server can call any function under `kong`. So the Lua puts its functions there, once for each worker, and
 * leaves their version with every request. Without the batch hook everything works too, but slower.
 */
import { BATCH_HOOK_LUA } from './lua/lua-files.ts';

/**
 * The Lua leaves the version of its functions under this key of `kong.ctx.shared`. The plugins call only functions of this
 * version. A worker of Kong keeps the functions that it got first, even if its configuration has newer Lua by then, so the
 * functions say themselves which version they are. Raise it with every change of their arguments or results.
 */
export const BATCH_HOOK = { key: 'crowdstrike_aidr_batch_hook', value: '10' } as const;

/** Where Lua of builds before 0.1.0 left its version. */
export const OLDER_BATCH_HOOK_KEY = 'crowdstrike_aidr_shortcut';

export interface BatchHookPlugin {
  name: 'pre-function';
  config: { access: string[] };
}

export const BATCH_HOOK_PLUGIN: BatchHookPlugin = {
  name: 'pre-function',
  config: { access: [BATCH_HOOK_LUA] },
};
