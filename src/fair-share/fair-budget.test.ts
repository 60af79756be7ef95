import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { FairBudget, type Reservation, SHORTAGES } from './fair-budget.ts';

const ignore = () => undefined;

/** Reservations of one caller each, which leave the list when they are revoked. */
function holding(budget: FairBudget) {
  const held = new Map<string, Reservation[]>();
  const revoked: string[] = [];
  return {
    revoked,
    of: (caller: string) => held.get(caller) ?? [],
    amountOf: (caller: string) => (held.get(caller) ?? []).reduce((sum, { amount }) => sum + amount, 0),
    reserve(caller: string, amount: number): boolean {
      const list = held.get(caller) ?? [];
      held.set(caller, list);
      const reservation = budget.reserve(caller, amount, () => {
        if (reservation) list.splice(list.indexOf(reservation), 1);
        revoked.push(caller);
      });
      if (reservation) list.push(reservation);
      return reservation !== undefined;
    },
  };
}

const shortagesOf = (budget: FairBudget) => SHORTAGES.map((why) => budget.shortages(why));

describe('a caller that is alone', () => {
  it('may have all there is, and loses nothing to itself', () => {
    const budget = new FairBudget(100);
    const holdings = holding(budget);
    for (let i = 0; i < 10; i++) expect(holdings.reserve('a', 10)).toBe(true);
    expect(holdings.reserve('a', 1)).toBe(false);
    expect(budget.held).toBe(100);
    expect(holdings.revoked).toEqual([]);
    expect(shortagesOf(budget)).toEqual([1, 0, 0]);
  });

  it('is refused what would never fit', () => {
    expect(new FairBudget(100).reserve('a', 101, ignore)).toBeUndefined();
  });
});

describe('a caller that comes when another has everything', () => {
  it('gets its share: what the other reserved last is revoked', () => {
    const budget = new FairBudget(100);
    const kept = budget.reserve('flood', 50, ignore);
    const onRevoked = vi.fn();
    const latest = budget.reserve('flood', 50, onRevoked);
    expect(budget.reserve('other', 40, ignore)?.amount).toBe(40);
    expect(onRevoked).toHaveBeenCalledOnce();
    expect([kept?.amount, latest?.amount]).toEqual([50, 0]);
    expect(budget.held).toBe(90);
    expect(shortagesOf(budget)).toEqual([0, 0, 1]);
  });

  it('gets no more than the other has left', () => {
    const budget = new FairBudget(100);
    const holdings = holding(budget);
    for (let i = 0; i < 10; i++) holdings.reserve('flood', 10);
    for (let i = 0; i < 10; i++) holdings.reserve('other', 10);
    expect([holdings.amountOf('flood'), holdings.amountOf('other')]).toEqual([50, 50]);
    expect(holdings.reserve('flood', 10)).toBe(false);
    expect(shortagesOf(budget)).toEqual([0, 6, 5]);
  });

  it('costs nobody anything when it would not get enough', () => {
    const budget = new FairBudget(100);
    const holdings = holding(budget);
    for (let i = 0; i < 10; i++) holdings.reserve('flood', 10);
    expect(holdings.reserve('other', 60)).toBe(false);
    expect(holdings.revoked).toEqual([]);
    expect(budget.held).toBe(100);
  });

  it('takes from the largest, and leaves small ones that need not go', () => {
    const budget = new FairBudget(100);
    const holdings = holding(budget);
    holdings.reserve('small', 20);
    holdings.reserve('large', 60);
    for (let i = 0; i < 4; i++) holdings.reserve('large', 5);
    expect(holdings.reserve('other', 30)).toBe(true);
    expect(holdings.amountOf('small')).toBe(20);
    expect(holdings.of('large').map(({ amount }) => amount)).toEqual([5, 5, 5, 5]);
  });

  it('is served however many others are there, as long as it asks for little', () => {
    const budget = new FairBudget(64 * 1_048_576);
    const holdings = holding(budget);
    for (let i = 0; i < 500; i++) holdings.reserve(`address ${i}`, 131_072);
    for (let i = 0; i < 64; i++) holdings.reserve(`consumer ${i}`, 1_048_576);
    expect(holdings.reserve('other', 100_000)).toBe(true);
  });
});

describe('a reservation', () => {
  it('grows as the budget allows, at the cost of larger callers too', () => {
    const budget = new FairBudget(100);
    const growing = budget.reserve('a', 10, ignore);
    const onRevoked = vi.fn();
    budget.reserve('flood', 90, onRevoked);
    expect(growing?.grow(20)).toBe(true);
    expect(onRevoked).toHaveBeenCalledOnce();
    expect(growing?.grow(71)).toBe(false);
    expect([growing?.amount, budget.held]).toEqual([30, 30]);
  });

  it('is over when it was released or revoked: nothing brings it back', () => {
    const budget = new FairBudget(100);
    const reservation = budget.reserve('a', 100, ignore);
    budget.reserve('b', 10, ignore);
    reservation?.release();
    expect(reservation?.grow(1)).toBe(false);
    expect([budget.held, budget.callers]).toEqual([10, 1]);
  });

  it('may be followed by another of the same caller while others are told of what they lost', () => {
    const budget = new FairBudget(100);
    let second: Reservation | undefined;
    budget.reserve('flood', 100, () => {
      second = budget.reserve('other', 20, ignore);
    });
    const first = budget.reserve('other', 10, ignore);
    expect([first?.amount, second?.amount, budget.held]).toEqual([10, 20, 30]);
  });
});

