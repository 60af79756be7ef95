/** Values between the gateway and a Lua state. */

import { type LuaProxy, type LuaState, lauxlib, lua } from './fengari.ts';
import {
  Binary,
  isLuaString,
  LuaError,
  LuaObject,
  type LuaValue,
  luaBytes,
  luaString,
  Packed,
} from './value.ts';

/** Tables that hold themselves have no end. */
const MAX_DEPTH = 64;
/** Places on Lua's stack that one level of a table takes, at most. */
const SLOTS = 8;

/** Pushes a value; what is `null` or `undefined` becomes nil. */
export function push(L: LuaState, value: LuaValue): void {
  if (value === null || value === undefined) lua.lua_pushnil(L);
  else if (typeof value === 'boolean') lua.lua_pushboolean(L, value);
  // A whole number too: Kong's Lua has one kind of number, and fengari's other kind has 32 bits.
  else if (typeof value === 'number') lua.lua_pushnumber(L, value);
  else if (isLuaString(value)) pushBytes(L, luaBytes(value));
  else if (value instanceof Binary || value instanceof Packed) pushBytes(L, value.bytes);
  else if (value instanceof LuaObject) value.push(L);
  else pushTable(L, value as readonly LuaValue[] | { readonly [key: string]: LuaValue });
}

function pushBytes(L: LuaState, bytes: Uint8Array): void {
  lua.lua_pushlstring(L, bytes, bytes.length);
}

function pushTable(L: LuaState, table: readonly LuaValue[] | { readonly [key: string]: LuaValue }): void {
  lua.lua_checkstack(L, SLOTS);
  lua.lua_newtable(L);
  if (Array.isArray(table)) {
    table.forEach((value: LuaValue, index) => {
      push(L, value);
      lua.lua_rawseti(L, -2, index + 1);
    });
    return;
  }
  for (const [key, value] of Object.entries(table)) {
    push(L, key);
    push(L, value);
    lua.lua_rawset(L, -3);
  }
}

/**
 * The value at an index of the stack, copied. A function in a table writes its own MessagePack, as in Kong.
 *
 * @throws {LuaError} for what Kong cannot send to a plugin server either
 */
export function read(L: LuaState, index: number, depth = 0): LuaValue {
  switch (lua.lua_type(L, index)) {
    case lua.LUA_TNONE:
    case lua.LUA_TNIL:
      return undefined;
    case lua.LUA_TBOOLEAN:
      return lua.lua_toboolean(L, index);
    case lua.LUA_TNUMBER:
      return lua.lua_tonumber(L, index);
    case lua.LUA_TSTRING:
      return luaString(bytesAt(L, index));
    case lua.LUA_TTABLE:
      return readTable(L, absolute(L, index), depth + 1);
    case lua.LUA_TFUNCTION:
      return packed(L, absolute(L, index));
    default:
      throw new LuaError(`cannot hand out a ${text(L, index)}`);
  }
}

/**
 * As `read`, but tables and functions stay what they are, in the state where they are.
 *
 * @param main of that state: a coroutine may have ended when the value is looked at
 */
export function hold(L: LuaState, index: number, main: LuaState): LuaValue {
  const type = lua.lua_type(L, index);
  const isPlain = [lua.LUA_TNIL, lua.LUA_TBOOLEAN, lua.LUA_TNUMBER, lua.LUA_TSTRING].some((t) => t === type);
  if (isPlain) return read(L, index);
  return new LuaObject(lua.lua_toproxy(L, index), type === lua.LUA_TFUNCTION, (proxy) =>
    readProxy(main, proxy),
  );
}

/** What Lua's `tostring` gives. */
export function text(L: LuaState, index: number): string {
  lua.lua_checkstack(L, SLOTS);
  const bytes = Buffer.from(lauxlib.luaL_tolstring(L, index));
  lua.lua_pop(L, 1);
  return bytes.toString('utf8');
}

function readProxy(L: LuaState, proxy: LuaProxy): LuaValue {
  const top = lua.lua_gettop(L);
  proxy(L);
  try {
    return read(L, -1);
  } finally {
    lua.lua_settop(L, top);
  }
}

function bytesAt(L: LuaState, index: number): Uint8Array {
  return lua.lua_tostring(L, index) ?? new Uint8Array();
}

function absolute(L: LuaState, index: number): number {
  return index < 0 ? lua.lua_gettop(L) + index + 1 : index;
}

/** As Kong's MessagePack tells lists from maps: a list has the keys 1 to n, and an empty table is one. */
function readTable(L: LuaState, index: number, depth: number): LuaValue {
  if (depth > MAX_DEPTH) throw new LuaError('a table is too deep');
  lua.lua_checkstack(L, SLOTS);
  const entries: [string | number, LuaValue][] = [];
  lua.lua_pushnil(L);
  while (lua.lua_next(L, index) !== 0) {
    entries.push([keyAt(L, -2), read(L, -1, depth)]);
    lua.lua_pop(L, 1);
  }
  const isList = entries.every(([key]) => typeof key === 'number' && Number.isInteger(key) && key >= 1);
  const longest = isList ? entries.reduce((max, [key]) => Math.max(max, Number(key)), 0) : -1;
  if (longest !== entries.length) return Object.fromEntries(entries);
  return entries.sort(([one], [other]) => Number(one) - Number(other)).map(([, value]) => value);
}

function keyAt(L: LuaState, index: number): string | number {
  const type = lua.lua_type(L, index);
  if (type === lua.LUA_TNUMBER) return lua.lua_tonumber(L, index);
  if (type === lua.LUA_TSTRING) return Buffer.from(bytesAt(L, index)).toString('utf8');
  throw new LuaError('a table has a key that is neither a number nor a string');
}

/** What a function writes into the packer's buffer. */
function packed(L: LuaState, index: number): Packed {
  lua.lua_pushvalue(L, index);
  lua.lua_newtable(L);
  lua.lua_pushvalue(L, -1);
  const buffer = lua.lua_toproxy(L, -1);
  lua.lua_pop(L, 1);
  if (lua.lua_pcall(L, 1, 0, 0) !== lua.LUA_OK) {
    const why = text(L, -1);
    lua.lua_pop(L, 1);
    throw new LuaError(why);
  }
  const parts: Buffer[] = [];
  buffer(L);
  for (let part = 1; part <= lua.lua_rawlen(L, -1); part++) {
    lua.lua_rawgeti(L, -1, part);
    parts.push(Buffer.from(bytesAt(L, -1)));
    lua.lua_pop(L, 1);
  }
  lua.lua_pop(L, 1);
  return new Packed(Buffer.concat(parts));
}
