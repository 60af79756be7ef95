/** The validators of Kong's schema language, in the order in which Kong runs them, with Kong's messages. */

import { matchesPattern } from '../lua/pattern.ts';
import { type Field, isTable, type NamedPattern, type Validators } from './schema.ts';

type Check = (value: never, argument: never) => string | undefined;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const CHECKS: readonly (readonly [name: keyof Validators, check: Check])[] = [
  [
    'eq',
    (value: unknown, wanted: unknown) => (value === wanted ? undefined : `value must be ${String(wanted)}`),
  ],
  [
    'ne',
    (value: unknown, wanted: unknown) =>
      value !== wanted ? undefined : `value must not be ${String(value)}`,
  ],
  [
    'not_one_of',
    (value: unknown, list: readonly unknown[]) =>
      list.includes(value) ? `must not be one of: ${list.join(', ')}` : undefined,
  ],
  [
    'one_of',
    (value: unknown, list: readonly unknown[]) =>
      list.includes(value) ? undefined : `expected one of: ${list.join(', ')}`,
  ],
  [
    'gt',
    (value: number, limit: number) => (value > limit ? undefined : `value must be greater than ${limit}`),
  ],
  ['timestamp', (value: number) => (value > 0 ? undefined : 'expected a valid timestamp')],
  ['uuid', (value: string) => (UUID.test(value) ? undefined : 'expected a valid UUID')],
  ['is_regex', (value: string) => (isRegex(value) ? undefined : `not a valid regex: ${value}`)],
  [
    'between',
    (value: number, [low, high]: readonly [number, number]) =>
      value < low || value > high ? `value should be between ${low} and ${high}` : undefined,
  ],
  ['len_eq', (value: unknown, n: number) => (length(value) === n ? undefined : `length must be ${n}`)],
  [
    'len_min',
    (value: unknown, n: number) => (length(value) >= n ? undefined : `length must be at least ${n}`),
  ],
  [
    'len_max',
    (value: unknown, n: number) => (length(value) <= n ? undefined : `length must be at most ${n}`),
  ],
  [
    'starts_with',
    (value: string, start: string) => (value.startsWith(start) ? undefined : `should start with: ${start}`),
  ],
  [
    'not_match',
    (value: string, pattern: string) =>
      matchesPattern(value, pattern) ? `invalid value: ${value}` : undefined,
  ],
  [
    'match_none',
    (value: string, list: readonly NamedPattern[]) => named(list, (p) => matchesPattern(value, p)),
  ],
  [
    'match',
    (value: string, pattern: string) =>
      matchesPattern(value, pattern) ? undefined : `invalid value: ${value}`,
  ],
  [
    'match_all',
    (value: string, list: readonly NamedPattern[]) => named(list, (p) => !matchesPattern(value, p)),
  ],
  [
    'match_any',
    (value: string, any: { readonly patterns: readonly string[]; readonly err?: string }) =>
      any.patterns.some((pattern) => matchesPattern(value, pattern))
        ? undefined
        : (any.err ?? `invalid value: ${value}`),
  ],
  [
    'contains',
    (value: readonly unknown[], wanted: unknown) =>
      value.includes(wanted) ? undefined : `expected to contain: ${String(wanted)}`,
  ],
  ['custom', (value: never, check: (value: never) => string | undefined) => check(value)],
];

/** Runs every validator that the field names; the message of the first that fails. */
export function runValidators(field: Field, value: unknown): string | undefined {
  for (const [name, check] of CHECKS) {
    const argument = field[name];
    if (argument === undefined) continue;
    const error = check(value as never, argument as never);
    if (error !== undefined) return field.err ?? error;
  }
  return undefined;
}

/** Lua's length: bytes of a string, entries of a table. */
function length(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  return isTable(value) || Array.isArray(value) ? Object.keys(value).length : 0;
}

function named(list: readonly NamedPattern[], fails: (pattern: string) => boolean): string | undefined {
  const failed = list.find(({ pattern }) => fails(pattern));
  return failed === undefined ? undefined : (failed.err ?? `invalid value: ${failed.pattern}`);
}

function isRegex(value: string): boolean {
  try {
    return new RegExp(value) !== undefined;
  } catch {
    return false;
  }
}
