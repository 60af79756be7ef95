import { expect, it } from 'vitest';
import { markdownOf, reportOf } from './report.ts';
import { soak } from './soak.ts';

it('sends traffic through faults, and tells how it went', async () => {
  const observation = await soak({ seconds: 4, faultMs: 100, calmMs: 300, intervalMs: 250 });
  const report = reportOf(observation);
  expect(report.violations).toEqual([]);
  expect(report.verdicts.filter(({ isMet }) => !isMet)).toEqual([]);
  expect(report.faults.length).toBeGreaterThan(3);
  expect(report.minutes[0]?.passed).toBeGreaterThan(0);
  expect(report.minutes[0]?.redacted).toBeGreaterThan(0);
  expect(report.minutes[0]?.blocked).toBeGreaterThan(0);
  expect(observation.measurements.length).toBeGreaterThan(3);
  expect(markdownOf(report)).toMatch(/^# Soak: good\n\n\| minute \|/);
});
