/** What a log plugin gets: `kong.log.serialize()`, with the values that plugins set. */

import { fromWire, isLuaTable, type LuaValue } from '../lua/value.ts';
import { multiMap } from '../pdk/request.ts';
import type { Exchange } from './exchange.ts';
import type { HeaderList } from './header-list.ts';

/** A log record: Kong's fields, and whatever plugins added. */
export type SerializedRecord = { [name: string]: LuaValue };

/**
 * The record of a finished exchange.
 *
 * @throws {Error} when a plugin's key runs through a value that is no table, as in Kong
 */
export function serialize(exchange: Exchange, bytesSent: number): SerializedRecord {
  const { request, response, worker, credential } = exchange;
  const now = Date.now();
  const record: SerializedRecord = {
    request: {
      id: exchange.id,
      uri: fromWire(request.uri),
      url: fromWire(`http://${exchange.host}:${worker.settings.port()}${request.uri}`),
      querystring: Object.fromEntries(new URLSearchParams(request.args)),
      method: request.method,
      headers: visible(request.headers),
    },
    upstream_uri: exchange.upstream?.path ?? '',
    upstream_status: exchange.upstreamStatus === undefined ? '' : String(exchange.upstreamStatus),
    response: { status: response.status, headers: multiMap(response.headers.grouped(100)), size: bytesSent },
    latencies: latencies(exchange, now),
    authenticated_entity: credential === undefined ? undefined : { id: credential.id },
    route: exchange.route,
    service: exchange.service,
    consumer: exchange.consumer,
    client_ip: exchange.clientIp,
    started_at: exchange.startedAt,
    source: exchange.source === 'service' ? 'upstream' : 'kong',
    workspace_name: 'default',
  };
  for (const { key, value, mode } of exchange.serializeValues) setNested(record, key, value, mode);
  return record;
}

function visible(headers: HeaderList): { [name: string]: LuaValue } {
  const map = multiMap(headers.grouped(100));
  for (const secret of ['authorization', 'proxy-authorization']) {
    if (map[secret] !== undefined) map[secret] = 'REDACTED';
  }
  return map;
}

function latencies(exchange: Exchange, now: number): { [name: string]: LuaValue } {
  const { startedAt, proxyStartedAt, upstreamAnsweredAt } = exchange;
  const waited = proxyStartedAt !== undefined && upstreamAnsweredAt !== undefined;
  return {
    kong: (proxyStartedAt ?? now) - startedAt,
    proxy: waited ? upstreamAnsweredAt - proxyStartedAt : -1,
    request: now - startedAt,
    receive: upstreamAnsweredAt === undefined ? 0 : now - upstreamAnsweredAt,
  };
}

/** Dots in a key lead into tables, which are made as needed, and copied: they may be the configuration's. */
function setNested(record: SerializedRecord, key: string, value: LuaValue, mode: string): void {
  const [last = '', ...path] = key.split('.').reverse();
  let node = record;
  for (const part of path.reverse()) {
    const next = node[part];
    if (next === undefined && mode === 'replace') return;
    if (next !== undefined && !isLuaTable(next)) {
      throw new Error(
        `The key '${key}' could not be used as a serialize value. Subkey '${part}' is not a table.`,
      );
    }
    const table = { ...(next as SerializedRecord | undefined) };
    node[part] = table;
    node = table;
  }
  const exists = node[last] !== undefined && node[last] !== null;
  if (mode === 'set' || (mode === 'add' && !exists) || (mode === 'replace' && exists)) node[last] = value;
}
