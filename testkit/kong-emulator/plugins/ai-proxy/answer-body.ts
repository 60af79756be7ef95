/** ai-proxy's body filter: puts a translated answer in place, and translates streams chunk by chunk. */

import { gunzipSync, gzipSync } from 'node:zlib';
import { LuaError } from '../../lua/value.ts';
import { serviceHeader, serviceStatus } from '../../pdk/response.ts';
import type { Exchange } from '../../proxy/exchange.ts';
import { driverOf } from './driver.ts';
import type { Settings } from './settings.ts';
import { type ProxyState, stateOf } from './state.ts';

const NOTHING = Buffer.alloc(0);
const NO_EVENTS = 'data: {"error": true, "message": "empty or unsupported transformer response"}';
/** Content types in which Kong looks for events line by line. */
const EVENT_TYPES = ['text/event-stream', 'application/stream+json', 'application/x-ndjson'];
/** Content types that Kong reads otherwise. */
const OTHER_TYPES = ['application/vnd.amazon.eventstream', 'application/json'];

/** @throws {LuaError} where Kong's filter fails: nginx then drops the connection */
export function filterBody(exchange: Exchange, settings: Settings, chunk: Buffer, last: boolean): Buffer {
  const state = stateOf(exchange);
  if (state === undefined) return chunk;
  if (state.ended) return NOTHING;
  // Whoever else answered meanwhile: a refusal made in a later header filter is replaced too.
  if (state.body !== undefined && !state.streams) return end(state, state.body);
  if (exchange.source !== 'service' || serviceStatus(exchange) !== 200 || state.preserves) return chunk;
  readEvents(exchange, state, chunk);
  if (state.events !== undefined) return last ? NOTHING : translated(state, settings);
  return chunk.length > 0 ? end(state, Buffer.from(NO_EVENTS)) : chunk;
}

function end(state: ProxyState, body: Buffer): Buffer {
  state.ended = true;
  return state.acceptsGzip ? gzipSync(body) : body;
}

/** What cannot be read leaves the events of the chunk before in place, and they go out again. */
function readEvents(exchange: Exchange, state: ProxyState, chunk: Buffer): void {
  const type = state.streamContentType?.split(';')[0] ?? '';
  if (chunk.length === 0) return;
  if (OTHER_TYPES.includes(type)) throw new LuaError(`no events in ${type}`);
  if (!EVENT_TYPES.includes(type)) return;
  const plain = serviceHeader(exchange, 'content-encoding') === 'gzip' ? unzipped(chunk) : chunk;
  if (plain !== undefined && plain.length > 0) state.events = state.frames.read(plain);
}

/** Each chunk for itself, so only one that holds the whole stream succeeds. */
function unzipped(chunk: Buffer): Buffer | undefined {
  try {
    return gunzipSync(chunk);
  } catch {
    return undefined;
  }
}

function translated(state: ProxyState, settings: Settings): Buffer {
  const driver = driverOf(settings);
  const frames = (state.events ?? []).map((event) => {
    const data = driver.event(event, settings, state);
    if (data === undefined) return '';
    return `data: ${data}${data === '[DONE]' ? '' : '\n\n'}`;
  });
  return Buffer.from(frames.join(''));
}
