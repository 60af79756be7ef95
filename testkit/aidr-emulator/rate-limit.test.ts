import { describe, expect, it } from 'vitest';
import { type RateLimit, RateLimiter } from './rate-limit.ts';

/** A limiter with a clock that is set by hand. */
function limiterWith(limit: RateLimit) {
  const clock = { now: 0 };
  const limiter = new RateLimiter(() => clock.now);
  limiter.set(limit);
  const passes = (key = 'one') => limiter.take(key) === undefined;
  return { limiter, clock, passes };
}

describe('a rate limit', () => {
  it('lets a burst pass, then what comes back with time', () => {
    const { clock, passes } = limiterWith({ perSecond: 2, burst: 3 });
    expect([passes(), passes(), passes(), passes()]).toEqual([true, true, true, false]);
    clock.now = 499;
    expect(passes()).toBe(false);
    clock.now = 500;
    expect([passes(), passes()]).toEqual([true, false]);
  });

  it('never saves up more than a burst', () => {
    const { clock, passes } = limiterWith({ perSecond: 100, burst: 2 });
    passes();
    clock.now = 3_600_000;
    expect([passes(), passes(), passes()]).toEqual([true, true, false]);
  });

  it('holds for each key of its own', () => {
    const { passes } = limiterWith({ perSecond: 1, burst: 1 });
    expect([passes('one'), passes('other'), passes('one')]).toEqual([true, true, false]);
  });

  it.each([
    [10, 0, '1'],
    [1, 0, '1'],
    [0.1, 0, '10'],
    [0.1, 4000, '6'],
  ])('of %d a second says after %d ms to come back in %s s', (perSecond, waited, seconds) => {
    const { limiter, clock } = limiterWith({ perSecond, burst: 1 });
    limiter.take('one');
    clock.now = waited;
    expect(limiter.take('one')?.headers).toEqual({ 'retry-after': seconds });
  });

  it.each([
    ['gateway', { errors: [{ code: 429, message: 'API rate limit exceeded.' }] }],
    ['pangea', { status: 'TooManyRequests', result: null }],
  ] as const)('refuses in the envelope %s', (form, body) => {
    const { limiter } = limiterWith({ perSecond: 1, burst: 1, form });
    limiter.take('one');
    expect(limiter.take('one')).toMatchObject({ status: 429, body });
  });

  it('is over when it is lifted, and starts anew when it is set', () => {
    const { limiter, passes } = limiterWith({ perSecond: 1, burst: 1 });
    passes();
    limiter.set({ perSecond: 1, burst: 1 });
    expect([passes(), passes()]).toEqual([true, false]);
    limiter.set(undefined);
    expect([passes(), passes()]).toEqual([true, true]);
  });

  it.each([
    { perSecond: 0, burst: 1 },
    { perSecond: -1, burst: 1 },
    { perSecond: Number.NaN, burst: 1 },
    { perSecond: 1, burst: 0 },
    { perSecond: 1, burst: 1.5 },
  ])('is not %j', (limit) => {
    expect(() => new RateLimiter().set(limit)).toThrow();
  });
});
