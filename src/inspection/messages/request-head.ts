/** Of the head of a request, what its messages are read with. */
import type { RequestHead } from '../../protocols/protocol.ts';
import { isTellingHeader } from '../../protocols/telling-headers.ts';
import type { HeaderLookup } from '../request-head.ts';

export function requestHead(
  method: string,
  path: string,
  headers: HeaderLookup & { names: readonly string[] },
): RequestHead {
  const told = headers.names.filter(isTellingHeader).map((name) => [name, headers.get(name) ?? ''] as const);
  return { method, path, headers: Object.fromEntries(told) };
}
