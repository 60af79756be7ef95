/**
 * The Lua functions that the gateway knows by their text, each done here as the Lua does it. The gateway runs no Lua:
 * what is not in this list is refused when the configuration is loaded.
 */

import { GUARD_ACCESS_LUA, GUARD_HEADER_FILTER_LUA, MARKS } from '../../../src/config/guard-plugin.ts';
import type { LuaValue } from '../lua/value.ts';
import { exit } from '../pdk/exit.ts';
import type { Exchange } from '../proxy/exchange.ts';

export interface KnownFunction {
  /** The phase in which the function makes sense, and the only one in which it is accepted. */
  readonly phase: 'access' | 'header_filter';
  readonly lua: string;
  readonly run: (exchange: Exchange) => void;
}

const REFUSAL_HEADERS = { 'Content-Type': 'application/json', 'Retry-After': '1' };

export const KNOWN_FUNCTIONS: readonly KnownFunction[] = [
  { phase: 'access', lua: GUARD_ACCESS_LUA, run: guardPrompt },
  { phase: 'header_filter', lua: GUARD_HEADER_FILTER_LUA, run: guardAnswer },
];

/** The function with a text, white space around it aside. */
export function knownFunction(lua: string): KnownFunction | undefined {
  return KNOWN_FUNCTIONS.find((known) => known.lua.trim() === lua.trim());
}

function guardPrompt(exchange: Exchange): void {
  exchange.shared.set(MARKS.guard, '1');
  if (truthy(exchange.shared.get(MARKS.request))) return;
  exit(exchange, 503, refusalBody(GUARD_ACCESS_LUA), REFUSAL_HEADERS);
}

function guardAnswer(exchange: Exchange): void {
  if (exchange.source !== 'service' || truthy(exchange.shared.get(MARKS.response))) return;
  exchange.response.headers.delete('Content-Encoding');
  exit(exchange, 503, refusalBody(GUARD_HEADER_FILTER_LUA), REFUSAL_HEADERS);
}

/** The body as the Lua spells it: the only literal in single quotes. */
function refusalBody(lua: string): string {
  return /'([^']*)'/.exec(lua)?.[1] ?? '';
}

function truthy(value: LuaValue): boolean {
  return value !== undefined && value !== null && value !== false;
}
