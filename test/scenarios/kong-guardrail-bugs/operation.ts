/** What Kong's guardrails did not measure, did not recognise, or did not notice. */
import { expect } from 'vitest';
import { type Bug, chat, type Ground, INJECTION, received } from './bug.ts';

const HELLO = chat(['user', 'Hello!']);

export const OPERATION_BUGS: Bug[] = [
  {
    bug: 'metrics are not recorded, and latency is missing in Prometheus',
    fixedIn: '3.12.0.1 and 3.14.0.3',
    promise: 'each inspection and how long it waited for AIDR are in the record and in the metrics',
    check: inspectionsAreMeasured,
  },
  {
    bug: 'a filter type that is not recognised is ignored',
    fixedIn: '3.13.0.3',
    promise: 'a detector that nobody knew yet blocks, and is named in the record',
    check: unknownDetectorsCount,
  },
  {
    bug: 'stale configuration is not updated in DB-less mode',
    fixedIn: '3.9.0.0',
    promise: 'a changed configuration is in force once Kong has reloaded, and the old one is not',
    async check({ stage, reload }) {
      const refusal = async () => {
        const { text } = await stage.post(chat(['user', INJECTION]), { route: 'worded' });
        return JSON.parse(text).status;
      };
      expect(await refusal()).toBe('First words.');
      await reload({ worded: { config: { request_failure_message: 'Second words.' } } });
      await expect.poll(refusal, { timeout: 15_000 }).toBe('Second words.');
      for (let turn = 0; turn < 10; turn++) expect(await refusal()).toBe('Second words.');
    },
  },
];

/** Milliseconds; timers may be a little early. */
const DELAY = 80;
const SEEN = 75;

async function inspectionsAreMeasured({ stage, skip }: Ground): Promise<void> {
  const { metrics } = stage.gateway;
  if (!metrics) return skip('this gateway shows no metrics');
  const before = await metrics();
  stage.aidr.fault({ kind: 'delay', delayMs: DELAY });
  expect((await stage.post(HELLO)).status).toBe(200);
  for (const direction of ['request', 'response'] as const) {
    const record = await stage.record(direction);
    expect(record).toMatchObject({ outcome: 'allowed', calls: 1 });
    expect(record?.aidr_ms).toBeGreaterThanOrEqual(SEEN);
    expect(record?.overhead_ms).toBeGreaterThan(0);
  }
  const after = await metrics();
  for (const direction of ['request', 'response']) {
    const grown = (name: string, more = '') => {
      const series = `crowdstrike_aidr_${name}{direction="${direction}"${more}} `;
      return latest(after, series) - latest(before, series);
    };
    const labels = ',provider="openai",outcome="allowed",strategy="enforce"';
    expect(grown('inspections_total', labels)).toBe(1);
    expect(grown('api_duration_seconds_count')).toBe(1);
    expect(grown('api_duration_seconds_sum')).toBeGreaterThanOrEqual(SEEN / 1000);
    expect(grown('overhead_duration_seconds_sum')).toBeGreaterThan(0);
  }
}

/** A series that has no value yet is not there. */
function latest(metrics: string, series: string): number {
  const line = metrics.split('\n').find((text) => text.startsWith(series));
  return Number(line?.slice(series.length) ?? 0);
}

async function unknownDetectorsCount({ stage }: Ground): Promise<void> {
  const finding = (blocked: boolean) =>
    stage.aidr.fault({
      kind: 'patch',
      patch: {
        result: { blocked, detectors: { quantum_leakage: { detected: true, data: { novel: [{}] } } } },
      },
    });
  finding(true);
  expect((await stage.post(HELLO)).status).toBe(400);
  expect(await stage.record('request')).toMatchObject({ detectors: ['quantum_leakage'] });
  finding(false);
  expect((await stage.post(HELLO, { route: 'on-detection' })).status).toBe(400);
  expect(received(stage)).toEqual([]);
  expect((await stage.post(HELLO)).status).toBe(200);
  expect(await stage.record('request')).toMatchObject({
    outcome: 'allowed',
    detectors: ['quantum_leakage'],
  });
}
