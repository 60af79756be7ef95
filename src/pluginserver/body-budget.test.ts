import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { Reservation } from '../fair-share/fair-budget.ts';
import { BodyBudget } from './body-budget.ts';

const ignore = () => undefined;

/** Bodies of one caller. */
function charge(
  budget: BodyBudget,
  caller: string,
  bytes: number,
  onRevoked = ignore,
): Reservation | undefined {
  const arrived = budget.arrive(bytes, ignore);
  return arrived && budget.charge(arrived, caller, onRevoked);
}

describe('bodies', () => {
  it('of one caller may take all there is', () => {
    const budget = new BodyBudget(100);
    for (let i = 0; i < 10; i++) expect(charge(budget, 'a', 10)).toBeDefined();
    expect(charge(budget, 'a', 10)).toBeUndefined();
    expect([budget.held, budget.shortages('total')]).toEqual([100, 1]);
  });

  it('of another caller arrive all the same, and get their share', () => {
    const budget = new BodyBudget(100);
    const onRevoked = vi.fn();
    for (let i = 0; i < 10; i++) charge(budget, 'flood', 10, i === 9 ? onRevoked : ignore);
    expect(charge(budget, 'other', 10)).toBeDefined();
    expect(onRevoked).toHaveBeenCalledOnce();
    expect([budget.held, budget.shortages('revoked')]).toEqual([100, 1]);
  });

  it("that are nobody's yet take nothing from callers, but a small one takes it from a large one", () => {
    const budget = new BodyBudget(100);
    charge(budget, 'flood', 100);
    const onRevoked = vi.fn();
    expect(budget.arrive(20, onRevoked)).toBeDefined();
    expect(budget.arrive(20, ignore)).toBeUndefined();
    expect(onRevoked).not.toHaveBeenCalled();
    expect(budget.arrive(10, ignore)).toBeDefined();
    expect(onRevoked).toHaveBeenCalledOnce();
    expect(budget.shortages('total')).toBe(1);
  });

  it('whatever comes and goes are no more than the limit and a quarter, and all come back', () => {
    const anyStep = fc.record({
      do: fc.constantFrom('arrive', 'charge', 'release'),
      index: fc.nat(20),
      caller: fc.constantFrom('a', 'b', 'c'),
      bytes: fc.integer({ min: 1, max: 60 }),
    });
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 60 }), (steps) => {
        const budget = new BodyBudget(100);
        let arrived: Reservation[] = [];
        const charged: Reservation[] = [];
        for (const { do: what, index, caller, bytes } of steps) {
          if (what === 'arrive')
            arrived.push(...[budget.arrive(bytes, ignore)].filter((one) => one !== undefined));
          const one = arrived[index % Math.max(arrived.length, 1)];
          if (what === 'charge' && one) {
            const own = budget.charge(one, caller, ignore);
            if (own) charged.push(own);
            arrived = arrived.filter((other) => other !== one);
          }
          if (what === 'release') charged[index % Math.max(charged.length, 1)]?.release();
          const sum = [...arrived, ...charged].reduce((total, { amount }) => total + amount, 0);
          expect(budget.held).toBe(sum);
          expect(sum).toBeLessThanOrEqual(125);
          expect(charged.reduce((total, { amount }) => total + amount, 0)).toBeLessThanOrEqual(100);
        }
        for (const one of [...arrived, ...charged]) one.release();
        expect(budget.held).toBe(0);
      }),
    );
  });
});
