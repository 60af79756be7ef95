/** From what was observed to a report: minute by minute, and whether it was good enough. */
import type { Outcome } from './judge.ts';
import type { Measurement } from './measure.ts';
import type { Observation } from './soak.ts';

export interface Minute {
  minute: number;
  'resident MB': number;
  'held MB': number;
  descriptors: number;
  'lag p99 ms': number;
  'in flight': number;
  'requests/s': number;
  passed: number;
  redacted: number;
  blocked: number;
  refused: number;
  violations: number;
}

export interface Verdict {
  criterion: string;
  measured: string;
  isMet: boolean;
}

export interface Report {
  minutes: Minute[];
  faults: Observation['faults'];
  verdicts: Verdict[];
  /** Some of them, in words. */
  violations: string[];
  isGood: boolean;
}

/** Megabytes a minute by which memory may grow in the second half of the time that one process served. */
const MAX_SLOPE = 2;
/** How much more the last fifth of that time may take than the middle one. */
const MAX_GROWTH = 0.15;
/** Seconds of one process below which memory tells nothing: its heap and caches take four minutes to fill. */
const TELLING = 360;
/** Connections to AIDR and from the gateway that are kept for later. */
const SPARE_DESCRIPTORS = 10;
/** Seconds for which connections are kept: before that the process has made some, and closed none. */
const CONNECTIONS_KEPT = 60;
const TOO_SHORT = 'too short to tell';
const MAX_SHOWN = 20;

export function reportOf(observation: Observation): Report {
  const { violations, after } = observation;
  const verdicts: Verdict[] = [
    ...memoryVerdicts(observation),
    descriptorsVerdict(observation),
    {
      criterion: 'without traffic no inspection is under way',
      measured: `${after.inFlight} are`,
      isMet: isAtMost(after.inFlight, 0),
    },
    {
      criterion: 'no request ends otherwise than it has to',
      measured: `${violations.length} did`,
      isMet: violations.length === 0,
    },
  ];
  return {
    minutes: minutesOf(observation),
    faults: observation.faults,
    verdicts,
    violations: violations.slice(0, MAX_SHOWN),
    isGood: verdicts.every(({ isMet }) => isMet),
  };
}

function descriptorsVerdict({ before, after, seconds, steadyFrom }: Observation): Verdict {
  const criterion = `descriptors without traffic return to their start, give or take ${SPARE_DESCRIPTORS}`;
  if (seconds - steadyFrom < CONNECTIONS_KEPT)
    return { criterion: `${criterion}, after ${CONNECTIONS_KEPT} s`, measured: TOO_SHORT, isMet: true };
  return {
    criterion,
    measured: `${before.descriptors} before, ${after.descriptors} after`,
    isMet: isAtMost(after.descriptors, (before.descriptors ?? 0) + SPARE_DESCRIPTORS),
  };
}

/** What nobody could measure is not good. */
function isAtMost(measured: number | undefined, limit: number): boolean {
  return measured !== undefined && measured <= limit;
}

function memoryVerdicts({ measurements, steadyFrom, seconds }: Observation): Verdict[] {
  const pid = measurements.at(-1)?.pid;
  const steady = measurements.filter((measured) => measured.pid === pid && measured.at >= steadyFrom);
  const length = seconds - steadyFrom;
  if (length < TELLING)
    return [
      {
        criterion: `memory is flat, after ${TELLING} s at the least`,
        measured: TOO_SHORT,
        isMet: true,
      },
    ];
  const fifth = (number: number) =>
    mean(steady.filter(({ at }) => Math.floor(((at - steadyFrom) / length) * 5) === number));
  const slope = 60 * slopeOf(steady.filter(({ at }) => at >= steadyFrom + length / 2));
  const growth = fifth(4) / fifth(2) - 1;
  return [
    {
      criterion: `in the second half memory grows by at most ${MAX_SLOPE} MB a minute`,
      measured: `${slope.toFixed(2)} MB a minute`,
      isMet: slope <= MAX_SLOPE,
    },
    {
      criterion: `at the end it is at most ${MAX_GROWTH * 100} % above the middle`,
      measured: `${(growth * 100).toFixed(1)} %: ${fifth(2).toFixed(0)} and ${fifth(4).toFixed(0)} MB`,
      isMet: growth <= MAX_GROWTH,
    },
  ];
}

function mean(measurements: readonly Measurement[]): number {
  return measurements.reduce((sum, { residentMb }) => sum + residentMb, 0) / measurements.length;
}

/** @returns megabytes a second, by least squares */
function slopeOf(measurements: readonly Measurement[]): number {
  const [meanAt, meanMb] = [
    measurements.reduce((sum, { at }) => sum + at, 0) / measurements.length,
    mean(measurements),
  ];
  const covariance = measurements.reduce(
    (sum, { at, residentMb }) => sum + (at - meanAt) * (residentMb - meanMb),
    0,
  );
  return covariance / measurements.reduce((sum, { at }) => sum + (at - meanAt) ** 2, 0);
}

function minutesOf({ measurements, outcomes, seconds }: Observation): Minute[] {
  return Array.from({ length: Math.ceil(seconds / 60) }, (_, minute) => {
    const isIn = ({ at }: { at: number }) => Math.floor(at / 60) === minute;
    const measured = measurements.filter(isIn);
    const most = (read: (measurement: Measurement) => number | undefined) =>
      Math.round(Math.max(0, ...measured.map((measurement) => read(measurement) ?? 0)));
    const ended = outcomes.filter(isIn);
    const count = (outcome: Outcome) => ended.filter((one) => one.outcome === outcome).length;
    return {
      minute: minute + 1,
      'resident MB': most(({ residentMb }) => residentMb),
      'held MB': most(({ heldMb }) => heldMb),
      descriptors: most((measurement) => measurement.descriptors),
      'lag p99 ms': most(({ lagMs }) => lagMs),
      'in flight': most(({ inFlight }) => inFlight),
      'requests/s': Math.round(ended.length / Math.min(60, seconds - minute * 60)),
      passed: count('passed'),
      redacted: count('redacted'),
      blocked: count('blocked'),
      refused: count('refused'),
      violations: count('violation'),
    };
  });
}

export function markdownOf({ minutes, faults, verdicts, violations, isGood }: Report): string {
  const names = [...new Set(faults.map(({ name }) => name))];
  const timesOf = (name: string) =>
    faults.filter((fault) => fault.name === name).map(({ at }) => at.toFixed(0));
  return [
    `# Soak: ${isGood ? 'good' : 'not good enough'}`,
    table(minutes.map((minute) => ({ ...minute }))),
    'The most of each minute; descriptors, lag and memory are the newest plugin server’s.',
    table(
      verdicts.map(({ criterion, measured, isMet }) => ({ criterion, measured, met: isMet ? 'yes' : 'no' })),
    ),
    table(names.map((name) => ({ fault: name, 'at second': timesOf(name).join(', ') }))),
    ...violations.map((violation) => `- ${violation}`),
  ].join('\n\n');
}

function table(rows: readonly Record<string, string | number>[]): string {
  const [first] = rows;
  if (!first) return '';
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
  const heads = Object.keys(first);
  return [line(heads), line(heads.map(() => '---')), ...rows.map((row) => line(Object.values(row)))].join(
    '\n',
  );
}
