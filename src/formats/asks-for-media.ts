/** Whether a request can be answered with media alone, as the providers spell it. */
import { pathTest } from './path-spellings.ts';
import type { Provider } from './provider.ts';
import { PROVIDERS } from './providers.ts';
import { isObject } from './segment.ts';

const providers: readonly Provider[] = PROVIDERS;
const servers = providers.flatMap((provider) => provider.servers ?? []);
const requests = [...providers, ...servers].flatMap(
  ({ mediaRequest }: Pick<Provider, 'mediaRequest'>) => mediaRequest ?? [],
);

const isAsking = pathTest(requests.flatMap(({ path }) => path ?? []));
/** Each once: providers can share them. */
const asking = [...new Set(requests.flatMap(({ asks }) => asks ?? []))];

/** @param body the request's parsed body, if it has one */
export function asksForMedia(body: unknown, path: string): boolean {
  return isAsking(path) || (isObject(body) && asking.some((asks) => asks(body)));
}
