import { afterEach, expect, test, vi } from 'vitest';
import { Tickets } from './tickets.ts';

afterEach(() => {
  vi.useRealTimers();
});

test('a ticket is good for one claim', () => {
  const tickets = new Tickets<string>();
  const id = tickets.issue('subject') ?? '';
  expect(id).toMatch(/^[\w-]{12}\.[\da-f-]{36}$/);
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
  vi.advanceTimersByTime(600_000);
  expect(tickets.claim(first)).toBeUndefined();
  expect(tickets.issue(-1)).toBeDefined();
});

test('a process that is to end does not wait long for those who do not come', () => {
  vi.useFakeTimers();
  const tickets = new Tickets<string>();
  const id = tickets.issue('subject') ?? '';
  expect(tickets.waiting).toBe(1);
  vi.advanceTimersByTime(30_000);
  expect(tickets.waiting).toBe(0);
  expect(tickets.claim(id)).toBe('subject');
});

test('a ticket is good for nothing before it is filled', () => {
  const tickets = new Tickets<string>();
  const id = tickets.reserve() ?? '';
  expect(tickets.peek(id)).toBeUndefined();
  expect(tickets.claim(id)).toBeUndefined();
  expect(tickets.fill(id, 'subject', '')).toBe(false);
});

test('a ticket can be looked at and filled again until it is claimed', () => {
  const tickets = new Tickets<string>();
  const id = tickets.issue('one') ?? '';
  expect(tickets.peek(id)).toBe('one');
  expect(tickets.fill(id, 'two', '')).toBe(true);
  expect(tickets.claim(id)).toBe('two');
});

test('a caller with many tickets loses one to a caller with none', () => {
  const tickets = new Tickets<string>();
  const many = Array.from({ length: 10_000 }, () => tickets.issue('theirs', 'many') ?? '');
  expect(tickets.issue('theirs', 'many')).toBeUndefined();
  const own = tickets.issue('own', 'few') ?? '';
  expect(tickets.peek(own)).toBe('own');
  expect(many.filter((id) => tickets.peek(id) === undefined)).toEqual(many.slice(-1));
});

test('a ticket of another process means nothing here', () => {
  const [one, other] = [new Tickets<string>(), new Tickets<string>()];
  expect(one.process).not.toBe(other.process);
  expect(one.claim(other.issue('theirs') ?? '')).toBeUndefined();
});
