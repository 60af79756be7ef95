/** The numbers of one contest, and how they compare. */
import type { Measured, Standings } from './comparison.ts';
import { hundredths, median, p99, thousandths } from './percentile.ts';
import type { Row } from './table.ts';
import { AIDR_CALLS, type Route, type Side } from './variants.ts';

const ROUTES: Record<Route, string> = {
  alone: 'gateway alone',
  request: 'request direction',
  both: 'both directions',
  unshortened: 'both directions, no batch hook',
  guarded: 'both directions, guard',
  relay: 'relay, guard',
  relayLive: 'relay, live, guard',
};
const SIDES: Record<Side, string> = {
  ours: 'ours',
  stock: 'stock server',
  twoWorkers: 'ours, two workers',
  peer: 'peer',
};

export function rowsOf(name: string, { variants, aidrMs }: Standings): Row[] {
  const find = (side: Side, route: Route) =>
    variants.filter((one) => 'times' in one).find((one) => one.side === side && one.route === route);
  const alone = find('ours', 'alone');
  return variants.map((one) => {
    const { side, route } = one;
    const gateway = side === 'ours' && route === 'alone' ? ROUTES.alone : `${SIDES[side]}: ${ROUTES[route]}`;
    const label = { case: name, gateway };
    if ('problem' in one) return { ...label, 'p50 ms': one.problem };
    const stock = find('stock', route);
    const p50 = median(one.times);
    const added = p50 - p50Of(alone);
    return {
      ...label,
      'p50 ms': thousandths(p50),
      'p99 ms': thousandths(p99(one.times)),
      'requests/s': Math.round(one.times.length / one.seconds),
      ...(route === 'alone'
        ? {}
        : {
            'added ms': thousandths(added),
            'added without AIDR ms': thousandths(added - AIDR_CALLS[route] * aidrMs),
            'p50 ÷ alone': hundredths(p50 / p50Of(alone)),
            'requests/s ÷ phases': hundredths(rateOf(one) / rateOf(find(side, 'guarded'))),
            'p50 ÷ stock': hundredths(p50 / p50Of(stock)),
            'plugin server CPU µs': Math.round(perRequest(one, 'pluginServers')),
            'CPU ÷ stock': hundredths(perRequest(one, 'pluginServers') / perRequest(stock, 'pluginServers')),
          }),
      'gateway CPU µs': Math.round(perRequest(one, 'workers')),
    };
  });
}

function rateOf(one: Measured | undefined): number {
  return one ? one.times.length / one.seconds : Number.NaN;
}

function p50Of(one: Measured | undefined): number {
  return one ? median(one.times) : Number.NaN;
}

/** @returns microseconds; NaN where there is no such process */
function perRequest(one: Measured | undefined, whose: 'pluginServers' | 'workers'): number {
  const isMissing = one?.side === 'peer' && whose === 'pluginServers';
  return one && !isMissing ? one.cpu[whose] / one.times.length : Number.NaN;
}
