/**
 * The Lua of one worker: one state for all functions of its configuration, as in Kong.
 *
 * A function that may wait (in access, or called by a plugin server) runs as a coroutine and is suspended meanwhile;
 * `kong.response.exit` suspends it for good, as in Kong. A filter runs at once.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LOG } from '../pdk/context.ts';
import { PhaseEnded } from '../pdk/exit.ts';
import { type PdkMethod, runMethod } from '../pdk/method.ts';
import type { Exchange } from '../proxy/exchange.ts';
import { hold, push, read, text } from './convert.ts';
import { type LuaCFunction, type LuaProxy, type LuaState, lauxlib, lua, lualib, name } from './fengari.ts';
import { isLuaName, LUA_METHODS, luaNumber, SHARED_LISTS, STORES, type Store } from './names.ts';
import { checkLua, LIBRARY } from './subset.ts';
import { LuaError, type LuaObject, LuaResults, type LuaValue } from './value.ts';

const SANDBOX = readFileSync(join(import.meta.dirname, 'sandbox.lua'));

/** A function of a state: pushes itself. */
export type LuaFunction = LuaProxy;

export class LuaRuntime {
  readonly #state = newState();
  readonly #environment: LuaFunction;
  readonly #kong: LuaProxy;
  readonly #found = new Map<string, LuaFunction>();
  /** On whose behalf Lua runs at this moment. */
  #exchange: Exchange | undefined;
  /** Why the running coroutine was suspended: by an exit, or until a promise settles. */
  #suspended: 'exit' | Promise<LuaValue | LuaResults> | undefined;
  #settled: { value: LuaValue | LuaResults } | { error: unknown } | undefined;

  constructor() {
    const L = this.#state;
    load(L, SANDBOX, name('=sandbox'));
    push(L, LIBRARY);
    this.#pushMethods();
    this.#pushStores();
    lua.lua_pushcfunction(L, toNumber);
    succeed(L, lua.lua_pcall(L, 5, 2, 0));
    this.#kong = take(L);
    this.#environment = take(L);
  }

  /**
   * Compiles a function's text. Its globals are its own, and stay from call to call.
   *
   * @throws {Error} for what is outside the subset
   */
  compile(code: string): LuaFunction {
    const L = this.#state;
    load(L, Buffer.from(checkLua(code, isLuaName).runnable), Buffer.from(code));
    this.#environment(L);
    succeed(L, lua.lua_pcall(L, 0, 1, 0));
    lua.lua_setupvalue(L, -2, 1);
    return take(L);
  }

  /**
   * Runs a text outside of any request, as Kong loads a module.
   *
   * @returns its first result
   */
  evaluate(code: string): LuaValue {
    return this.#callNow(this.compile(code), []);
  }

  /** What stands in a table, functions and tables as what they are. */
  fields(table: LuaObject): { readonly [name: string]: LuaValue } {
    const L = this.#state;
    const top = lua.lua_gettop(L);
    const fields: [string, LuaValue][] = [];
    table.push(L);
    lua.lua_pushnil(L);
    while (lua.lua_next(L, top + 1) !== 0) {
      fields.push([text(L, -2), hold(L, -1, L)]);
      lua.lua_pop(L, 1);
    }
    lua.lua_settop(L, top);
    return Object.fromEntries(fields);
  }

  /** A function that some Lua put somewhere under `kong`; it stays the one that was found first, as in Kong. */
  find(path: string): LuaFunction | undefined {
    const known = this.#found.get(path);
    if (known !== undefined) return known;
    const L = this.#state;
    const top = lua.lua_gettop(L);
    this.#kong(L);
    const [, ...fields] = path.split('.');
    const isThere = fields.every((field) => {
      if (lua.lua_type(L, -1) !== lua.LUA_TTABLE) return false;
      push(L, field);
      lua.lua_rawget(L, -2);
      return true;
    });
    const found = isThere && lua.lua_type(L, -1) === lua.LUA_TFUNCTION ? lua.lua_toproxy(L, -1) : undefined;
    lua.lua_settop(L, top);
    if (found !== undefined) this.#found.set(path, found);
    return found;
  }

