import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { circuitOf } from './circuit.ts';
import { endpointOf } from './endpoint.ts';
import type { Failure, FailureClass } from './failure.ts';
import type { Inspected } from './verdict.ts';

/** Milliseconds after which a circuit is probed in any case. */
const LONGEST_REST = 30_000;
/** Milliseconds that a caller waits for a probe. */
const PATIENCE = 60_000;

beforeEach(() => vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => vi.useRealTimers());

const ENDPOINT = endpointOf('https://aidr.example', true);
let circuits = 0;
/** A circuit that no other test has. */
const newCircuit = () => {
  circuits += 1;
  return circuitOf(ENDPOINT, `key${circuits}`);
};
type Circuit = ReturnType<typeof circuitOf>;

const failing = (failureClass: FailureClass): Failure => ({ class: failureClass, detail: '' });
const DOWN = failing('unreachable');
const BROKEN = failing('server_error');
const LATE = failing('timeout');
const ANSWER = undefined;

const ANSWERED: Inspected = { ok: true, verdict: { kind: 'passed', summary: undefined, detected: [] } };
const unanswered = (failureClass: FailureClass): Inspected => ({ ok: false, failure: failing(failureClass) });

function count(circuit: Circuit, ...failures: (Failure | undefined)[]): void {
  for (const failure of failures) circuit.count(failure);
}

/** Whether a call is let through, which a probe with this answer decides when it is due. */
const admits = (circuit: Circuit, answer: Inspected | Promise<Inspected>) =>
  circuit.admits(() => circuit.probe.ask(async () => answer), PATIENCE);

/** Whether a call is let through without a probe. */
async function isOpen(circuit: Circuit): Promise<boolean> {
  const isAdmitted = await circuit.admits(() => Promise.reject(new Error('not to be probed')), PATIENCE);
  expect(isAdmitted).toBe(circuit.isClosed);
  return !isAdmitted;
}

function opened(): Circuit {
  const circuit = newCircuit();
  count(circuit, DOWN, DOWN, DOWN, DOWN, DOWN);
  return circuit;
}

describe('a circuit opens', () => {
  it.each<[string, (Failure | undefined)[]]>([
    ['five failed connections', [DOWN, DOWN, DOWN, DOWN, DOWN]],
    ['five answers of 5xx', [BROKEN, BROKEN, BROKEN, BROKEN, BROKEN]],
    ['both, mixed', [DOWN, BROKEN, DOWN, BROKEN, DOWN]],
    [
      'five outages between which calls ended too late to tell anything',
      [DOWN, LATE, DOWN, LATE, DOWN, DOWN, LATE, DOWN],
    ],
  ])('after %s', async (_name, failures) => {
    const circuit = newCircuit();
    count(circuit, ...failures.slice(0, -1));
    expect(await isOpen(circuit)).toBe(false);
    count(circuit, ...failures.slice(-1));
    expect(await isOpen(circuit)).toBe(true);
  });

  it('for its base URL, its key and its way to check certificates only', async () => {
    const one = endpointOf('https://one.example', true);
    const circuit = circuitOf(one, 'a');
    count(circuit, DOWN, DOWN, DOWN, DOWN, DOWN);
    expect(circuitOf({ ...one }, 'a')).toBe(circuit);
    expect(await isOpen(circuit)).toBe(true);
    expect(await isOpen(circuitOf(endpointOf('https://two.example', true), 'a'))).toBe(false);
    expect(await isOpen(circuitOf(one, 'b'))).toBe(false);
    expect(await isOpen(circuitOf({ ...one, verifyTls: false }, 'a'))).toBe(false);
  });
});

describe('a circuit stays closed', () => {
  const six = (failure: Failure) => Array.from({ length: 6 }, () => failure);
  it.each<[string, (Failure | undefined)[]]>([
    ['four outages', [DOWN, DOWN, DOWN, DOWN]],
    ['outages with an answer among them', [DOWN, DOWN, DOWN, DOWN, ANSWER, DOWN, DOWN, DOWN, DOWN]],
    ['timeouts', six(LATE)],
    ['calls that never began', six(failing('overloaded'))],
    ['answers that nobody can read', six(failing('invalid_response'))],
    ['refused keys', six(failing('unauthorized'))],
    ['refused texts', six(failing('rejected_input'))],
    ['rate limits', six(failing('rate_limited'))],
  ])('after %s', async (_name, failures) => {
    const circuit = newCircuit();
    count(circuit, ...failures);
    expect(await isOpen(circuit)).toBe(false);
  });
});

