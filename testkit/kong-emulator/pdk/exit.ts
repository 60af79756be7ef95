/** How a plugin answers the client itself: `kong.response.exit` and `kong.response.error`. */

import { isLuaString, isLuaTable, LuaError, type LuaValue, luaBytes, luaToString } from '../lua/value.ts';
import type { Exchange } from '../proxy/exchange.ts';
import { errorBody, errorMessage, errorType } from '../proxy/kong-errors.ts';
import { headersArg } from './method.ts';

/** Thrown to leave a phase when the answer stands: the plugin's code after it never runs. */
export class PhaseEnded extends Error {
  override readonly name = 'PhaseEnded';
}

/**
 * Answers the client. In `access` the answer waits until the phase is over, and later plugins do not run.
 *
 * @throws {PhaseEnded} always, unless an argument is wrong: then {LuaError}
 */
export function exit(exchange: Exchange, status: LuaValue, body: LuaValue, headers: LuaValue): never {
  const code = checkStatus(exchange, status, 100);
  if (body !== undefined && body !== null && !isLuaString(body) && !isLuaTable(body)) {
    throw new LuaError('body must be a nil, string or table');
  }
  checkHeaders(headers);
  return finish(exchange, code, body, headers);
}

/**
 * Answers with an error in the format that the client accepts.
 *
 * @throws {PhaseEnded} always, unless an argument is wrong: then {LuaError}
 */
export function error(exchange: Exchange, status: LuaValue, message?: LuaValue, headers?: LuaValue): never {
  const code = checkStatus(exchange, status, 400);
  const text = isLuaTable(message) ? luaJson(message) : message;
  if (text !== undefined && text !== null && !isLuaString(text)) {
    throw new LuaError('message must be a nil, a string or a table');
  }
  checkHeaders(headers);
  const given = isLuaTable(headers) ? Object.entries(headers) : [];
  const named = given.find(([name]) => name === 'Content-Type')?.[1];
  const first = Array.isArray(named) ? named[0] : named;
  const type =
    first === undefined ? errorType(exchange.request.headers.all('accept').join(',')) : luaToString(first);
  const body = errorBody(
    type,
    text === undefined || text === null ? errorMessage(code) : luaToString(text),
    exchange.id,
  );
  return finish(exchange, code, body, { ...Object.fromEntries(given), 'Content-Type': type });
}

/** Puts the answer into the response; Content-Length follows the body unless the headers name it. */
export function send(exchange: Exchange, status: number, body: LuaValue, headers: LuaValue): void {
  const { response } = exchange;
  response.status = status;
  const given = headers === undefined || headers === null ? [] : headersArg(headers);
  for (const { name, values } of given) {
    if (isTransferEncoding(name))
      exchange.worker.log.write('warn', 'manually setting Transfer-Encoding. Ignored.');
    else response.headers.set(name, values);
  }
  const names = (wanted: string): boolean =>
    given.some(({ name }) => name.toLowerCase().replaceAll('_', '-') === wanted);
  const table = isLuaTable(body);
  const bytes = table ? Buffer.from(luaJson(body)) : isLuaString(body) ? luaBytes(body) : undefined;
  if (table && !names('content-type'))
    response.headers.set('Content-Type', 'application/json; charset=utf-8');
  if (!names('content-length')) response.headers.set('Content-Length', String(bytes?.length ?? 0));
  if (exchange.phase === 'header_filter') exchange.filteredBody = bytes ?? Buffer.alloc(0);
  else exchange.localBody = bytes;
}

/** Whether a name is one that Kong refuses to set. */
export function isTransferEncoding(name: string): boolean {
  return name.toLowerCase().replaceAll('_', '-') === 'transfer-encoding';
}

/** JSON as Kong's encoder writes Lua tables: an empty list is an empty table, and that is `{}`. */
function luaJson(value: LuaValue): string {
  if (value === undefined || value === null) return 'null';
  if (isLuaString(value)) return JSON.stringify(luaToString(value));
  if (Array.isArray(value)) return value.length === 0 ? '{}' : `[${value.map(luaJson).join(',')}]`;
  if (!isLuaTable(value)) return JSON.stringify(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined && member !== null);
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${luaJson(member)}`).join(',')}}`;
}

function finish(exchange: Exchange, status: number, body: LuaValue, headers: LuaValue): never {
  exchange.exited = true;
  if (exchange.delaying && exchange.delayed === undefined) exchange.delayed = { status, body, headers };
  else send(exchange, status, body, headers);
  throw new PhaseEnded();
}

function checkStatus(exchange: Exchange, status: LuaValue, lowest: number): number {
  if (exchange.headersSent) throw new LuaError('headers have already been sent');
  if (typeof status !== 'number') throw new LuaError('code must be a number');
  if (status < lowest || status > 599) throw new LuaError(`code must be a number between ${lowest} and 599`);
  return status;
}

function checkHeaders(headers: LuaValue): void {
  if (headers === undefined || headers === null) return;
  if (!isLuaTable(headers)) throw new LuaError('headers must be a nil or table');
  headersArg(headers);
}
