/** Whether a request wants its answer as a stream, as the providers spell it. */
import { pathTest } from './path-spellings.ts';
import type { Provider, StreamRequest } from './provider.ts';
import { PROVIDERS } from './providers.ts';
import { isObject } from './segment.ts';

const requests: readonly StreamRequest[] = (PROVIDERS as readonly Provider[]).flatMap(
  ({ streamRequest }) => streamRequest ?? [],
);

const isAsking = pathTest(requests.flatMap(({ path }) => path ?? []));
/** Each once: most providers look at the same member. */
const asking = [...new Set(requests.flatMap(({ asks }) => asks ?? []))];
const lenient = requests.flatMap(({ mayAsk }) => mayAsk ?? []);

export function mayStream(body: unknown): boolean {
  return isObject(body) && lenient.some((mayAsk) => mayAsk(body));
}

/** @param body the request's parsed body, if it has one */
export function asksForStream(body: unknown, path: string): boolean {
  return isAsking(path) || (isObject(body) && asking.some((asks) => asks(body)));
}
