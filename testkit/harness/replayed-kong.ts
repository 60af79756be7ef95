/**
 * One Kong worker that always gets the same request: drives a plugin server over Kong's RPC without any HTTP, for
 * benchmarks and for tests of the server alone.
 */

import { BATCH_HOOK } from '../../src/kong/batch-hook-plugin.ts';
import { MARKERS } from '../../src/kong/guard-plugin.ts';
import { Log } from '../kong-emulator/log.ts';
import { Binary, isLuaString, type LuaValue, luaBytes } from '../kong-emulator/lua/value.ts';
import { RpcClient } from '../kong-emulator/rpc/client.ts';
import { PluginRpc } from '../kong-emulator/rpc/plugin-rpc.ts';
import { ConnectionPool } from '../kong-emulator/rpc/pool.ts';

export interface ReplayedRequest {
  headers: Record<string, string>;
  body: Uint8Array;
  path?: string;
  /** The client's address, as Kong trusts it. */
  ip?: string;
  /** The upstream's answer, for the response phase. */
  answer?: { status: number; headers: Record<string, string>; body: Uint8Array };
}

/** How a phase ended, and every PDK call on the way. */
export interface ReplayedPhase {
  calls: string[];
  exit?: { status: number; body: string; headers: Record<string, string> };
  /** The body that the plugin put in place of the request's. */
  rewritten?: string;
  shared: Map<string, LuaValue>;
}

export interface ReplayedKong {
  /** @param shared values of earlier phases of the same request */
  run(phase: string, request: ReplayedRequest, shared?: Map<string, LuaValue>): Promise<ReplayedPhase>;
  readonly log: Log;
  close(): void;
}

const REQUEST_ID = '0123456789abcdef0123456789abcdef';

/** @param hasShortcut whether this Kong has the functions of the batch hook */
export function replayKong(
  plugin: string,
  socket: string,
  config: Record<string, unknown>,
  hasBatchHook = false,
): ReplayedKong {
  const log = new Log();
  const pool = new ConnectionPool(socket);
  const client = new RpcClient({ pool, log, timeoutMs: 60_000, onNotification: () => undefined });
  const rpc = new PluginRpc({ name: plugin, client, log, resetElsewhere: () => undefined });
  const instance = { pluginId: 'replayed', sequence: 1, toJson: () => JSON.stringify(config) };
  return {
    log,
    async run(phase, request, shared = new Map()) {
      if (hasBatchHook) shared.set(BATCH_HOOK.key, BATCH_HOOK.value);
      const done: ReplayedPhase = { calls: [], shared };
      const ended = new ExitSignal();
      const pdk = async (method: string, args: readonly LuaValue[]) => {
        done.calls.push(method);
        if (method === 'kong.response.exit') {
          done.exit = { status: Number(args[0]), body: text(args[1]), headers: headersOf(args[2]) };
          throw ended;
        }
        if (method === 'kong.service.request.set_raw_body') done.rewritten = text(args[0]);
        return answerOf(method, args, request, shared);
      };
      await rpc.handleEvent({ phase, config: instance, pdk }).catch((error: unknown) => {
        if (error !== ended) throw error;
      });
      return done;
    },
    close: () => pool.close(),
  };
}

/** Kong drops an event when the plugin exits. */
class ExitSignal extends Error {}

function headersOf(value: LuaValue): Record<string, string> {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return Object.fromEntries(entries.map(([name, header]) => [name, text(header)]));
}

function text(value: LuaValue): string {
  return isLuaString(value) ? luaBytes(value).toString('utf8') : '';
}

function factsOf(asked: (name: string) => LuaValue): Record<string, LuaValue> {
  return {
    headers: asked('kong.request.get_headers'),
    path: asked('kong.request.get_path'),
    ip: asked('kong.client.get_forwarded_ip'),
    service: 'openai-service',
    request_id: REQUEST_ID,
  };
}

function answerOf(
  method: string,
  [first, second]: readonly LuaValue[],
  request: ReplayedRequest,
  shared: Map<string, LuaValue>,
): LuaValue {
  const asked = (name: string) => answerOf(name, [], request, shared);
  switch (method) {
    case 'kong.request.get_headers':
      return { host: 'gateway.example', ...request.headers, 'content-length': String(request.body.length) };
    case 'kong.request.get_raw_body':
      return request.body;
    case 'kong.request.get_path':
      return request.path ?? '/openai/v1/chat/completions';
    case 'kong.client.get_forwarded_ip':
      return request.ip ?? '203.0.113.7';
    case 'kong.router.get_service':
      return { name: 'openai-service', host: 'api.openai.com', port: 443, protocol: 'https' };
    case 'kong.response.get_status':
      return request.answer?.status;
    case 'kong.response.get_headers':
      return request.answer?.headers;
    case 'kong.service.response.get_raw_body':
      return request.answer?.body;
    case 'kong.ctx.shared.get':
      return shared.get(text(first));
    case 'kong.ctx.shared.set':
      shared.set(text(first), second);
      return undefined;
    case 'kong.ctx.crowdstrike_aidr.prompt':
      return { ...factsOf(asked), body: new Binary(request.body) };
    case 'kong.ctx.crowdstrike_aidr.facts':
      return factsOf(asked);
    case 'kong.ctx.crowdstrike_aidr.answer':
      return {
        status: request.answer?.status,
        headers: request.answer?.headers,
        body: new Binary(request.answer?.body ?? new Uint8Array()),
        prompt_marker: shared.get(MARKERS.request),
        guard_marker: shared.get(MARKERS.guard),
        request_id: REQUEST_ID,
      };
    case 'kong.ctx.crowdstrike_aidr.expect_answer':
      shared.set(MARKERS.exits, first);
      return { prompt_marker: shared.get(MARKERS.request), prompt_state: 'same' };
    case 'kong.ctx.crowdstrike_aidr.leave':
      shared.set(text(first), second);
      return undefined;
    default:
      return undefined;
  }
}
