/** The rest of the PDK: client, router, node, plugin, ctx, nginx, vault, ip, log. */

import { isReference } from '../config/schema.ts';
import type { LogLevel } from '../log.ts';
import {
  fromWire,
  isLuaString,
  LuaError,
  LuaObject,
  type LuaValue,
  luaToString,
  luaType,
} from '../lua/value.ts';
import type { Phase } from '../plugins/plugin.ts';
import type { Exchange } from '../proxy/exchange.ts';
import type { PdkMethod, PdkMethods } from './method.ts';
import { nginxVariable } from './nginx-variables.ts';

const AUTH_AND_LATER: readonly Phase[] = ['access', 'header_filter', 'response', 'body_filter', 'log'];

const LEVELS: Readonly<Record<string, LogLevel>> = {
  alert: 'alert',
  crit: 'crit',
  err: 'err',
  warn: 'warn',
  notice: 'notice',
  info: 'info',
  debug: 'debug',
  emerg: 'emerg',
};

const any = (run: PdkMethod['run']): PdkMethod => ({ run });
const later = (run: PdkMethod['run']): PdkMethod => ({ phases: AUTH_AND_LATER, run });

/** `kong.log` is a function, and the table of others. */
export const LOG = any((x, args) => write(x, 'notice', args));

export const CONTEXT_METHODS: PdkMethods = {
  'kong.client.get_ip': any((x) => x.peer.ip),
  'kong.client.get_forwarded_ip': any((x) => x.clientIp),
  'kong.client.get_port': any((x) => x.peer.port),
  'kong.client.get_forwarded_port': any((x) => x.peer.port),
  'kong.client.get_consumer': later((x) => nginxContext(x, 'authenticated_consumer')),
  // Tracing is off.
  'kong.tracing.active_span': later(() => undefined),
  'kong.client.get_credential': later((x) => nginxContext(x, 'authenticated_credential')),
  'kong.client.get_protocol': later((x) => {
    const protocols = x.route?.protocols ?? [];
    return protocols.length === 1 ? protocols[0] : x.route === undefined ? undefined : 'http';
  }),
  'kong.router.get_service': later((x) => x.service),
  'kong.router.get_route': later((x) => x.route),
  'kong.node.get_id': any((x) => x.worker.settings.nodeId),
  'kong.plugin.get_id': any((x) => x.plugin?.pluginId),
  'kong.ctx.shared.get': any((x, [key]) => copied(x.shared.get(tableKey(key)))),
  'kong.ctx.shared.set': any((x, [key, value]) => storeIn(x.shared, tableKey(key), value)),
  'kong.nginx.get_ctx': any((x, [key]) => copied(nginxContext(x, tableKey(key)))),
  'kong.nginx.set_ctx': any((x, [key, value]) => storeIn(x.ctx, tableKey(key), value)),
  'kong.nginx.get_var': any((x, [name]) => variable(x, name)),
  'kong.nginx.get_subsystem': any(() => 'http'),
  'kong.vault.get': any((x, [reference]) => {
    return isLuaString(reference)
      ? x.worker.configuration.vaults.get(luaToString(reference)).value
      : undefined;
  }),
  'kong.vault.is_reference': any((_, [reference]) => isReference(reference)),
  'kong.ip.is_trusted': any((x, [ip]) => x.worker.settings.isTrusted(luaToString(ip))),
  'kong.log': LOG,
  'kong.log.set_serialize_value': any((x, [key, value, options]) => serializeValue(x, key, value, options)),
  ...Object.fromEntries(
    Object.entries(LEVELS).map(([name, level]) => [
      `kong.log.${name}`,
      any((x, args) => write(x, level, args)),
    ]),
  ),
};

function tableKey(key: LuaValue): string {
  if (key === undefined || key === null) throw new LuaError('table index is nil');
  return luaToString(key);
}

export function storeIn(map: Map<string, LuaValue>, key: string, value: LuaValue): undefined {
  if (value === undefined || value === null) map.delete(key);
  else map.set(key, value);
}

/** A plugin server gets what a table holds, and not the table. */
function copied(value: LuaValue): LuaValue {
  return value instanceof LuaObject ? value.copy() : value;
}

/** What Kong itself keeps in `ngx.ctx` and plugins are known to read; the rest is what plugins wrote. */
export function nginxContext(exchange: Exchange, key: string): LuaValue {
  const own: Readonly<Record<string, LuaValue>> = {
    service: exchange.service,
    route: exchange.route,
    authenticated_consumer: exchange.consumer,
    authenticated_credential: exchange.credential,
    plugin_id: exchange.plugin?.pluginId,
    balancer_data: balancerData(exchange),
    KONG_PROXIED: exchange.proxied || undefined,
    KONG_RESPONSE_START: exchange.responseStartedAt,
  };
  return exchange.ctx.get(key) ?? own[key];
}

/** A copy: where the request goes is changed by the PDK's functions alone. */
function balancerData({ upstream }: Exchange): LuaValue {
  if (upstream === undefined) return undefined;
  const { scheme, host, port, retries, connectTimeout, readTimeout } = upstream;
  return { scheme, host, port, retries, connect_timeout: connectTimeout, read_timeout: readTimeout };
}

export function variable(exchange: Exchange, name: LuaValue): LuaValue {
  if (!isLuaString(name)) throw new LuaError(`bad variable name: string expected, got ${luaType(name)}`);
  const { known, value } = nginxVariable(exchange, luaToString(name).toLowerCase());
  if (!known) {
    const line = `the embedded gateway does not know the nginx variable '${luaToString(name)}'`;
    exchange.worker.log.write('err', line);
  }
  return value === undefined ? undefined : fromWire(value);
}

/** @throws {LuaError} for all but the one whose change the gateway follows */
export function setNginxVariable(exchange: Exchange, name: string, value: LuaValue): void {
  if (name !== 'upstream_upgrade') throw new LuaError(`the embedded gateway cannot change ngx.var.${name}`);
  exchange.upstreamUpgrade = luaToString(value);
}

function write(exchange: Exchange, level: LogLevel, args: readonly LuaValue[]): undefined {
  const plugin = exchange.plugin === undefined ? '' : `[${exchange.plugin.name}] `;
  exchange.worker.log.write(level, plugin + args.map(luaToString).join(''));
}

function serializeValue(exchange: Exchange, key: LuaValue, value: LuaValue, options: LuaValue): undefined {
  if (!isLuaString(key)) throw new LuaError('key must be a string');
  const mode = (options as { readonly mode?: LuaValue } | undefined)?.mode ?? 'set';
  if (mode !== 'set' && mode !== 'add' && mode !== 'replace') {
    throw new LuaError("mode must be 'set', 'add' or 'replace'");
  }
  exchange.serializeValues.push({ key: luaToString(key), value, mode });
}
