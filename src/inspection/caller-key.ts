/** Which caller a request counts for: the consumer, or without one the client's address, or without one the route. */
import type { Caller } from './calls/metadata.ts';

/** @param route identifies the route's configuration */
export function callerKey({ user, sourceIp }: Caller, route: string): string {
  if (user !== undefined) return `consumer ${user}`;
  return sourceIp === undefined ? `route ${route}` : `address ${networkOf(sourceIp)}`;
}

/** Tells consumers apart, where one has what is another's other name. */
export function consumerKey({
  username,
  customId,
}: {
  username?: string | undefined;
  customId?: string | undefined;
}): string {
  return JSON.stringify([username ?? null, customId ?? null]);
}

/**
 * Whoever has one IPv6 address has the 2^64 of its network, too.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6177
 */
function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const first = groupsOf(head);
  const last = groupsOf(tail ?? '');
  const embedded = last.at(-1) ?? '';
  if (first.length === 0 && embedded.includes('.')) return embedded;
  const zeros = tail === undefined ? 0 : Math.max(GROUPS - first.length - last.length, 0);
  const groups = [...first, ...new Array<string>(zeros).fill('0'), ...last];
  return `${groups.slice(0, NETWORK_GROUPS).join(':').toLowerCase()}::/64`;
}

/** Of 16 bits each. */
const GROUPS = 8;
const NETWORK_GROUPS = 4;

function groupsOf(part: string): string[] {
  return part === '' ? [] : part.split(':').map((group) => group.replace(/^0+(?=.)/, ''));
}
