/** What ai-proxy remembers of one request between its phases. */

import type { LuaValue } from '../../lua/value.ts';
import type { Exchange } from '../../proxy/exchange.ts';
import type { SseEvent } from './sse-frames.ts';
import { SseFrames } from './sse-frames.ts';

export interface ProxyState {
  /** The client accepts gzip, and so gets it: Kong reads no more of the header. */
  readonly acceptsGzip: boolean;
  /** The answer goes out as events, whatever the upstream sends. */
  streams: boolean;
  preserves: boolean;
  /** The model's name: from the configuration, or else the client's. */
  model: string | undefined;
  /** The answer that goes out instead of the upstream's. */
  body: Buffer | undefined;
  /** Nothing follows what was sent. */
  ended: boolean;
  streamContentType: string | undefined;
  /** The events of the last chunk that could be read. */
  events: readonly SseEvent[] | undefined;
  readonly frames: SseFrames;
  /** Which the start of Anthropic's stream named. */
  streamId: string | undefined;
}

const STATES = new WeakMap<Exchange, ProxyState>();

export function beginState(exchange: Exchange): ProxyState {
  const accepted = exchange.request.headers.get('accept-encoding') ?? '';
  const state: ProxyState = {
    acceptsGzip: /(?<![a-z])gzip(?![a-z])/i.test(accepted),
    streams: false,
    preserves: false,
    model: undefined,
    body: undefined,
    ended: false,
    streamContentType: undefined,
    events: undefined,
    frames: new SseFrames(),
    streamId: undefined,
  };
  STATES.set(exchange, state);
  return state;
}

/** Absent when an earlier plugin answered in `access`. */
export function stateOf(exchange: Exchange): ProxyState | undefined {
  return STATES.get(exchange);
}

/** Notes in `ngx.ctx` that a filter has run, as Kong's framework for AI plugins does. */
export function markExecuted(exchange: Exchange, filter: string): void {
  const before = exchange.ctx.get('ai_executed_filters') as { readonly [name: string]: LuaValue } | undefined;
  exchange.ctx.set('ai_executed_filters', { ...before, [filter]: true });
}
