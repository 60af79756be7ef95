/** Of the head of a request, what its messages are read with. */
import type { RequestHead } from '../../protocols/protocol.ts';
import { TELLING_HEADERS } from '../../protocols/telling-headers.ts';
import type { HeaderLookup } from '../request-head.ts';

export function requestHead(method: string, path: string, headers: HeaderLookup): RequestHead {
  const told = TELLING_HEADERS.flatMap((name) => {
    const value = headers.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return { method, path, headers: Object.fromEntries(told) };
}
