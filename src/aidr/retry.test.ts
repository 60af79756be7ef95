import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Deadline } from './deadline.ts';
import type { FailureClass } from './failure.ts';
import { failed } from './failure.ts';
import { withRetries } from './retry.ts';
import type { Sent } from './transport.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const reply = (status: number, retryAfter?: number, body = ''): Sent => ({
  ok: true,
  reply: { status, body: Buffer.from(body), retryAfter },
});

/** @returns when the attempts began, in milliseconds, and the last answer */
async function attemptsOf(answers: Sent[], timeout = 10_000) {
  const deadline = new Deadline(timeout);
  const began = performance.now();
  const times: number[] = [];
  const result = withRetries(deadline, async () => {
    times.push(performance.now() - began);
    return answers[Math.min(times.length, answers.length) - 1] ?? reply(200);
  });
  await vi.advanceTimersByTimeAsync(timeout);
  deadline.end();
  return { times, last: await result };
}

describe('a call is tried again', () => {
  it.each([408, 409, 429, 500, 502, 503, 504, 599])('twice at most after %i', async (status) => {
    const { times, last } = await attemptsOf([reply(status)]);
    expect(times).toHaveLength(3);
    expect(last).toEqual(reply(status));
  });

  it('after a failed connection', async () => {
    const { times, last } = await attemptsOf([failed('unreachable', ''), reply(503), reply(200)]);
    expect(times).toHaveLength(3);
    expect(last).toEqual(reply(200));
  });

  it('after pauses that grow, and that are not the same for all who failed together', async () => {
    const pauses = await Promise.all(Array.from({ length: 20 }, () => attemptsOf([reply(503)])));
    for (const { times } of pauses) {
      const [, first = 0, second = 0] = times;
      expect(first).toBeGreaterThanOrEqual(75);
      expect(first).toBeLessThanOrEqual(126);
      expect(second - first).toBeGreaterThanOrEqual(first * 2.2);
      expect(second - first).toBeLessThanOrEqual(first * 3.8 + 1);
    }
    expect(new Set(pauses.map(({ times }) => times[1])).size).toBeGreaterThan(1);
  });

  it('when AIDR says, if that is later', async () => {
    const { times } = await attemptsOf([reply(429, 2_000), reply(429, 2_000), reply(200)]);
    expect(times.map(Math.round)).toEqual([0, 2_000, 4_000]);
  });

  it('after its own pause where AIDR names a shorter one', async () => {
    const { times } = await attemptsOf([reply(429, 0), reply(200)]);
    expect(times[1]).toBeGreaterThanOrEqual(75);
  });
});

describe('a call is not tried again', () => {
  it.each([200, 202, 204, 301, 400, 401, 403, 404, 413, 422])('after %i', async (status) => {
    expect((await attemptsOf([reply(status)])).times).toHaveLength(1);
  });

  it.each<FailureClass>(['timeout', 'circuit_open', 'overloaded', 'invalid_response', 'internal'])(
    'after %s',
    async (failure) => {
      expect((await attemptsOf([failed(failure, '')])).times).toHaveLength(1);
    },
  );

  it('when its answer blocks, whatever its status', async () => {
    const block = reply(503, undefined, '{"result":{"blocked":true}}');
    expect(await attemptsOf([block])).toEqual({ times: [0], last: block });
  });

  it.each([9_960, 10_000, 60_000, Number.POSITIVE_INFINITY])(
    'when AIDR wants it %i ms later and the deadline is in 10000',
    async (retryAfter) => {
      expect((await attemptsOf([reply(503, retryAfter)])).times).toHaveLength(1);
    },
  );

  it('when the deadline would come first', async () => {
    expect((await attemptsOf([reply(503)], 100)).times).toHaveLength(1);
    expect((await attemptsOf([reply(503)], 250)).times).toHaveLength(2);
  });
});
