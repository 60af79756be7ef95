/** Ways to an LLM without our plugins: callers who find them are inspected by nobody. */
import { addressOf, hostsOf, isLoopback, leadsToLlm } from '../addresses.ts';
import type { Finding } from '../finding.ts';
import { type Hop, internalRoutesOf, isChecked, isClosed } from '../internal-route.ts';
import type { Configuration, Deployment, Traffic } from '../model.ts';
import { isInspected } from '../plugin-of.ts';

export function unprotectedRoutes({ traffic, configuration, settings }: Deployment): Finding[] {
  const inspected = traffic.filter(isInspected);
  const internal = internalRoutesOf(traffic, settings);
  return traffic
    .filter((one) => one.scope.route && !isInspected(one))
    .flatMap((one): Finding[] => {
      const hop = internal.get(one);
      if (isChecked(one) || (hop && isClosed(one))) return [];
      if (hop) return [open(one, hop)];
      const twin = inspected.find((other) => isSameProvider(one, other, configuration));
      if (!twin && !leadsToLlm(one, configuration)) return [];
      return [unprotected(one, twin)];
    });
}

function unprotected({ place }: Traffic, twin: Traffic | undefined): Finding {
  return {
    code: 'unprotected-route',
    level: 'warning',
    place,
    problem: twin
      ? `unprotected: it leads to the same provider as ${twin.place}, and nothing inspects it`
      : 'unprotected: it leads to an LLM, and nothing inspects it',
    remedy: 'add both plugins and the guard, or make them global',
  };
}

function open({ place }: Traffic, hop: Hop): Finding {
  return {
    code: 'open-internal-route',
    level: 'error',
    place,
    problem: 'callers can reach this internal route, around the plugins of the route before it',
    remedy:
      hop === 'setting'
        ? 'add what `aidr-kong internal-route` prints'
        : 'let it match a header that only that route sends',
  };
}

function isSameProvider(one: Traffic, other: Traffic, configuration: Configuration): boolean {
  const [own, others] = [one, other].map((each) => providersOf(each, configuration));
  return (own ?? []).some((host) => others?.includes(host));
}

/** On this machine every port is another server. */
function providersOf({ scope: { service } }: Traffic, configuration: Configuration): string[] {
  const port = service && addressOf(service)?.port;
  return hostsOf(service, configuration).map((host) => (isLoopback(host) ? `${host}:${port}` : host));
}
