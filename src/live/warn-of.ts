/** What operators are told of an upstream that gave no answer, where its cure is theirs. */
import { ANOTHER_ROUTE, type Called, type Upstream } from './upstream.ts';

const ON_ANOTHER_ROUTE =
  'internal_route_url: an answer was not of the internal route: Kong prefers another route for this request, or the route has no check or refuses the ticket';

export function warnOf(
  { code, proxy, why }: Extract<Called, { ok: false }>,
  { host, serverName }: Upstream,
  warn: (text: string) => void,
): void {
  if (proxy !== undefined) warn(`the relay gets no connection to ${host}: ${proxy}`);
  if (why === 'not_trusted') {
    warn(`the live relay does not trust the certificate of ${host} as one of ${serverName} (${code})`);
  }
  if (code === ANOTHER_ROUTE) warn(ON_ANOTHER_ROUTE);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    warn(
      `the live relay finds no address for ${host}: it cannot follow Kong's "upstream" entities; use internal_route_url, or name the provider in upstream_url`,
    );
  }
}
