import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { circuitOf } from './circuit.ts';
import { failed, type Sent } from './transport.ts';

/** Milliseconds after which a circuit is probed in any case. */
const LONGEST_REST = 30_000;

beforeEach(() => vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => vi.useRealTimers());

let circuits = 0;
/** A circuit that no other test has. */
const newCircuit = () => {
  circuits += 1;
  return circuitOf('https://aidr.example', `key${circuits}`);
};
type Circuit = ReturnType<typeof circuitOf>;

const reply = (status: number): Sent => ({
  ok: true,
  reply: { status, body: Buffer.of(), retryAfter: undefined },
});
const DOWN = failed('unreachable', 'no connection to AIDR (ECONNREFUSED)');
const LATE = failed('timeout', 'AIDR gave no answer within the configured timeout');

async function run(circuit: Circuit, ...answers: Sent[]): Promise<void> {
  for (const answer of answers) expect(await circuit.run(async () => answer)).toBe(answer);
}

/** Whether a call would be made. */
async function isOpen(circuit: Circuit): Promise<boolean> {
  let isAsked = false;
  const answer = await circuit.run(async () => {
    isAsked = true;
    return reply(200);
  });
  expect(answer.ok).toBe(isAsked);
  return !isAsked;
}

async function opened(): Promise<Circuit> {
  const circuit = newCircuit();
  await run(circuit, DOWN, DOWN, DOWN, DOWN, DOWN);
  return circuit;
}

describe('a circuit opens', () => {
  it.each<[string, Sent[]]>([
    ['five failed connections', [DOWN, DOWN, DOWN, DOWN, DOWN]],
    ['five answers of 5xx', [reply(500), reply(502), reply(503), reply(504), reply(599)]],
    ['both, mixed', [DOWN, reply(500), DOWN, reply(500), DOWN]],
    [
      'five outages between which calls ended too late to tell anything',
      [DOWN, LATE, DOWN, LATE, DOWN, DOWN, LATE, DOWN],
    ],
  ])('after %s', async (_name, answers) => {
    const circuit = newCircuit();
    await run(circuit, ...answers);
    expect(await circuit.run(async () => reply(200))).toMatchObject({ failure: { class: 'circuit_open' } });
  });

  it('for its base URL and its key only', async () => {
    const circuit = circuitOf('https://one.example', 'a');
    await run(circuit, DOWN, DOWN, DOWN, DOWN, DOWN);
    expect(circuitOf('https://one.example', 'a')).toBe(circuit);
    expect(await isOpen(circuit)).toBe(true);
    expect(await isOpen(circuitOf('https://two.example', 'a'))).toBe(false);
    expect(await isOpen(circuitOf('https://one.example', 'b'))).toBe(false);
  });
});

describe('a circuit stays closed', () => {
  const FIVE = [1, 2, 3, 4, 5, 6];
  it.each<[string, Sent[]]>([
    ['four outages', [DOWN, DOWN, DOWN, DOWN]],
    ['outages with an answer among them', [DOWN, DOWN, DOWN, DOWN, reply(200), DOWN, DOWN, DOWN, DOWN]],
    ['timeouts', FIVE.map(() => LATE)],
    ['calls that never began', FIVE.map(() => failed('overloaded', ''))],
    ['answers that nobody can read', FIVE.map(() => failed('invalid_response', ''))],
    ...[400, 401, 403, 404, 408, 409, 413, 422, 429].map<[string, Sent[]]>((status) => [
      `answers of ${status}`,
      FIVE.map(() => reply(status)),
    ]),
  ])('after %s', async (_name, answers) => {
    const circuit = newCircuit();
    await run(circuit, ...answers);
    expect(await isOpen(circuit)).toBe(false);
  });
});

describe('an open circuit', () => {
  it('lets one call probe after a while, and answers the others at once meanwhile', async () => {
    const circuit = await opened();
    expect(await isOpen(circuit)).toBe(true);
    vi.advanceTimersByTime(LONGEST_REST);
    const probe = Promise.withResolvers<Sent>();
    const probing = circuit.run(() => probe.promise);
    expect(await Promise.all([isOpen(circuit), isOpen(circuit)])).toEqual([true, true]);
    probe.resolve(reply(200));
    expect(await probing).toEqual(reply(200));
    expect(await isOpen(circuit)).toBe(false);
  });

  it.each<[string, Sent]>([
    ['fails', DOWN],
    ['is answered with 503', reply(503)],
    ['gets no answer', LATE],
    ['never begins', failed('overloaded', '')],
  ])('stays open when the probe %s', async (_name, answer) => {
    const circuit = await opened();
    vi.advanceTimersByTime(LONGEST_REST);
    await run(circuit, answer);
    expect(await isOpen(circuit)).toBe(true);
  });

  it.each([401, 429, 400])('closes when the probe is answered with %i: AIDR is there', async (status) => {
    const circuit = await opened();
    vi.advanceTimersByTime(LONGEST_REST);
    await run(circuit, reply(status));
    expect(await isOpen(circuit)).toBe(false);
  });

  it('needs five outages again after it closed', async () => {
    const circuit = await opened();
    vi.advanceTimersByTime(LONGEST_REST);
    await run(circuit, reply(200), DOWN, DOWN, DOWN, DOWN);
    expect(await isOpen(circuit)).toBe(false);
  });

  it('rests for half a second at least', async () => {
    const circuits = await Promise.all(Array.from({ length: 20 }, opened));
    vi.advanceTimersByTime(499);
    for (const circuit of circuits) expect(await isOpen(circuit)).toBe(true);
    vi.advanceTimersByTime(501);
    for (const circuit of circuits) expect(await isOpen(circuit)).toBe(false);
  });

  it('is probed every thirty seconds at least, however long AIDR is down', async () => {
    const circuit = await opened();
    for (let times = 0; times < 30; times++) {
      vi.advanceTimersByTime(LONGEST_REST);
      await run(circuit, DOWN);
    }
  });

  it('is not probed by calls that began before it opened and end late', async () => {
    const circuit = newCircuit();
    const early = Promise.withResolvers<Sent>();
    const ending = circuit.run(() => early.promise);
    await run(circuit, DOWN, DOWN, DOWN, DOWN, DOWN);
    early.resolve(reply(200));
    await ending;
    expect(await isOpen(circuit)).toBe(true);
  });

  it('passes on what a call throws', async () => {
    await expect(newCircuit().run(() => Promise.reject(new TypeError('bug')))).rejects.toThrow(TypeError);
  });
});
