/** fengari, set up as close to Kong's Lua as it goes: it is Lua 5.3, where a number that is whole prints as `1.0`. */

process.env.FENGARICONF = JSON.stringify({ LUA_COMPAT_FLOATSTRING: true });
const { default: fengari } = await import('fengari');
// It is read once; whoever is started by this process needs no word of it.
delete process.env.FENGARICONF;

export type { LuaCFunction, LuaProxy, LuaState } from 'fengari';
export const { lauxlib, lua, lualib } = fengari;

const CACHED = new Map<string, Uint8Array>();

/** A name as a Lua string. For names of the code's own alone: each is kept. */
export function name(text: string): Uint8Array {
  let bytes = CACHED.get(text);
  if (bytes === undefined) {
    bytes = fengari.to_luastring(text);
    CACHED.set(text, bytes);
  }
  return bytes;
}
