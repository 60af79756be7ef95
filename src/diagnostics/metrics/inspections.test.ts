import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { publish } from '../../inspection/report/inspection-channel.ts';
import type { InspectionRecord } from '../../inspection/report/record.ts';
import { countInspections } from './inspections.ts';

const RECORD: InspectionRecord = {
  outcome: 'allowed',
  strategy: 'enforce',
  provider: 'openai',
  api_uri: '/v1/chat/completions',
  model: 'secret-model',
  aidr_ms: 40,
  overhead_ms: 0.3,
  calls: 1,
  attempts: 2,
  bytes: 500,
  segments: 3,
};

let registry: Registry;
let stop: () => void;
beforeEach(() => {
  registry = new Registry();
  stop = countInspections(registry);
});
afterEach(() => stop());

const inspected = (record: Partial<InspectionRecord> = {}) =>
  publish({ kind: 'inspected', direction: 'request', record: { ...RECORD, ...record } });

/** Lines that are not zero, without the histograms' buckets. */
async function lines(): Promise<string[]> {
  const text = (await registry.metrics()).replaceAll('crowdstrike_aidr_', '');
  return text.split('\n').filter((line) => line !== '' && !/^#|_bucket|\} 0$| 0$/.test(line));
}

describe('the metrics of inspections', () => {
  it('count an inspection, its bytes and its times, and name nothing that a caller chooses', async () => {
    inspected();
    expect(await lines()).toEqual([
      'inspections_total{direction="request",provider="openai",outcome="allowed",strategy="enforce"} 1',
      'api_duration_seconds_sum{direction="request"} 0.04',
      'api_duration_seconds_count{direction="request"} 1',
      'overhead_duration_seconds_sum{direction="request"} 0.0003',
      'overhead_duration_seconds_count{direction="request"} 1',
      'api_attempts_total{direction="request"} 2',
      'body_bytes_total{direction="request"} 500',
    ]);
  });

  it('count the earlier turns whose verdict was known, and those that AIDR was asked about', async () => {
    inspected({ known_turns: 3, unknown_turns: 1 });
    inspected({ known_turns: 4 });
    expect((await lines()).filter((line) => line.startsWith('earlier_turns'))).toEqual([
      'earlier_turns_total{direction="request",verdict="known"} 7',
      'earlier_turns_total{direction="request",verdict="asked"} 1',
    ]);
  });

  it('count the texts that recur in the same way, in both directions', async () => {
    inspected({ known_recurring: 19, unknown_recurring: 1 });
    inspected({ known_recurring: 20 });
    expect((await lines()).filter((line) => line.startsWith('recurring_texts'))).toEqual([
      'recurring_texts_total{direction="request",verdict="known"} 39',
      'recurring_texts_total{direction="request",verdict="asked"} 1',
    ]);
  });

  it('counts the notices that stand in the place of blocked texts', async () => {
    inspected({ replaced: 2 });
    inspected({ replaced: 3 });
    inspected({});
    expect((await lines()).filter((line) => line.startsWith('replaced_texts'))).toEqual([
      'replaced_texts_total{direction="request",provider="openai"} 5',
    ]);
  });

  it('count redactions that came too late', async () => {
    inspected({ outcome: 'redacted', late_redaction: true });
    inspected({ outcome: 'redacted' });
    expect(await lines()).toContain('late_redactions_total{direction="request"} 1');
  });

  it('count what failed open, by class', async () => {
    inspected({ outcome: 'failed_open', failure: 'timeout' });
    const counted = await lines();
    expect(counted).toContain('failed_open_total{direction="request"} 1');
    expect(counted).toContain('failures_total{direction="request",class="timeout"} 1');
  });

  it.each([
    ['dropped', 'audits_dropped_total{direction="response"} 1'],
    ['broken', 'failures_total{direction="response",class="internal"} 1'],
    ['unguarded', 'guard_missing_total 1'],
  ] as const)('count what was %s', async (kind, line) => {
    publish({ kind, direction: 'response' });
    expect(await lines()).toEqual([line]);
  });

  it('have no time of AIDR where it was not asked, and no overhead of an audit, for which nobody waits', async () => {
    inspected({ attempts: 0, aidr_ms: 0, strategy: 'audit' });
    expect((await lines()).filter((line) => line.includes('_count'))).toEqual([]);
  });

  it('tell times of seconds apart, which a busy machine takes for the largest bodies', async () => {
    inspected({ overhead_ms: 700 });
    inspected({ overhead_ms: 4_000 });
    const text = await registry.metrics();
    for (const [le, count] of [
      [0.5, 0],
      [1, 1],
      [5, 2],
    ])
      expect(text).toContain(`overhead_duration_seconds_bucket{le="${le}",direction="request"} ${count}`);
  });

  it('keep detectors that AIDR invents from becoming time series without end', async () => {
    inspected({ detectors: ['pii_entity', 'x'.repeat(65)] });
    for (let i = 0; i < 100; i++) inspected({ detectors: [`new_${i}`] });
    inspected({ detectors: ['pii_entity'] });
    const series = (await lines()).filter((line) => line.startsWith('detections_total'));
    expect(series).toHaveLength(33);
    expect(series).toContain('detections_total{direction="request",detector="pii_entity"} 2');
    expect(series).toContain('detections_total{direction="request",detector="other"} 70');
  });

  it('begin at zero for whatever an alert watches, so that the first one is an increase', async () => {
    const text = await registry.metrics();
    for (const direction of ['request', 'response']) {
      expect(text).toContain(`crowdstrike_aidr_failed_open_total{direction="${direction}"} 0`);
      expect(text).toContain(`crowdstrike_aidr_audits_dropped_total{direction="${direction}"} 0`);
      expect(text).toContain(
        `crowdstrike_aidr_failures_total{direction="${direction}",class="unauthorized"} 0`,
      );
    }
    expect(text).toContain('crowdstrike_aidr_guard_missing_total 0');
  });

  it('count nothing once they are stopped', async () => {
    stop();
    inspected();
    expect(await lines()).toEqual([]);
  });
});