describe('a budget whose limit depends on something else', () => {
  it('grants nothing above it, and takes nothing back when it shrinks', () => {
    let limit = 100;
    const budget = new FairBudget(() => limit);
    budget.reserve('a', 80, ignore);
    limit = 50;
    expect(budget.reserve('a', 1, ignore)).toBeUndefined();
    expect([budget.held, budget.limit]).toEqual([80, 50]);
  });
});

const LIMIT = 100;
const CALLERS = ['a', 'b', 'c', 'd', 'e'];

const anyCaller = fc.constantFrom(...CALLERS);
const anyAmount = fc.integer({ min: 1, max: 60 });
const anyIndex = fc.nat(30);
const anyStep = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('reserve' as const), caller: anyCaller, amount: anyAmount }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('grow' as const), index: anyIndex, amount: anyAmount }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('release' as const), index: anyIndex }) },
);

describe('whatever callers ask for and give back', () => {
  it('the limit holds, nothing is refused while there is room or below an equal share, and all comes back', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 80 }), (steps) => {
        const budget = new FairBudget(LIMIT);
        const live = new Map<Reservation, string>();
        const amountOf = (caller: string) =>
          [...live].reduce((sum, [{ amount }, owner]) => sum + (owner === caller ? amount : 0), 0);
        for (const step of steps) {
          const chosen = 'index' in step ? [...live][step.index % Math.max(live.size, 1)] : undefined;
          if (step.do === 'release') {
            if (chosen) live.delete(chosen[0]);
            chosen?.[0].release();
          } else {
            const caller = step.do === 'reserve' ? step.caller : chosen?.[1];
            if (caller === undefined) continue;
            const before = new Map(CALLERS.map((name) => [name, amountOf(name)]));
            const free = LIMIT - budget.held;
            const level = (before.get(caller) ?? 0) + step.amount;
            let isGranted: boolean;
            if (step.do === 'reserve') {
              const reservation = budget.reserve(caller, step.amount, () => {
                if (reservation) live.delete(reservation);
              });
              if (reservation) live.set(reservation, caller);
              isGranted = reservation !== undefined;
            } else isGranted = chosen?.[0].grow(step.amount) ?? false;
            const asking = CALLERS.filter((name) => name === caller || (before.get(name) ?? 0) > 0).length;
            if (step.amount <= free) expect(isGranted).toBe(true);
            if (level <= LIMIT / asking) expect(isGranted).toBe(true);
            for (const [name, held] of before) {
              if (amountOf(name) >= held) continue;
              expect({ isGranted, wasLarger: held > level, hadRoom: step.amount <= free }).toEqual({
                isGranted: true,
                wasLarger: true,
                hadRoom: false,
              });
            }
          }
          expect(budget.held).toBeLessThanOrEqual(LIMIT);
          expect(budget.held).toBe(CALLERS.reduce((sum, name) => sum + amountOf(name), 0));
          expect(budget.callers).toBe(new Set(live.values()).size);
        }
        for (const reservation of live.keys()) reservation.release();
        expect([budget.held, budget.callers]).toEqual([0, 0]);
      }),
      { numRuns: 300 },
    );
  });

  it('each ends with what it wants or an equal share of what the others leave, but for one item', () => {
    const anyDemand = fc.record({
      item: fc.integer({ min: 1, max: 20 }),
      count: fc.integer({ min: 0, max: 60 }),
    });
    fc.assert(
      fc.property(
        fc.array(anyDemand, { minLength: 1, maxLength: 6 }),
        fc.infiniteStream(fc.nat(5)),
        (demands, order) => {
          const budget = new FairBudget(LIMIT);
          const holdings = holding(budget);
          const demandOf = ({ item, count }: { item: number; count: number }) => item * count;
          const tryOnce = (index: number) => {
            const demand = demands[index];
            if (!demand || holdings.of(`${index}`).length >= demand.count) return false;
            return holdings.reserve(`${index}`, demand.item);
          };
          for (let i = 0; i < 200; i++) tryOnce(order.next().value % demands.length);
          // Then all of them as often as it changes anything.
          for (
            let round = 0;
            round < 200 && demands.map((_, index) => tryOnce(index)).some(Boolean);
            round++
          );
          const share = equalShare(demands.map(demandOf), LIMIT);
          const granularity = Math.max(...demands.map(({ item }) => item));
          for (const [index, demand] of demands.entries()) {
            expect(holdings.amountOf(`${index}`)).toBeGreaterThan(
              Math.min(demandOf(demand), share) - granularity,
            );
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});

/** The level to which a limit fills all demands that are higher. */
function equalShare(demands: readonly number[], limit: number): number {
  let left = limit;
  const rising = demands.toSorted((a, b) => a - b);
  for (const [index, demand] of rising.entries()) {
    const share = left / (rising.length - index);
    if (demand > share) return share;
    left -= demand;
  }
  return Number.POSITIVE_INFINITY;
}
