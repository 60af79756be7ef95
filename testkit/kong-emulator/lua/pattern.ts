/** Lua patterns, in which Kong's schema validators (`match`, `match_none`, …) are written, as Lua matches them. */

import { push, text } from './convert.ts';
import { lauxlib, lua, lualib, name } from './fengari.ts';

const L = lauxlib.luaL_newstate();
lauxlib.luaL_requiref(L, name('string'), lualib.luaopen_string, true);
push(L, 'find');
lua.lua_rawget(L, -2);
const find = lua.lua_toproxy(L, -1);
lua.lua_settop(L, 0);

/**
 * Whether a text has a match.
 *
 * @throws {Error} for a pattern that Lua refuses; Lua looks at it as far as the text leads
 */
export function matchesPattern(subject: string, pattern: string): boolean {
  find(L);
  push(L, subject);
  push(L, pattern);
  const status = lua.lua_pcall(L, 2, 1, 0);
  const found = lua.lua_toboolean(L, -1);
  const why = status === lua.LUA_OK ? undefined : text(L, -1);
  lua.lua_settop(L, 0);
  if (why !== undefined) throw new Error(`${why} in "${pattern}"`);
  return found;
}
