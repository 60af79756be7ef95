/** Numbers as JSON writes them, without exponents: `4.1e15` is sixteen digits. */

/** Shorter numbers are counts, indices and settings, wherever they stand. */
export const LEAST_DIGITS = 7;
export const LEAST_NUMBER = 10 ** (LEAST_DIGITS - 1);

/** Longer numbers are nobody's. */
const MAX_DIGITS = 64;

/**
 * @param number as JSON writes it
 * @returns its digits before the point, without an exponent; undefined where they are more than anybody has
 */
export function integerPart(number: string): string | undefined {
  const [, whole = '', fraction = '', exponent = '0'] = PARTS.exec(number) ?? [];
  const length = whole.length + Number(exponent);
  if (length > MAX_DIGITS) return undefined;
  return (whole + fraction).padEnd(length, '0').slice(0, Math.max(length, 0));
}

const PARTS = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
