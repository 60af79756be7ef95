/** Runs the plugins of a phase as Kong does. */

import { error, PhaseEnded, send } from '../pdk/exit.ts';
import type { PluginHandler } from '../plugins/plugin.ts';
import type { PluginConfig } from '../plugins/plugin-config.ts';
import type { Exchange } from './exchange.ts';

/**
 * The `access` phase: every plugin by priority until one answers. A plugin that throws is a 500.
 *
 * @throws {PhaseEnded} when a plugin answered or failed: the answer is in the exchange
 */
export async function runAccess(exchange: Exchange): Promise<void> {
  exchange.phase = 'access';
  exchange.delaying = true;
  for (const [handler, config] of exchange.worker.iterator.collecting(exchange)) {
    // The rest is walked through all the same: the later phases of those plugins run.
    if (exchange.delayed === undefined) await runAccessPlugin(exchange, handler, config);
  }
  exchange.delaying = false;
  flush(exchange);
}

/**
 * The `response` phase, on a buffered answer.
 *
 * @throws {PhaseEnded} when a plugin answered instead: later plugins do not run
 * @throws whatever else a plugin throws: Kong's error handler answers with 500
 */
export async function runResponse(exchange: Exchange): Promise<void> {
  exchange.phase = 'response';
  exchange.responseStartedAt = Date.now();
  for (const [handler, config] of exchange.worker.iterator.collected(exchange, 'response')) {
    await withPlugin(exchange, config, async () => handler.response?.(exchange, config));
  }
}

/** The header filters. One that answers changes what goes out; the others run all the same. */
export function runHeaderFilters(exchange: Exchange): void {
  exchange.phase = 'header_filter';
  for (const [handler, config] of exchange.worker.iterator.collected(exchange, 'header_filter')) {
    exchange.plugin = config;
    try {
      handler.header_filter?.(exchange, config);
    } catch (thrown) {
      if (!(thrown instanceof PhaseEnded)) throw thrown;
    } finally {
      exchange.plugin = undefined;
    }
  }
}

/**
 * The body filters on one chunk; undefined when there are none and the chunk can go out as it is. What comes after a
 * chunk that a filter called the last is dropped.
 */
export function runBodyFilters(exchange: Exchange, chunk: Buffer, last: boolean): Buffer | undefined {
  if (exchange.chunk.isLast) return Buffer.alloc(0);
  exchange.phase = 'body_filter';
  const filters = exchange.worker.iterator.collected(exchange, 'body_filter');
  if (filters.length === 0) return undefined;
  exchange.chunk = { bytes: chunk, isLast: last };
  for (const [handler, config] of filters) {
    exchange.plugin = config;
    const { bytes, isLast } = exchange.chunk;
    const filtered = handler.body_filter?.(exchange, config, bytes, isLast) ?? bytes;
    exchange.chunk = { bytes: filtered, isLast: exchange.chunk.isLast };
  }
  exchange.plugin = undefined;
  return exchange.chunk.bytes;
}

/** The `log` phase: after the answer, and a failure concerns nobody but the log. */
export async function runLog(exchange: Exchange): Promise<void> {
  exchange.phase = 'log';
  for (const [handler, config] of exchange.worker.iterator.collected(exchange, 'log')) {
    await withPlugin(exchange, config, async () => handler.log?.(exchange, config)).catch((thrown) => {
      exchange.worker.log.write('err', message(thrown));
    });
  }
}

/** The text of whatever was thrown. */
export function message(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

async function runAccessPlugin(
  exchange: Exchange,
  handler: PluginHandler,
  config: PluginConfig,
): Promise<void> {
  try {
    await withPlugin(exchange, config, async () => handler.access?.(exchange, config));
  } catch (thrown) {
    if (thrown instanceof PhaseEnded) return;
    exchange.worker.log.write('err', message(thrown));
    exchange.unexpected = true;
    exchange.delayed = { status: 500, body: 'An unexpected error occurred', unexpected: true };
  }
}

function flush(exchange: Exchange): void {
  const { delayed } = exchange;
  if (delayed === undefined) return;
  exchange.ctx.delete('buffered_proxying');
  if (delayed.unexpected === true) error(exchange, delayed.status, delayed.body);
  send(exchange, delayed.status, delayed.body, delayed.headers);
  throw new PhaseEnded();
}

async function withPlugin(exchange: Exchange, config: PluginConfig, run: () => Promise<void>): Promise<void> {
  exchange.plugin = config;
  try {
    await run();
  } finally {
    exchange.plugin = undefined;
  }
}
