/** The part of fengari that is used here: Lua's C API in JavaScript. */

declare module 'fengari' {
  /** A Lua state, or one of its coroutines. */
  export interface LuaState {
    readonly luaStateBrand: unique symbol;
  }
  /** Returns how many of the values on top of the stack are its results. */
  export type LuaCFunction = (L: LuaState) => number;
  /** Pushes the value that it stands for. */
  export type LuaProxy = (L: LuaState) => void;

  interface Lua {
    readonly LUA_OK: 0;
    readonly LUA_YIELD: 1;
    readonly LUA_TNONE: -1;
    readonly LUA_TNIL: 0;
    readonly LUA_TBOOLEAN: 1;
    readonly LUA_TNUMBER: 3;
    readonly LUA_TSTRING: 4;
    readonly LUA_TTABLE: 5;
    readonly LUA_TFUNCTION: 6;
    lua_checkstack(L: LuaState, places: number): boolean;
    lua_concat(L: LuaState, count: number): void;
    lua_error(L: LuaState): never;
    lua_gettop(L: LuaState): number;
    lua_isyieldable(L: LuaState): boolean;
    lua_newtable(L: LuaState): void;
    lua_newthread(L: LuaState): LuaState;
    lua_next(L: LuaState, index: number): number;
    lua_pcall(L: LuaState, args: number, results: number, handler: number): number;
    lua_pop(L: LuaState, count: number): void;
    lua_pushboolean(L: LuaState, value: boolean): void;
    lua_pushcfunction(L: LuaState, value: LuaCFunction): void;
    lua_pushlstring(L: LuaState, value: Uint8Array, length: number): void;
    lua_pushnil(L: LuaState): void;
    lua_pushnumber(L: LuaState, value: number): void;
    lua_pushvalue(L: LuaState, index: number): void;
    lua_rawget(L: LuaState, index: number): number;
    lua_rawgeti(L: LuaState, index: number, key: number): number;
    lua_rawlen(L: LuaState, index: number): number;
    lua_rawset(L: LuaState, index: number): void;
    lua_rawseti(L: LuaState, index: number, key: number): void;
    lua_resume(L: LuaState, from: LuaState | null, args: number): number;
    lua_settop(L: LuaState, index: number): void;
    lua_setupvalue(L: LuaState, index: number, upvalue: number): Uint8Array | null;
    lua_toboolean(L: LuaState, index: number): boolean;
    lua_tonumber(L: LuaState, index: number): number;
    lua_toproxy(L: LuaState, index: number): LuaProxy;
    lua_tostring(L: LuaState, index: number): Uint8Array | null;
    lua_type(L: LuaState, index: number): number;
    lua_yieldk(
      L: LuaState,
      results: number,
      context: number,
      continuation: (L: LuaState, status: number, context: number) => number,
    ): number;
  }

  interface LuaAuxiliary {
    luaL_loadbufferx(
      L: LuaState,
      source: Uint8Array,
      size: number,
      name: Uint8Array,
      mode: Uint8Array,
    ): number;
    luaL_newstate(): LuaState;
    luaL_requiref(L: LuaState, name: Uint8Array, open: LuaCFunction, isGlobal: boolean): void;
    luaL_where(L: LuaState, level: number): void;
    luaL_tolstring(L: LuaState, index: number): Uint8Array;
  }

  interface LuaLibraries {
    readonly luaopen_base: LuaCFunction;
    readonly luaopen_coroutine: LuaCFunction;
    readonly luaopen_math: LuaCFunction;
    readonly luaopen_os: LuaCFunction;
    readonly luaopen_string: LuaCFunction;
    readonly luaopen_table: LuaCFunction;
  }

  const fengari: {
    readonly lua: Lua;
    readonly lauxlib: LuaAuxiliary;
    readonly lualib: LuaLibraries;
    to_luastring(text: string): Uint8Array;
  };
  export default fengari;
}
