/** From a refusal to the way a phase ends. */

import type { Direction } from '../../src/config/schema.ts';
import type { Inspector } from '../../src/inspection/inspector.ts';
import { isBlock } from '../../src/inspection/refusal/refusal-codes.ts';
import { type RefusedClient, refusalReply } from '../../src/inspection/refusal/refusal-reply.ts';
import type { RefusalReply } from '../../src/inspection/refusal/refusal-to-anyone.ts';
import type { Refuser } from '../../src/inspection/refusal/refuser.ts';
import type { Rejection } from '../../src/inspection/refusal/rejection.ts';
import type { KongRequest } from '../../src/kong/kong-request.ts';
import type { PhaseResult } from '../../src/kong/phase.ts';

/** What the client gets, once it is known whether it wants a stream of events, which only the query says. */
export async function replyIn(
  { inspector }: { inspector: Pick<Inspector, 'config' | 'formats'> },
  kongRequest: KongRequest,
  rejection: Rejection,
  client: RefusedClient,
): Promise<RefusalReply> {
  const isAnswered = inspector.config.rejection_style === 'completion' && isBlock(rejection.code);
  const asksForEvents =
    isAnswered && client.asksForStream === true && (await kongRequest.queryArgument('alt')) === 'sse';
  return refusalReply(inspector, rejection, { ...client, asksForEvents });
}

export function exitWith(
  { status, body, headers }: RefusalReply,
  clear: string[] = [],
): PhaseResult & { kind: 'exit' } {
  return { kind: 'exit', status, body, headers, clear };
}

/** The answer when a phase threw. */
export function bugResult(
  instance: Pick<Refuser, 'replyToFailure'>,
  direction: Direction,
): PhaseResult & { kind: 'exit' } {
  return bugExit(instance.replyToFailure(direction, 'internal'), direction);
}

export function bugExit(reply: RefusalReply, direction: Direction): PhaseResult & { kind: 'exit' } {
  return exitWith(reply, direction === 'response' ? ['content-encoding'] : []);
}
