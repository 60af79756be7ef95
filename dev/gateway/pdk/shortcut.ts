/** What the shortcut's Lua adds to the PDK (src/config/shortcut-plugin.ts), done as the Lua does it. */

import { MARKS } from '../../../src/config/guard-plugin.ts';
import { Binary, isLuaString, isLuaTable, LuaError, type LuaValue, luaBytes } from '../lua/value.ts';
import type { Exchange } from '../proxy/exchange.ts';
import { CONTEXT_METHODS } from './context.ts';
import { type PdkMethods, runMethod } from './method.ts';
import { REQUEST_METHODS } from './request.ts';
import { RESPONSE_METHODS, SERVICE_RESPONSE_METHODS } from './response.ts';

const PDK: PdkMethods = {
  ...CONTEXT_METHODS,
  ...REQUEST_METHODS,
  ...RESPONSE_METHODS,
  ...SERVICE_RESPONSE_METHODS,
};

export const SHORTCUT_METHODS: PdkMethods = {
  'kong.ctx.crowdstrike_aidr.prompt': { run: (x, [max]) => prompt(x, max) },
  'kong.ctx.crowdstrike_aidr.answer': { run: (x) => answer(x) },
  'kong.ctx.crowdstrike_aidr.leave': {
    run: async (x, [key, mark, recordKey, record]) => {
      await call(x, 'kong.log.set_serialize_value', recordKey, record);
      await call(x, 'kong.ctx.shared.set', key, mark);
      return undefined;
    },
  },
};

async function call(exchange: Exchange, name: string, ...args: LuaValue[]): Promise<LuaValue> {
  const method = PDK[name];
  if (method === undefined) throw new LuaError(`attempt to call a nil value (${name})`);
  return runMethod(method, exchange, args);
}

async function prompt(x: Exchange, max: LuaValue): Promise<LuaValue> {
  const headers = decodable(await call(x, 'kong.request.get_headers', 1000));
  const announced = member(headers, 'content-length');
  const length = announced === undefined ? undefined : Number(announced);
  const isTooLarge = length !== undefined && length > Number(max);
  const body = isTooLarge ? undefined : await call(x, 'kong.request.get_raw_body', max);
  const consumer = await call(x, 'kong.client.get_consumer');
  return {
    headers,
    body: binary(body),
    problem: isTooLarge || body !== undefined ? undefined : 'request body file too big',
    path: await call(x, 'kong.request.get_path'),
    ip: await call(x, 'kong.client.get_forwarded_ip'),
    consumer: consumer && {
      username: member(consumer, 'username'),
      custom_id: member(consumer, 'custom_id'),
    },
    service: member(await call(x, 'kong.router.get_service'), 'name'),
  };
}

async function answer(x: Exchange): Promise<LuaValue> {
  return {
    body: binary(await call(x, 'kong.service.response.get_raw_body')),
    status: await call(x, 'kong.response.get_status'),
    headers: decodable(await call(x, 'kong.response.get_headers', 1000)),
    prompt_mark: await call(x, 'kong.ctx.shared.get', MARKS.request),
    guard_mark: await call(x, 'kong.ctx.shared.get', MARKS.guard),
  };
}

function decodable(headers: LuaValue): LuaValue {
  const entries = Object.entries(isLuaTable(headers) ? headers : {});
  return Object.fromEntries(
    entries.map(([name, value]) => [name === '__proto__' ? ':_proto__' : name, value]),
  );
}

function member(table: LuaValue, key: string): LuaValue {
  return isLuaTable(table) && !Array.isArray(table)
    ? (table as { readonly [key: string]: LuaValue })[key]
    : undefined;
}

function binary(body: LuaValue): LuaValue {
  return isLuaString(body) ? new Binary(luaBytes(body)) : undefined;
}
