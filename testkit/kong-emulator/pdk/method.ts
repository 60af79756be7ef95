/** The shape of a PDK function, and the argument checks that Kong makes: a wrong argument is a Lua error. */

import {
  isLuaString,
  isLuaTable,
  LuaError,
  type LuaResults,
  type LuaValue,
  luaToString,
  luaType,
  toWire,
} from '../lua/value.ts';
import type { Phase } from '../plugins/plugin.ts';
import type { Exchange } from '../proxy/exchange.ts';

type PdkResult = LuaValue | LuaResults;

export interface PdkMethod {
  /** Phases in which Kong allows the call; all when absent. */
  readonly phases?: readonly Phase[];
  readonly run: (exchange: Exchange, args: readonly LuaValue[]) => PdkResult | Promise<PdkResult>;
}

/** @throws {LuaError} also in a phase in which Kong forbids the call */
export function runMethod(
  method: PdkMethod,
  exchange: Exchange,
  args: readonly LuaValue[],
): PdkResult | Promise<PdkResult> {
  if (method.phases !== undefined && !method.phases.includes(exchange.phase)) {
    const allowed = method.phases.join(', ');
    throw new LuaError(`function cannot be called in ${exchange.phase} phase (only in: ${allowed})`);
  }
  return method.run(exchange, args);
}

export type PdkMethods = Readonly<Record<string, PdkMethod>>;

/** From a request's phases on, except those where nginx has nothing of it. */
export const REQUEST: readonly Phase[] = [
  'access',
  'response',
  'header_filter',
  'body_filter',
  'log',
  'error',
];
export const ACCESS: readonly Phase[] = ['access'];
export const ANSWER: readonly Phase[] = ['response', 'header_filter', 'body_filter', 'log', 'error'];
export const SERVICE_ANSWER: readonly Phase[] = ['response', 'header_filter', 'body_filter', 'log'];
export const HEADERS: readonly Phase[] = ['access', 'response', 'header_filter', 'error'];
export const BEFORE_CONTENT: readonly Phase[] = ['access', 'response', 'error'];

/** A string argument as one character a byte. */
export function stringArg(value: LuaValue, what: string): string {
  if (!isLuaString(value)) throw new LuaError(`${what} must be a string`);
  return toWire(value);
}

/** A count argument of `get_headers` and `get_query`: 100 when absent, as in nginx. */
export function countArg(value: LuaValue, what: string): number {
  if (value === undefined || value === null) return 100;
  if (typeof value !== 'number') throw new LuaError(`${what} must be a number`);
  if (value < 1) throw new LuaError(`${what} must be >= 1`);
  if (value > 1000) throw new LuaError(`${what} must be <= 1000`);
  return value;
}

/** Checks a header and gives its lines; an empty value becomes a blank, as nginx needs it. */
export function headerArg(name: LuaValue, value: LuaValue): { name: string; values: string[] } {
  if (!isLuaString(name)) throw new LuaError(`invalid header name: got ${luaType(name)}, expected string`);
  const header = toWire(name);
  const lines = Array.isArray(value) ? value : [value];
  const values = lines.map((line) => headerLine(header, line, Array.isArray(value)));
  return { name: header, values };
}

function headerLine(name: string, value: LuaValue, inArray: boolean): string {
  if (isLuaString(value)) return toWire(value) || ' ';
  if (!inArray && (typeof value === 'number' || typeof value === 'boolean')) return luaToString(value);
  const where = inArray ? 'invalid header value in array' : 'invalid header value for';
  throw new LuaError(`${where} "${name}": got ${luaType(value)}, expected string`);
}

/** Checks a table of headers. */
export function headersArg(value: LuaValue): { name: string; values: string[] }[] {
  if (!isLuaTable(value)) throw new LuaError('headers must be a table');
  return Object.entries(value).map(([name, lines]) => headerArg(name, lines));
}
