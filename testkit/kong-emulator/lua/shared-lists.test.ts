import { afterEach, expect, it, vi } from 'vitest';
import { SharedLists } from './shared-lists.ts';

afterEach(() => vi.useRealTimers());

it('gives each value once, the newest first', () => {
  const lists = new SharedLists();
  expect([lists.push('a', 1), lists.push('a', 2), lists.push('b', 3)]).toEqual([1, 2, 1]);
  expect([lists.pop('a'), lists.pop('a'), lists.pop('a'), lists.pop('b')]).toEqual([2, 1, undefined, 3]);
});

it('has no room for more than Kong gives it, until something is gone', () => {
  const lists = new SharedLists();
  const text = 'x'.repeat(4_000_000);
  expect([lists.push('a', text), lists.push('a', text), lists.push('a', text)]).toEqual([1, 2, undefined]);
  expect([lists.push('b', 'x'), lists.pop('a'), lists.push('c', text)]).toEqual([1, text, 1]);
  lists.delete('a');
  expect(lists.push('d', text.slice(1_000))).toBe(1);
});

it('forgets a list whose time is over, and one that was deleted', () => {
  vi.useFakeTimers();
  const lists = new SharedLists();
  lists.push('a', 1);
  lists.push('b', 2);
  expect([lists.expire('a', 10), lists.expire('c', 10)]).toEqual([true, false]);
  vi.advanceTimersByTime(9_999);
  expect(lists.push('a', 3)).toBe(2);
  vi.advanceTimersByTime(2);
  lists.delete('b');
  expect([lists.pop('a'), lists.pop('b')]).toEqual([undefined, undefined]);
});
