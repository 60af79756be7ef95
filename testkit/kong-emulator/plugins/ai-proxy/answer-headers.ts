/** ai-proxy's header filter: a whole answer is translated here, while its length can still be announced. */

import { gunzipSync } from 'node:zlib';
import { isLuaString, LuaError, luaBytes } from '../../lua/value.ts';
import { serviceBody, serviceHeader, serviceStatus } from '../../pdk/response.ts';
import type { Exchange } from '../../proxy/exchange.ts';
import { driverOf } from './driver.ts';
import type { Settings } from './settings.ts';
import { markExecuted, type ProxyState, stateOf } from './state.ts';

/** @throws {LuaError} where Kong's filter fails: nginx then drops the connection */
export function filterHeaders(exchange: Exchange, settings: Settings): void {
  const state = stateOf(exchange);
  if (exchange.source !== 'service' || state === undefined) {
    exchange.response.headers.delete('Content-Encoding');
    return;
  }
  markExecuted(exchange, 'normalize-response-header');
  if (state.streams) announceStream(exchange, state);
  else announceEncoding(exchange, state);
  markExecuted(exchange, 'parse-json-response');
  if (!state.streams) state.body = plainBody(exchange);
  markExecuted(exchange, 'normalize-json-response');
  if (serviceStatus(exchange) === 200) translateAnswer(exchange, settings, state);
}

function announceStream(exchange: Exchange, state: ProxyState): void {
  const type = serviceHeader(exchange, 'content-type');
  if (type === undefined) throw new LuaError('value type mismatch: expecting string, got nil');
  state.streamContentType = type;
  exchange.response.headers.set('Content-Type', 'text/event-stream');
}

function announceEncoding(exchange: Exchange, state: ProxyState): void {
  const { headers } = exchange.response;
  if (state.acceptsGzip) {
    headers.delete('Content-Length');
    headers.set('Content-Encoding', 'gzip');
  } else headers.delete('Content-Encoding');
}

/** Goes by the upstream's own Content-Encoding, whatever a plugin has made of the answer's. */
function plainBody(exchange: Exchange): Buffer {
  const body = serviceBody(exchange);
  const bytes = isLuaString(body) ? luaBytes(body) : Buffer.alloc(0);
  if (serviceHeader(exchange, 'content-encoding') !== 'gzip') return bytes;
  try {
    return gunzipSync(bytes);
  } catch {
    throw new LuaError('value type mismatch: expecting string, got nil');
  }
}

function translateAnswer(exchange: Exchange, settings: Settings, state: ProxyState): void {
  const { headers } = exchange.response;
  const { provider } = settings.model;
  if (settings.model_name_header || exchange.request.headers.has('kong-debug')) {
    if (state.model === undefined) throw new LuaError('model name is missing');
    headers.set('X-Kong-LLM-Model', `${provider}/${state.model}`);
  }
  if (state.preserves || state.streams) return;
  const driver = driverOf(settings);
  for (const name of driver.cleared) headers.delete(name);
  try {
    state.body = Buffer.from(driver.answer(String(state.body ?? ''), settings.route_type));
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    const message = `transformation failed from type ${provider}://${settings.route_type}: ${why}`;
    exchange.response.status = 500;
    state.body = Buffer.from(JSON.stringify({ error: { message } }));
  }
  if (!state.acceptsGzip) headers.set('Content-Length', String(state.body.length));
}