describe('an open circuit', () => {
  it('is probed once after a while, by one who waits for it; the others are told at once meanwhile', async () => {
    const circuit = opened();
    expect(await isOpen(circuit)).toBe(true);
    vi.advanceTimersByTime(LONGEST_REST);
    const probe = Promise.withResolvers<Inspected>();
    const probing = admits(circuit, probe.promise);
    expect(await Promise.all([isOpen(circuit), isOpen(circuit)])).toEqual([true, true]);
    probe.resolve(ANSWERED);
    expect(await probing).toBe(true);
    expect(await isOpen(circuit)).toBe(false);
  });

  it('takes no more of the time of the one who probes than there is', async () => {
    const circuit = opened();
    vi.advanceTimersByTime(LONGEST_REST);
    const probe = Promise.withResolvers<Inspected>();
    expect(await circuit.admits(() => circuit.probe.ask(() => probe.promise), 1)).toBe(false);
    probe.resolve(ANSWERED);
    await expect.poll(() => circuit.isClosed).toBe(true);
  });

  it.each<FailureClass>(['unreachable', 'server_error', 'timeout', 'overloaded', 'internal'])(
    'stays open when the probe ends with %s',
    async (failureClass) => {
      const circuit = opened();
      vi.advanceTimersByTime(LONGEST_REST);
      expect(await admits(circuit, unanswered(failureClass))).toBe(false);
      expect(await isOpen(circuit)).toBe(true);
    },
  );

  it.each<FailureClass>(['unauthorized', 'rate_limited', 'rejected_input', 'invalid_response'])(
    'closes when the probe ends with %s: AIDR is there',
    async (failureClass) => {
      const circuit = opened();
      vi.advanceTimersByTime(LONGEST_REST);
      expect(await admits(circuit, unanswered(failureClass))).toBe(true);
      expect(await isOpen(circuit)).toBe(false);
    },
  );

  it('needs five outages again after it closed', async () => {
    const circuit = opened();
    vi.advanceTimersByTime(LONGEST_REST);
    expect(await admits(circuit, ANSWERED)).toBe(true);
    count(circuit, DOWN, DOWN, DOWN, DOWN);
    expect(await isOpen(circuit)).toBe(false);
  });

  it('rests for half a second at least', async () => {
    const circuits = Array.from({ length: 20 }, opened);
    vi.advanceTimersByTime(499);
    for (const circuit of circuits) expect(await isOpen(circuit)).toBe(true);
    vi.advanceTimersByTime(501);
    for (const circuit of circuits) expect(await admits(circuit, ANSWERED)).toBe(true);
  });

  it('is not probed within a second of the last health probe, whose answer would be the old one', async () => {
    const circuit = newCircuit();
    await circuit.probe.ask(async () => unanswered('server_error'));
    count(circuit, DOWN, DOWN, DOWN, DOWN, DOWN);
    vi.advanceTimersByTime(999);
    expect(await isOpen(circuit)).toBe(true);
    vi.advanceTimersByTime(1);
    expect(await admits(circuit, ANSWERED)).toBe(true);
  });

  it('is probed every thirty seconds at least, however long AIDR is down', async () => {
    const circuit = opened();
    for (let times = 0; times < 30; times++) {
      vi.advanceTimersByTime(LONGEST_REST);
      expect(await admits(circuit, unanswered('unreachable'))).toBe(false);
    }
    vi.advanceTimersByTime(LONGEST_REST);
    expect(await admits(circuit, ANSWERED)).toBe(true);
  });

  it('is probed less and less often', async () => {
    const circuit = opened();
    for (let times = 0; times < 5; times++) {
      vi.advanceTimersByTime(LONGEST_REST);
      await admits(circuit, unanswered('unreachable'));
    }
    vi.advanceTimersByTime(LONGEST_REST / 2 - 1);
    expect(await isOpen(circuit)).toBe(true);
  });

  it.each([
    ['answers', ANSWER],
    ['outages', DOWN],
  ])('is neither closed nor kept open by %s of calls that began before it opened', async (_name, failure) => {
    const circuit = opened();
    count(circuit, ...Array.from({ length: 6 }, () => failure));
    expect(await isOpen(circuit)).toBe(true);
    vi.advanceTimersByTime(LONGEST_REST);
    expect(await admits(circuit, ANSWERED)).toBe(true);
    count(circuit, DOWN, DOWN, DOWN, DOWN);
    expect(await isOpen(circuit)).toBe(false);
  });
});
