/** Percentiles of measured times. */

/** A percentile of fewer would be one of them, or none. */
const FEWEST_FOR_P99 = 200;

/** @param ascending milliseconds; NaN when there are none */
export function median(ascending: ArrayLike<number>): number {
  return at(ascending, 0.5);
}

/** @param ascending milliseconds; NaN when there are too few to tell */
export function p99(ascending: ArrayLike<number>): number {
  return ascending.length < FEWEST_FOR_P99 ? Number.NaN : at(ascending, 0.99);
}

function at(ascending: ArrayLike<number>, fraction: number): number {
  return ascending[Math.floor(fraction * (ascending.length - 1))] ?? Number.NaN;
}

export function thousandths(value: number): number {
  return Math.round(value * 1000) / 1000;
}

export function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