  /**
   * Calls a function that may wait.
   *
   * @returns its first result
   * @throws {PhaseEnded} when it answered the client
   * @throws {LuaError} when it failed
   */
  async call(called: LuaFunction, exchange: Exchange, args: readonly LuaValue[] = []): Promise<LuaValue> {
    const coroutine = lua.lua_newthread(this.#state);
    lua.lua_pop(this.#state, 1);
    called(coroutine);
    for (const argument of args) push(coroutine, argument);
    for (let count = args.length; ; count = 0) {
      const status = this.#running(exchange, () => lua.lua_resume(coroutine, this.#state, count));
      if (status === lua.LUA_OK)
        return lua.lua_gettop(coroutine) === 0 ? undefined : hold(coroutine, 1, this.#state);
      if (status !== lua.LUA_YIELD) throw new LuaError(text(coroutine, -1));
      const suspended = this.#suspended;
      this.#suspended = undefined;
      if (suspended === 'exit') throw new PhaseEnded();
      // A function that yields by itself is never resumed.
      if (suspended === undefined) return undefined;
      const settled = await suspended.then(
        (value) => ({ value }),
        (error: unknown) => ({ error }),
      );
      this.#settled = settled;
    }
  }

  /**
   * Calls a function that must not wait.
   *
   * @returns its first result
   * @throws {LuaError} when it failed
   */
  callNow(called: LuaFunction, exchange: Exchange, args: readonly LuaValue[] = []): LuaValue {
    return this.#running(exchange, () => this.#callNow(called, args));
  }

  #callNow(called: LuaFunction, args: readonly LuaValue[]): LuaValue {
    const L = this.#state;
    called(L);
    for (const argument of args) push(L, argument);
    succeed(L, lua.lua_pcall(L, args.length, 1, 0));
    const result = hold(L, -1, L);
    lua.lua_pop(L, 1);
    return result;
  }

  #running<Result>(exchange: Exchange, run: () => Result): Result {
    this.#exchange = exchange;
    try {
      return run();
    } finally {
      this.#exchange = undefined;
    }
  }

  /** Two values: the table `kong`, and what calling `kong.log` itself does. */
  #pushMethods(): void {
    const L = this.#state;
    lua.lua_newtable(L);
    const kong = lua.lua_gettop(L);
    for (const [path, method] of Object.entries(LUA_METHODS)) {
      if (path === 'kong.log') continue;
      const [, ...places] = path.split('.');
      const last = places.pop() ?? '';
      lua.lua_pushvalue(L, kong);
      for (const place of places) enter(L, place);
      push(L, last);
      lua.lua_pushcfunction(L, this.#pdkFunction(method));
      lua.lua_rawset(L, -3);
      lua.lua_settop(L, kong);
    }
    lua.lua_pushcfunction(L, this.#pdkFunction(LOG));
  }

  #pushStores(): void {
    const L = this.#state;
    lua.lua_newtable(L);
    for (const [field, store] of Object.entries(STORES)) {
      push(L, field);
      this.#pushStore(store);
      lua.lua_rawset(L, -3);
    }
    push(L, 'lists');
    this.#pushSharedLists();
    lua.lua_rawset(L, -3);
    push(L, 'now');
    lua.lua_pushcfunction(L, (caller) => give(caller, Date.now() / 1000));
    lua.lua_rawset(L, -3);
  }

  /** A list of three functions: get, set, all. */
  #pushStore(store: Store): void {
    const L = this.#state;
    const key = (caller: LuaState) => text(caller, 1);
    const functions: LuaCFunction[] = [
      (caller) => this.#answer(caller, (exchange) => store.get(exchange, key(caller))),
      (caller) =>
        this.#answer(caller, (exchange) => {
          store.set(exchange, key(caller), hold(caller, 2, this.#state));
          return undefined;
        }),
      (caller) => this.#answer(caller, (exchange) => Object.fromEntries(store.all(exchange))),
    ];
    lua.lua_newtable(L);
    functions.forEach((each, index) => {
      lua.lua_pushcfunction(L, each);
      lua.lua_rawseti(L, -2, index + 1);
    });
  }

