/**
 * Numbers as they are written. JavaScript rounds those of more than fifteen digits, and a card that lost its last digit is
 * none to whoever looks for cards.
 */

/** How the large numbers of a parsed value are written, by what holds them. */
const sources = new WeakMap<object, Map<string, string>>();

/** Some number may be larger than JavaScript keeps exactly. Fractions have as many digits, and say nothing. */
const HAS_LARGE_NUMBER = /(?<![\d.])\d{16}|\d[eE]\+?\d/;

/**
 * As `JSON.parse`.
 *
 * @throws SyntaxError
 */
export function parseKeepingNumbers(text: string): unknown {
  return HAS_LARGE_NUMBER.test(text) ? (JSON.parse as ParseWithSource)(text, keepSource) : JSON.parse(text);
}

/** @returns how a number is written; undefined where JavaScript's own digits are the same */
export function numberSource(holder: object, key: string | number): string | undefined {
  return sources.get(holder)?.get(String(key));
}

/** @see https://github.com/tc39/proposal-json-parse-with-source */
type Reviver = (this: object, key: string, value: unknown, context: { source?: string }) => unknown;
type ParseWithSource = (text: string, reviver: Reviver) => unknown;

function keepSource(this: object, key: string, value: unknown, { source }: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value) || source === undefined) return value;
  if (Math.abs(value) < Number.MAX_SAFE_INTEGER) return value;
  const known = sources.get(this) ?? new Map<string, string>();
  sources.set(this, known);
  known.set(key, source);
  return value;
}
