/** What becomes of messages at which the inspection threw, which is a bug: they are refused, and whoever waits is answered. */
import { messagesIn } from '../../protocols/json-rpc.ts';
import type { Exchange, PendingRequest } from '../../protocols/protocol.ts';
import type { MessageInspector } from '../inspector.ts';
import { failClosed } from '../policy/enforcement.ts';
import { emptyStats } from '../report/inspection-stats.ts';
import { directionOf, type InspectedMessages, type Origin, type PlainMessages } from './message-body.ts';
import { exchangeOf, unreadExchange } from './read-messages.ts';

/** @param detail where it threw, without content */
export function brokenMessages(
  inspector: MessageInspector,
  { bytes, origin }: Pick<PlainMessages, 'bytes' | 'origin'>,
  detail: string,
): InspectedMessages {
  return {
    decision: failClosed(directionOf(origin), { class: 'internal', detail }),
    stats: emptyStats(bytes.length),
    exchange: exchangeIn(inspector, bytes, origin),
  };
}

/** Whatever threw may throw again. */
function exchangeIn(inspector: MessageInspector, bytes: Uint8Array, origin: Origin): Exchange {
  if (origin.from === 'server') return origin.exchange;
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    const exchange = exchangeOf(inspector, origin, value);
    return exchange.binding === undefined ? { ...exchange, pending: requestsIn(value) } : exchange;
  } catch {
    return unreadExchange(inspector);
  }
}

function requestsIn(value: unknown): PendingRequest[] {
  return (messagesIn(value) ?? []).flatMap(({ kind, id, method }) =>
    kind === 'request' && id !== undefined && method !== undefined ? [{ id, method }] : [],
  );
}
