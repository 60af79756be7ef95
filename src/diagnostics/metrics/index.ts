/** Prometheus metrics of a plugin server, on a listener of their own. */
import { Registry } from 'prom-client';
import type { PluginServer } from '../../pluginserver/plugin-server.ts';
import type { SpanCounts } from '../tracing/span-queue.ts';
import { type ServedSocket, socketHealth } from './health.ts';
import { countInspections } from './inspections.ts';
import { MetricsListener, type TcpAddress } from './listener.ts';
import { showShortages } from './shortages.ts';
import { showState } from './state.ts';
import { showTraces } from './traces.ts';
import { showWorkers } from './workers.ts';

/** Milliseconds between two looks whether another process has taken the sockets over. */
const LOOK_EVERY = 1_000;

export interface Metrics {
  stop(): Promise<void>;
}

export interface MetricsOptions {
  sockets: readonly ServedSocket[];
  isListening: () => boolean;
  isReplaced: () => boolean;
  log: (message: string) => void;
  /** Absent where no spans are made. */
  spans?: Readonly<SpanCounts>;
}

/**
 * The port is given up when another process has taken the sockets over: during `kong reload` this one may serve its
 * last requests for minutes, while the next has all the new ones to show.
 */
export function serveMetrics(
  address: TcpAddress,
  server: PluginServer,
  { sockets, isListening, isReplaced, log, spans }: MetricsOptions,
): Metrics {
  const registry = new Registry();
  const stopCounting = countInspections(registry);
  showState(registry, server);
  showShortages(registry, server);
  showWorkers(registry);
  showTraces(registry, spans);
  const { contentType } = registry;
  const listener = new MetricsListener(
    address,
    { contentType, metrics: () => registry.metrics(), isHealthy: socketHealth(sockets, isListening) },
    log,
  );
  const look = setInterval(() => {
    if (isReplaced()) void stop();
  }, LOOK_EVERY).unref();
  async function stop(): Promise<void> {
    clearInterval(look);
    stopCounting();
    await listener.close();
  }
  return { stop };
}
