/**
 * Numbers as they are written. JavaScript rounds those of more than fifteen digits, and a card that lost its last digit is
 * none to whoever looks for cards.
 */
import type { Path } from './edit.ts';

/** Events of streams are thousands: those that have no number of so many digits are not kept. */
const SMALL = 1_024;
const HAS_LARGE_NUMBER = /\d{15}/;

/** The texts of parsed values, for the few of which somebody asks. */
const texts = new WeakMap<object, string>();

/** How the large numbers of a value are written, by what holds them. */
const sources = new WeakMap<object, Map<string, string>>();

/** The same values, with the numbers that `sources` knows. */
const parsedAgain = new WeakMap<object, unknown>();

/** As `JSON.parse`, remembering the text as long as the value lives. @throws SyntaxError */
export function parseKeepingText(text: string): unknown {
  const value: unknown = JSON.parse(text);
  const mayBeAsked = text.length > SMALL || HAS_LARGE_NUMBER.test(text);
  if (mayBeAsked && typeof value === 'object' && value !== null) texts.set(value, text);
  return value;
}

/** @returns how the number at a path is written; undefined where JavaScript's own digits are the same */
export function numberSource(root: unknown, path: Path): string | undefined {
  const text = typeof root === 'object' && root !== null ? texts.get(root) : undefined;
  if (text === undefined || typeof root !== 'object' || root === null) return undefined;
  const again = parsedAgain.get(root) ?? (JSON.parse as ParseWithSource)(text, keepSource);
  parsedAgain.set(root, again);
  let holder = again;
  for (const step of path.slice(0, -1)) holder = (holder as Record<string | number, unknown>)[step];
  return sources.get(holder as object)?.get(String(path.at(-1)));
}

/** @see https://github.com/tc39/proposal-json-parse-with-source */
type Reviver = (this: object, key: string, value: unknown, context: { source?: string }) => unknown;
type ParseWithSource = (text: string, reviver: Reviver) => unknown;

function keepSource(this: object, key: string, value: unknown, { source }: { source?: string }): unknown {
  if (typeof value !== 'number' || Math.abs(value) <= Number.MAX_SAFE_INTEGER || source === undefined)
    return value;
  const known = sources.get(this) ?? new Map<string, string>();
  sources.set(this, known);
  known.set(key, source);
  return value;
}
