/** How an answer ends that may not go on. */
import type { StreamEvent } from '../body/stream/document.ts';
import type { Framing } from '../body/stream/framing.ts';
import { SSE } from '../body/stream/sse.ts';
import { streamEnd } from '../formats/stream-end.ts';
import { cannotInspect } from '../inspection/open-body.ts';
import type { Decision } from '../inspection/policy/decision.ts';
import { noRoom } from '../inspection/policy/no-room.ts';
import type { Rejection } from '../inspection/policy/rejection.ts';
import type { Relayed } from './relayed.ts';

/** What there is of a stream: its events, and how many of them the client has. */
export interface Seen {
  framing: Framing | undefined;
  events: readonly StreamEvent[];
  count: number;
}

/** An answer of its own where nothing was sent; else the stream ends in the provider's terms. */
export function refuse(
  { client, abort }: Relayed,
  rejection: Rejection,
  { framing, events, count }: Seen,
): void {
  abort.abort();
  if (!client.isOpen) client.reject(rejection);
  else client.end(streamEnd(framing ?? SSE, events, count, `${rejection.status}: ${rejection.reason}`));
}

/** @param why the bytes of an answer cannot be held */
export function cannotHold({ admission: { inspector } }: Relayed, why: 'too_large' | 'overloaded'): Decision {
  if (why === 'overloaded') return noRoom('response');
  return cannotInspect('response', inspector, why);
}
