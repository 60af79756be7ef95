/** Ends an answer that must not continue. */
import type { StreamEvent } from '../body/stream/document.ts';
import type { Framing } from '../body/stream/framing.ts';
import { SSE } from '../body/stream/sse.ts';
import { streamEnd } from '../formats/stream-end.ts';
import { cannotInspect } from '../inspection/open-body.ts';
import type { Decision } from '../inspection/policy/decision.ts';
import { noRoom } from '../inspection/policy/no-room.ts';
import { lateSentence, refusalReply } from '../inspection/refusal/refusal-reply.ts';
import type { RefusalReply } from '../inspection/refusal/refusal-to-anyone.ts';
import type { Rejection } from '../inspection/refusal/rejection.ts';
import type { InspectionStats } from '../inspection/report/inspection-stats.ts';
import type { Admission, Relayed } from './relayed.ts';

/** What there is of a stream: its events, and how many of them the client has. */
export interface Seen {
  framing: Framing | undefined;
  events: readonly StreamEvent[];
  count: number;
}

/** The client gets a refusal if nothing was sent yet; otherwise the stream ends in the way that the provider's clients know. */
export function refuse(
  { admission, client, stats, abort }: Relayed,
  rejection: Rejection,
  { framing, events, count }: Seen,
): void {
  abort.abort();
  if (!client.isOpen) {
    client.reject(replyTo(admission, rejection, { stats, framing }));
  } else {
    const last = streamEnd(framing ?? SSE, events, count, lateSentence(admission.inspector, rejection));
    // ai-proxy drops our last event when it translates, and the client would take half an answer for whole.
    if (admission.client.isTranslated) client.cut(last);
    else client.end(last);
  }
}

/**
 * @param answer what is known of the answer, which says how the client wants it and in which format, where the request
 * direction was not there to learn it
 */
export function replyTo(
  { inspector, client, path }: Pick<Admission, 'inspector' | 'client' | 'path'>,
  rejection: Rejection,
  { stats, framing }: { stats?: InspectionStats; framing?: Framing | undefined } = {},
): RefusalReply {
  // What ai-proxy translates, the client does not speak.
  const { formats = [], model } = client.isTranslated ? {} : (stats ?? {});
  return refusalReply(inspector, rejection, {
    ...{ path, formats, model, asksForStream: framing !== undefined },
    ...client,
  });
}

/** @param why the bytes of an answer cannot be held */
export function cannotHold({ admission: { inspector } }: Relayed, why: 'too_large' | 'overloaded'): Decision {
  if (why === 'overloaded') return noRoom('response');
  return cannotInspect('response', inspector, why);
}

/** In the query: Google's APIs stream as a list otherwise. */
export function asksForEvents(url: string): boolean {
  return ASKS_FOR_EVENTS.test(url);
}

const ASKS_FOR_EVENTS = /[?&]alt=sse(?:&|$)/;
