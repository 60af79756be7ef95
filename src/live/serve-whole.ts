/** Answers that are inspected as a whole: those that are not streams, and streams that must not be sent in parts. */
import { BODY_HEADERS } from '../body/body-headers.ts';
import type { StreamEvent } from '../body/stream/document.ts';
import type { Framing } from '../body/stream/framing.ts';
import { framingOfType } from '../body/stream/index.ts';
import { SSE } from '../body/stream/sse.ts';
import { isRevoked } from '../fair-share/revocation.ts';
import { changedBody, isRefusal } from '../inspection/policy/decision.ts';
import { roomLost } from '../inspection/policy/no-room.ts';
import { noAnswer } from '../inspection/refusal/rejection.ts';
import { inspectAnswer } from '../workers/inspect.ts';
import type { KeepAlive } from './client-response.ts';
import { forwardRest } from './forward-rest.ts';
import { endToEnd, headerOf, isCoded } from './headers.ts';
import { HeldFrames } from './held-frames.ts';
import { cannotHold, refuse, replyTo } from './refuse.ts';
import { BROKEN_OFF, type Relayed, type RelayOutcome } from './relayed.ts';
import { codeOf, noAnswerOf } from './upstream.ts';

/** @param before what was already read of the body, and is held */
export async function serveWhole(
  relayed: Relayed,
  before: readonly Uint8Array[] = [],
): Promise<RelayOutcome> {
  const { admission, answer, client, held, abort } = relayed;
  const contentType = headerOf(answer.headers, 'content-type');
  const framing = framingOfType(contentType);
  const head = { status: answer.status, headers: endToEnd(answer.headers) };
  const { max_hold_ms: maxHold, response_mode: mode } = admission.inspector.config;
  const mayComment = mode === 'live' && framing === SSE && !isCoded(answer.headers);
  if (!client.isOpen) client.hold(head, mayComment ? keepAlive(maxHold) : undefined);
  const chunks = [...before];
  const nothingSeen = () => ({ framing, events: firstEvents(chunks, framing), count: 0 });
  try {
    for await (const chunk of relayed.chunks) {
      const refused = held.take(chunk.length);
      chunks.push(chunk);
      if (!refused) continue;
      const decision = cannotHold(relayed, refused);
      if (isRefusal(decision)) refuse(relayed, decision.rejection, nothingSeen());
      else await forwardRest(relayed, chunks);
      return decision;
    }
  } catch (error) {
    if (!isRevoked(abort.signal)) return brokenOff(relayed, error);
    const lost = roomLost('response');
    refuse(relayed, lost.rejection, nothingSeen());
    return lost;
  }
  const bytes = Buffer.concat(chunks);
  const { inspector, caller, path, hadBody, carryOver } = admission;
  const whole = {
    ...{ bytes, contentType, path, status: answer.status, requestHadBody: hadBody },
    encoding: headerOf(answer.headers, 'content-encoding'),
  };
  const { decision, stats } = await inspectAnswer(
    inspector,
    whole,
    { caller, signal: abort.signal },
    carryOver,
  );
  Object.assign(relayed.stats, stats, { live: true });
  relayed.conclude(decision);
  if (abort.signal.aborted && !isRevoked(abort.signal)) return decision;
  if (isRefusal(decision)) {
    refuse(relayed, decision.rejection, nothingSeen());
    return decision;
  }
  const changed = changedBody(decision);
  if (changed && !client.isOpen) {
    // A later plugin may write a stream otherwise, as ai-proxy does, and Kong would promise this length all the same.
    const length = framing ? [] : ['Content-Length', String(changed.length)];
    const headers = endToEnd(answer.headers, [...BODY_HEADERS, 'content-length']);
    client.hold({ status: answer.status, headers: [...headers, ...length] });
  }
  client.end(changed ?? bytes);
  return decision;
}

/**
 * A comment line, each time that nothing was sent for this long. No blank line follows it: once some official clients have
 * seen an `id`, they make an empty event of each blank line, and fail on it.
 */
export function keepAlive(after: number): KeepAlive {
  return { bytes: Buffer.from(': keep-alive\n'), after };
}

/** The client must see that it has not all of the answer. */
export function brokenOff({ admission, client, abort }: Relayed, error: unknown): RelayOutcome {
  if (abort.signal.aborted) return BROKEN_OFF;
  if (client.isOpen) client.cut();
  else client.reject(replyTo(admission, noAnswer(noAnswerOf(codeOf(error)))));
  return BROKEN_OFF;
}

/** This many bytes are enough to tell which API a stream belongs to. */
const ENOUGH = 65_536;

function firstEvents(chunks: readonly Uint8Array[], framing: Framing | undefined): readonly StreamEvent[] {
  if (!framing) return [];
  const frames = new HeldFrames(framing);
  let left = ENOUGH;
  for (const chunk of chunks) {
    if (left <= 0) break;
    frames.push(chunk.subarray(0, left));
    left -= chunk.length;
  }
  return frames.events;
}
