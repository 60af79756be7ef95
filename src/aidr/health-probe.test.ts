import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HealthProbe } from './health-probe.ts';
import type { Inspected } from './verdict.ts';

beforeEach(() => vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => vi.useRealTimers());

const ANSWER: Inspected = { ok: true, verdict: { kind: 'passed', summary: undefined, detected: [] } };

/** A question, and how often it was put. */
function counted(answer: () => Promise<Inspected> = async () => ANSWER) {
  const question = new HealthProbe();
  const times = { asked: 0 };
  const ask = () =>
    question.ask(() => {
      times.asked += 1;
      return answer();
    });
  return { question, times, ask };
}

describe('a health probe', () => {
  it('is put once for all who want to know at the same time', async () => {
    const { times, ask } = counted();
    expect(await Promise.all(Array.from({ length: 50 }, ask))).toEqual(Array(50).fill(ANSWER));
    expect(times.asked).toBe(1);
  });

  it('is put no second time while it is under way, however long that takes', async () => {
    const answer = Promise.withResolvers<Inspected>();
    const { question, times, ask } = counted(() => answer.promise);
    const first = ask();
    vi.advanceTimersByTime(3_600_000);
    expect(question.isRemembered).toBe(true);
    const second = ask();
    answer.resolve(ANSWER);
    expect([await first, await second, times.asked]).toEqual([ANSWER, ANSWER, 1]);
  });

  it('is put again a second after its answer, and not before', async () => {
    const { question, times, ask } = counted();
    expect(question.isRemembered).toBe(false);
    await ask();
    vi.advanceTimersByTime(999);
    await ask();
    expect([question.isRemembered, times.asked]).toEqual([true, 1]);
    vi.advanceTimersByTime(1);
    expect(question.isRemembered).toBe(false);
    await ask();
    expect(times.asked).toBe(2);
  });

  it('that cannot be put is a failure that lets nothing pass, without a word of why', async () => {
    const { ask } = counted(() => Promise.reject(new TypeError('pts_secret')));
    const detail = 'the health probe could not be asked';
    expect(await ask()).toEqual({ ok: false, failure: { class: 'internal', detail } });
  });
});
