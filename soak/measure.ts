/** What a plugin server costs now, from /proc and from its own metrics. */
import { readdirSync } from 'node:fs';
import type { RunningGateway } from '../testkit/harness/gateways/driver.ts';
import { residentMegabytes } from '../testkit/harness/processes.ts';

export interface Measurement {
  /** Seconds since the start of the test. */
  at: number;
  pid: number;
  residentMb: number;
  descriptors: number;
  /** Of the metrics, which a busy process may not give in time: JavaScript's values and what they hold outside. */
  heldMb: number | undefined;
  /** Milliseconds, the 99th percentile since the last look. */
  lagMs: number | undefined;
  inFlight: number | undefined;
}

/** Milliseconds. */
const METRICS_LIMIT = 1_000;

export class Meter {
  readonly #gateway: RunningGateway;
  readonly #began = performance.now();
  #pid = 0;
  #metricsUrl: string | undefined;

  constructor(gateway: RunningGateway) {
    this.#gateway = gateway;
  }

  /** @returns undefined while there is no plugin server */
  async measure(): Promise<Measurement | undefined> {
    const pid = this.#gateway.pluginServerPids?.().at(-1);
    if (pid === undefined) return undefined;
    try {
      const at = Math.round((performance.now() - this.#began) / 100) / 10;
      const resident = {
        residentMb: residentMegabytes(pid),
        descriptors: readdirSync(`/proc/${pid}/fd`).length,
      };
      const metrics = await this.#metricsOf(pid);
      const values = (name: string) =>
        metrics === undefined
          ? undefined
          : [...metrics.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, 'gm'))].reduce(
              (sum, [, value]) => sum + Number(value),
              0,
            );
      return {
        ...{ at, pid, ...resident },
        heldMb: scaled(values('nodejs_(?:heap_size_used|external_memory)_bytes'), 1 / 1_048_576),
        lagMs: scaled(values('nodejs_eventloop_lag_p99_seconds'), 1_000),
        inFlight: values('crowdstrike_aidr_inspections_in_flight'),
      };
    } catch {
      // It has just ended.
      return undefined;
    }
  }

  /** A new process says where its metrics are; the gateway's log is long, so it is asked once. */
  async #metricsOf(pid: number): Promise<string | undefined> {
    if (pid !== this.#pid) {
      this.#pid = pid;
      this.#metricsUrl = undefined;
    }
    this.#metricsUrl ??= await newestUrl(this.#gateway.log());
    if (this.#metricsUrl === undefined) return undefined;
    return ask(this.#metricsUrl);
  }
}

/** The listeners of processes that have ended answer no more; a new one may not have said yet where it listens. */
async function newestUrl(log: string): Promise<string | undefined> {
  const [, url] = [...log.matchAll(/metrics on (http:\S+?\/metrics)/g)].at(-1) ?? [];
  return url !== undefined && (await ask(url)) !== undefined ? url : undefined;
}

async function ask(url: string): Promise<string | undefined> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(METRICS_LIMIT) }).catch(() => undefined);
  return answer?.ok ? answer.text().catch(() => undefined) : undefined;
}

function scaled(value: number | undefined, factor: number): number | undefined {
  return value === undefined ? undefined : Math.round(value * factor * 100) / 100;
}
