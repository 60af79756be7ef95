/** What the worker threads do that read large bodies, read when the metrics are asked for. */
import { Counter, Gauge, type Registry } from 'prom-client';
import { inspectionPool } from '../../workers/inspection-pool.ts';
import { REPLACEMENT_REASONS } from '../../workers/pooled-worker.ts';
import type { PoolState } from '../../workers/worker-pool.ts';

export function showWorkers(registry: Registry): void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: (state: PoolState) => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read(inspectionPool.state));
      },
    });
  const counter = (name: string, help: string, read: (state: PoolState) => number) =>
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read(inspectionPool.state));
      },
    });
  gauge(
    'crowdstrike_aidr_worker_threads',
    'Worker threads that read large bodies.',
    ({ threads }) => threads,
  );
  gauge(
    'crowdstrike_aidr_worker_jobs_in_flight',
    'Large bodies in worker threads, those that wait for AIDR included.',
    ({ jobsInFlight }) => jobsInFlight,
  );
  gauge(
    'crowdstrike_aidr_worker_jobs_waiting',
    'Large bodies that wait for a worker thread.',
    ({ jobsWaiting }) => jobsWaiting,
  );
  counter(
    'crowdstrike_aidr_worker_jobs_total',
    'Large bodies that were given to a worker thread.',
    ({ jobsBegun }) => jobsBegun,
  );
  counter(
    'crowdstrike_aidr_worker_wait_seconds_total',
    'Seconds that large bodies waited for a worker thread.',
    ({ waitedMs }) => waitedMs / 1000,
  );
  new Counter({
    name: 'crowdstrike_aidr_worker_replacements_total',
    help: 'Worker threads that did not get on with a body, or ended, and were replaced.',
    labelNames: ['reason'],
    registers,
    collect() {
      this.reset();
      const { replacements } = inspectionPool.state;
      for (const reason of REPLACEMENT_REASONS) this.inc({ reason }, replacements[reason]);
    },
  });
}
