import { afterEach, expect, test, vi } from 'vitest';
import { Tickets } from './tickets.ts';

afterEach(() => {
  vi.useRealTimers();
});

test('a ticket is good for one claim', () => {
  const tickets = new Tickets<string>();
  const id = tickets.issue('subject') ?? '';
  expect(id).toMatch(/^[\w-]{43}$/);
  expect(tickets.claim(id)).toBe('subject');
  expect(tickets.claim(id)).toBeUndefined();
  expect(tickets.claim('')).toBeUndefined();
});

test('a ticket that nobody claims expires, and makes room', () => {
  vi.useFakeTimers();
  const tickets = new Tickets<number>();
  const first = tickets.issue(0) ?? '';
  for (let count = 1; count < 10_000; count++) tickets.issue(count);
  expect(tickets.issue(-1)).toBeUndefined();
  vi.advanceTimersByTime(60_000);
  expect(tickets.claim(first)).toBeUndefined();
  expect(tickets.issue(-1)).toBeDefined();
});
