/** An exchange in the relay, from the head of its request to the end of its answer. */
import type { InspectedMessages } from '../../inspection/messages/message-body.ts';
import { messageReply } from '../../inspection/messages/refuse-messages.ts';
import type { Refusal } from '../../inspection/policy/decision.ts';
import { asReplied } from '../../inspection/refusal/refusal-reply.ts';
import type { Exchange } from '../../protocols/protocol.ts';
import type { RelayedExchange } from '../relayed.ts';
import type { UnderWay } from '../request-under-way.ts';

export type ExchangeUnderWay = UnderWay<RelayedExchange>;

/**
 * Only while nothing was sent.
 *
 * @param told is told the decision as the client gets it, before the client gets it
 */
export function refuse(
  { admitted, client, request }: ExchangeUnderWay,
  decision: Refusal,
  exchange: Exchange,
  told: (decision: Refusal) => void,
): void {
  const reply = messageReply(admitted.inspector, decision.rejection, exchange);
  told(asReplied(decision, reply.status));
  if (!client.isGone) client.reject(reply);
  // Kong may still be sending, and would take a closed connection for no answer.
  request.resume();
}

/** Refuses an answer of which nothing was sent. @returns how it ended */
export function refuseAnswer(
  underWay: ExchangeUnderWay,
  inspected: InspectedMessages,
  decision: Refusal,
): InspectedMessages {
  let ended = inspected;
  refuse(underWay, decision, inspected.exchange, (replied) => {
    ended = { ...inspected, decision: replied };
    ended.stats.live = true;
    underWay.records.response = underWay.admitted.reports.response.describe(ended, inspected.stats.aidrMs);
  });
  return ended;
}
