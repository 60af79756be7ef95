/** What became of spans. */
import { Counter, type Registry } from 'prom-client';
import type { SpanCounts } from '../tracing/span-queue.ts';

/** @param counts undefined where no spans are made: then both stay zero */
export function showTraces(registry: Registry, counts: Readonly<SpanCounts> | undefined): void {
  new Counter({
    name: 'crowdstrike_aidr_trace_spans_total',
    help: 'Spans that the collector took, and spans that were dropped because it was down, slow or full.',
    labelNames: ['result'],
    registers: [registry],
    collect() {
      this.reset();
      this.inc({ result: 'exported' }, counts?.exported ?? 0);
      this.inc({ result: 'dropped' }, counts?.dropped ?? 0);
    },
  });
}