  /** Methods of a table: called with it before their arguments. */
  #pushSharedLists(): void {
    const L = this.#state;
    lua.lua_newtable(L);
    for (const [field, run] of Object.entries(SHARED_LISTS)) {
      push(L, field);
      lua.lua_pushcfunction(L, (caller) =>
        this.#answer(caller, (exchange) => run(exchange, text(caller, 2), read(caller, 3))),
      );
      lua.lua_rawset(L, -3);
    }
  }

  #pdkFunction(method: PdkMethod): LuaCFunction {
    return (L) =>
      this.#answer(L, (exchange) => {
        const args = Array.from({ length: lua.lua_gettop(L) }, (_, index) => read(L, index + 1));
        return runMethod(method, exchange, args);
      });
  }

  /** Runs the gateway's part of a call that Lua makes, and leaves its results, or its error, to Lua. */
  #answer(
    L: LuaState,
    run: (exchange: Exchange) => LuaValue | LuaResults | Promise<LuaValue | LuaResults>,
  ): number {
    let result: ReturnType<typeof run>;
    try {
      if (this.#exchange === undefined) throw new LuaError('there is no request here');
      result = run(this.#exchange);
    } catch (thrown) {
      return thrown instanceof PhaseEnded ? this.#exit(L) : fail(L, thrown);
    }
    return result instanceof Promise ? this.#wait(L, result) : give(L, result);
  }

  /** Kong's function never returns in access; among nginx's filters it returns, and the code goes on. */
  #exit(L: LuaState): number {
    if (this.#exchange?.phase === 'header_filter') return 0;
    this.#suspended = 'exit';
    return lua.lua_yieldk(L, 0, 0, () => 0);
  }

  #wait(L: LuaState, promise: Promise<LuaValue | LuaResults>): number {
    if (!lua.lua_isyieldable(L)) return fail(L, new LuaError('API disabled in the current context'));
    this.#suspended = promise;
    return lua.lua_yieldk(L, 0, 0, (resumed) => {
      const settled = this.#settled ?? { error: new Error('resumed for no reason') };
      this.#settled = undefined;
      return 'error' in settled ? fail(resumed, settled.error) : give(resumed, settled.value);
    });
  }
}

function toNumber(L: LuaState): number {
  let value: LuaValue;
  try {
    value = luaNumber(read(L, 1), read(L, 2));
  } catch (thrown) {
    return fail(L, thrown);
  }
  return give(L, value);
}

function newState(): LuaState {
  const L = lauxlib.luaL_newstate();
  const libraries = {
    _G: lualib.luaopen_base,
    coroutine: lualib.luaopen_coroutine,
    math: lualib.luaopen_math,
    os: lualib.luaopen_os,
    string: lualib.luaopen_string,
    table: lualib.luaopen_table,
  };
  for (const [library, open] of Object.entries(libraries)) {
    lauxlib.luaL_requiref(L, name(library), open, true);
    lua.lua_pop(L, 1);
  }
  return L;
}

/** Pushes the table in a field of the table on top, and makes it where there is none. */
function enter(L: LuaState, field: string): void {
  push(L, field);
  if (lua.lua_rawget(L, -2) === lua.LUA_TTABLE) return;
  lua.lua_pop(L, 1);
  lua.lua_newtable(L);
  push(L, field);
  lua.lua_pushvalue(L, -2);
  lua.lua_rawset(L, -4);
}

function load(L: LuaState, code: Uint8Array, chunkName: Uint8Array): void {
  succeed(L, lauxlib.luaL_loadbufferx(L, code, code.length, chunkName, name('t')));
}

/** @throws {LuaError} with what Lua says went wrong */
function succeed(L: LuaState, status: number): void {
  if (status === lua.LUA_OK) return;
  const why = text(L, -1);
  lua.lua_pop(L, 1);
  throw new LuaError(why);
}

/** Takes the value on top of the stack off it. */
function take(L: LuaState): LuaProxy {
  const value = lua.lua_toproxy(L, -1);
  lua.lua_pop(L, 1);
  return value;
}

function give(L: LuaState, result: LuaValue | LuaResults): number {
  const values = result instanceof LuaResults ? result.values : [result];
  for (const value of values) push(L, value);
  return values.length;
}

/** Raises a Lua error that names the line of the caller. */
function fail(L: LuaState, thrown: unknown): number {
  lauxlib.luaL_where(L, 1);
  push(L, thrown instanceof Error ? thrown.message : String(thrown));
  lua.lua_concat(L, 2);
  return lua.lua_error(L);
}
