import { describe, expect, it } from 'vitest';
import type { Measurement } from './measure.ts';
import { reportOf } from './report.ts';
import type { Observation } from './soak.ts';

const SECONDS = 600;

/** @param megabytes by the second */
function observed(megabytes: (at: number) => number, rest: Partial<Observation> = {}): Observation {
  const measurements = Array.from({ length: SECONDS / 5 }, (_, index): Measurement => {
    const at = index * 5;
    const costs = { residentMb: megabytes(at), heldMb: 50, descriptors: 40, lagMs: 10, inFlight: 1 };
    return { at, pid: 1, ...costs };
  });
  return {
    ...{ seconds: SECONDS, steadyFrom: 100, measurements, outcomes: [], faults: [], violations: [] },
    before: { descriptors: 40, inFlight: 0 },
    after: { descriptors: 41, inFlight: 0 },
    ...rest,
  };
}

const flat = (at: number) => 200 + (at % 20);

describe('a process', () => {
  it.each<[string, Observation, boolean]>([
    ['that goes up and down is good', observed(flat), true],
    ['that grew while it warmed up is good', observed((at) => Math.min(200, 100 + at)), true],
    ['that leaks slowly is not', observed((at) => 200 + at / 20), false],
    [
      'that grows by a half between the middle and the end is not',
      observed((at) => (at > 500 ? 300 : 200)),
      false,
    ],
    ['that keeps descriptors is not', observed(flat, { after: { descriptors: 60, inFlight: 0 } }), false],
    [
      'whose descriptors nobody counted is not',
      observed(flat, { after: { descriptors: undefined, inFlight: 0 } }),
      false,
    ],
    ['in which inspections stay is not', observed(flat, { after: { descriptors: 40, inFlight: 1 } }), false],
    ['that let one request pass is not', observed(flat, { violations: ['x'] }), false],
    ['whose memory nobody measured is not', { ...observed(flat), measurements: [] }, false],
  ])('%s', (_name, observation, isGood) => {
    expect(reportOf(observation).isGood).toBe(isGood);
  });

  it('is judged by its own time: another before it does not count', () => {
    const observation = observed((at) => (at < 100 ? 900 : flat(at)));
    for (const measured of observation.measurements) if (measured.at < 100) measured.pid = 2;
    expect(reportOf(observation).isGood).toBe(true);
  });
});
