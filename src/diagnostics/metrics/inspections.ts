/**
 * What inspections tell, as metrics.
 *
 * No label has a value that a caller can choose, such as the model, the user or the tenant: each new value is a new
 * time series, and a caller could make millions. Kong's logs have the record of each request.
 */
import { Counter, Histogram, type Registry } from 'prom-client';
import { FAILURE_CLASSES } from '../../aidr/failure.ts';
import type { Direction } from '../../config/schema.ts';
import { type InspectionEvent, subscribe } from '../../inspection/report/inspection-channel.ts';
import type { InspectionRecord } from '../../inspection/report/record.ts';
import { BoundedLabel } from './bounded-label.ts';

const DIRECTIONS: readonly Direction[] = ['request', 'response'];

/** Seconds: from a nearby AIDR to the longest timeout. */
const API_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** Seconds: our own work is well under a millisecond for ordinary bodies, and seconds for the largest on a busy machine. */
const OVERHEAD_BUCKETS = [
  ...[0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1],
  ...[0.25, 0.5, 1, 2.5, 5],
];

/** @returns ends the counting */
export function countInspections(registry: Registry): () => void {
  const metrics = inspectionMetrics(registry);
  startAtZero(metrics);
  return subscribe((published) => count(metrics, published));
}

function inspectionMetrics(registry: Registry) {
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Counter({ name, help, labelNames, registers });
  const histogram = (name: string, help: string, buckets: number[]) =>
    new Histogram({ name, help, labelNames: ['direction'] as const, buckets, registers });
  return {
    inspections: counter(
      'crowdstrike_aidr_inspections_total',
      'Inspections by how they ended; those of an audit by how they would have.',
      'direction',
      'provider',
      'outcome',
      'strategy',
    ),
    failures: counter(
      'crowdstrike_aidr_failures_total',
      'Inspections without a usable verdict.',
      'direction',
      'class',
    ),
    failedOpen: counter(
      'crowdstrike_aidr_failed_open_total',
      'Prompts and answers that passed uninspected.',
      'direction',
    ),
    detections: counter(
      'crowdstrike_aidr_detections_total',
      'Inspections in which a detector fired.',
      'direction',
      'detector',
    ),
    apiSeconds: histogram(
      'crowdstrike_aidr_api_duration_seconds',
      'Time that an inspection waited for AIDR.',
      API_BUCKETS,
    ),
    overheadSeconds: histogram(
      'crowdstrike_aidr_overhead_duration_seconds',
      'Time that a phase took beside waiting for AIDR.',
      OVERHEAD_BUCKETS,
    ),
    apiAttempts: counter(
      'crowdstrike_aidr_api_attempts_total',
      'HTTP exchanges with AIDR, retries included.',
      'direction',
    ),
    earlierTurns: counter(
      'crowdstrike_aidr_earlier_turns_total',
      'Earlier turns of conversations, by whether their verdict was known or AIDR had to be asked.',
      'direction',
      'verdict',
    ),
    recurringTexts: counter(
      'crowdstrike_aidr_recurring_texts_total',
      'Definitions of tools, schemas, trusted system prompts and their echoes, by whether their verdict was known.',
      'direction',
      'verdict',
    ),
    replacedTexts: counter(
      'crowdstrike_aidr_replaced_texts_total',
      'Notices in the place of blocked texts, in prompts that went on; a session sends the same text in every turn.',
      'direction',
      'provider',
    ),
    bodyBytes: counter(
      'crowdstrike_aidr_body_bytes_total',
      'Bytes of the bodies that came to be inspected.',
      'direction',
    ),
    lateRedactions: counter(
      'crowdstrike_aidr_late_redactions_total',
      'Live answers of which some text had left before AIDR had it redacted.',
      'direction',
    ),
    sentBeforeVerdict: counter(
      'crowdstrike_aidr_sent_before_verdict_total',
      'Prompts that were sent to the provider before their verdict was there, by how their inspection ended.',
      'outcome',
    ),
    auditsDropped: counter(
      'crowdstrike_aidr_audits_dropped_total',
      'Audits for which there was no room.',
      'direction',
    ),
    guardMissing: counter(
      'crowdstrike_aidr_guard_missing_total',
      'Looks for the guard that found none: a failure would let traffic through.',
    ),
    detectors: new BoundedLabel(),
  };
}

type InspectionMetrics = ReturnType<typeof inspectionMetrics>;

/** A counter that begins at one looks to `increase()` as if nothing had happened. */
function startAtZero(metrics: InspectionMetrics): void {
  metrics.guardMissing.inc(0);
  for (const outcome of ['allowed', 'blocked', 'failed_open', 'failed_closed'])
    metrics.sentBeforeVerdict.inc({ outcome }, 0);
  for (const verdict of ['known', 'asked']) metrics.earlierTurns.inc({ direction: 'request', verdict }, 0);
  for (const direction of DIRECTIONS) {
    for (const verdict of ['known', 'asked']) metrics.recurringTexts.inc({ direction, verdict }, 0);
    for (const failure of FAILURE_CLASSES) metrics.failures.inc({ direction, class: failure }, 0);
    const { failedOpen, lateRedactions, apiAttempts, bodyBytes, auditsDropped } = metrics;
    for (const counter of [failedOpen, lateRedactions, apiAttempts, bodyBytes, auditsDropped])
      counter.inc({ direction }, 0);
  }
}

function count(metrics: InspectionMetrics, published: InspectionEvent): void {
  const { direction } = published;
  switch (published.kind) {
    case 'inspected':
      countRecord(metrics, direction, published.record);
      break;
    case 'dropped':
      metrics.auditsDropped.inc({ direction });
      break;
    case 'broken':
      metrics.failures.inc({ direction, class: 'internal' });
      break;
    case 'unguarded':
      metrics.guardMissing.inc();
      break;
  }
}

function countRecord(metrics: InspectionMetrics, direction: Direction, record: InspectionRecord): void {
  const { provider, outcome, strategy } = record;
  metrics.inspections.inc({ direction, provider, outcome, strategy });
  if (record.failure !== undefined) metrics.failures.inc({ direction, class: record.failure });
  if (record.late_redaction) metrics.lateRedactions.inc({ direction });
  if (record.sent_before_verdict) metrics.sentBeforeVerdict.inc({ outcome });
  if (outcome === 'failed_open') metrics.failedOpen.inc({ direction });
  for (const detector of record.detectors ?? [])
    metrics.detections.inc({ direction, detector: metrics.detectors.of(detector) });
  if (record.attempts > 0) metrics.apiSeconds.observe({ direction }, record.aidr_ms / 1000);
  // Nobody waits for an audit.
  if (strategy !== 'audit') metrics.overheadSeconds.observe({ direction }, record.overhead_ms / 1000);
  metrics.apiAttempts.inc({ direction }, record.attempts);
  metrics.bodyBytes.inc({ direction }, record.bytes);
  if (record.known_turns) metrics.earlierTurns.inc({ direction, verdict: 'known' }, record.known_turns);
  if (record.unknown_turns) metrics.earlierTurns.inc({ direction, verdict: 'asked' }, record.unknown_turns);
  if (record.replaced) metrics.replacedTexts.inc({ direction, provider }, record.replaced);
  const { known_recurring: known, unknown_recurring: asked } = record;
  if (known) metrics.recurringTexts.inc({ direction, verdict: 'known' }, known);
  if (asked) metrics.recurringTexts.inc({ direction, verdict: 'asked' }, asked);
}
