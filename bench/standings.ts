/** The numbers of one contest, and how they compare. */
import type { Measured, Unfit } from './contest.ts';
import { AIDR_CALLS, type Route, type Side } from './contestants.ts';
import type { Row } from './table.ts';

/** A percentile of fewer requests would be one of them, or none. */
const FEWEST_FOR_P99 = 200;

const ROUTES: Record<Route, string> = {
  alone: 'gateway alone',
  request: 'request leg',
  both: 'both legs',
  guarded: 'both legs, guard',
};
const SIDES: Record<Side, string> = { ours: 'ours', stock: 'stock server', peer: 'peer' };

/** @param aidrMs what one call to AIDR takes by itself */
export function rowsOf(name: string, standings: (Measured | Unfit)[], aidrMs: number): Row[] {
  const find = (side: Side, route: Route) =>
    standings.filter((one) => 'times' in one).find((one) => one.side === side && one.route === route);
  const alone = find('ours', 'alone');
  return standings.map((one) => {
    const { side, route } = one;
    const gateway = route === 'alone' ? ROUTES.alone : `${SIDES[side]}: ${ROUTES[route]}`;
    const label = { case: name, gateway };
    if ('problem' in one) return { ...label, 'p50 ms': one.problem };
    const stock = find('stock', route);
    const added = median(one) - median(alone);
    return {
      ...label,
      'p50 ms': thousandths(median(one)),
      'p99 ms': one.times.length < FEWEST_FOR_P99 ? Number.NaN : thousandths(at(one.times, 0.99)),
      'requests/s': Math.round(one.times.length / one.seconds),
      ...(route === 'alone'
        ? {}
        : {
            'added ms': thousandths(added),
            'added without AIDR ms': thousandths(added - AIDR_CALLS[route] * aidrMs),
            'p50 ÷ alone': hundredths(median(one) / median(alone)),
            'p50 ÷ stock': hundredths(median(one) / median(stock)),
            'plugin server CPU µs': Math.round(perRequest(one, 'pluginServers')),
            'CPU ÷ stock': hundredths(perRequest(one, 'pluginServers') / perRequest(stock, 'pluginServers')),
          }),
      'gateway CPU µs': Math.round(perRequest(one, 'workers')),
    };
  });
}

function median(one: Measured | undefined): number {
  return one ? at(one.times, 0.5) : Number.NaN;
}

/** @returns microseconds */
function perRequest(one: Measured | undefined, whose: 'pluginServers' | 'workers'): number {
  return one ? one.cpu[whose] / one.times.length : Number.NaN;
}

/** @param times in ascending order */
export function at(times: Float64Array, fraction: number): number {
  return times[Math.floor(fraction * (times.length - 1))] ?? Number.NaN;
}

export function thousandths(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
