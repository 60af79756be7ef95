/** Answers that are no event streams: read whole, inspected, and refused or passed on. */
import { BODY_HEADERS } from '../../body/body-headers.ts';
import { isRevoked } from '../../fair-share/revocation.ts';
import { callerKey } from '../../inspection/caller-key.ts';
import type { InspectionRequest } from '../../inspection/inspector.ts';
import type { InspectedMessages } from '../../inspection/messages/message-body.ts';
import { cannotInspect } from '../../inspection/open-body.ts';
import { changedBody, isRefusal } from '../../inspection/policy/decision.ts';
import { noRoom, roomLost } from '../../inspection/policy/no-room.ts';
import { noAnswer } from '../../inspection/refusal/rejection.ts';
import { emptyStats } from '../../inspection/report/inspection-stats.ts';
import { NO_ANSWER_BODY } from '../../inspection/uninspected.ts';
import type { Exchange } from '../../protocols/protocol.ts';
import { inspectMessages } from '../../workers/inspect.ts';
import { auditBeside } from '../audit-beside.ts';
import { ByteReservation } from '../byte-reservation.ts';
import { forward } from '../forward-rest.ts';
import { endToEnd, headerOf } from '../headers.ts';
import { BROKEN_OFF } from '../relayed.ts';
import { codeOf, noAnswerOf } from '../upstream.ts';
import type { UpstreamAnswer } from '../upstream-reader.ts';
import { type ExchangeUnderWay, refuse, refuseAnswer } from './under-way.ts';

export interface Answered {
  answer: UpstreamAnswer;
  exchange: Exchange;
  requestHadBody: boolean;
}

/** @returns undefined when the verdict comes later */
export async function serveMessages(
  underWay: ExchangeUnderWay,
  { answer, exchange, requestHadBody }: Answered,
): Promise<InspectedMessages | undefined> {
  const { admitted, caller, client, abort } = underWay;
  const { inspector, reports } = admitted;
  const head = { status: answer.status, headers: endToEnd(answer.headers) };
  const max = inspector.config.max_body_size;
  const held = new ByteReservation(callerKey(caller, inspector.id), max, () => underWay.giveUp());
  const body = (bytes: Uint8Array) => ({
    bytes,
    encoding: headerOf(answer.headers, 'content-encoding'),
    origin: {
      ...({ from: 'server', exchange, requestHadBody, status: answer.status } as const),
      contentType: headerOf(answer.headers, 'content-type'),
    },
  });
  const inspect = (bytes: Uint8Array, request: InspectionRequest) =>
    bytes.length === 0
      ? Promise.resolve({ decision: NO_ANSWER_BODY, stats: emptyStats(), exchange })
      : inspectMessages(inspector, body(bytes), request);
  client.hold(head);
  const chunks: Uint8Array[] = [];
  try {
    if (reports.response.isAudit) {
      await passAndAudit(underWay, answer, held, (bytes, signal) => inspect(bytes, { caller, signal }));
      return undefined;
    }
    for await (const chunk of answer.body) {
      const refused = held.take(chunk.length);
      chunks.push(chunk);
      if (!refused) continue;
      const decision =
        refused === 'overloaded' ? noRoom('response') : cannotInspect('response', inspector, refused);
      const ended = { stats: emptyStats(), exchange };
      if (isRefusal(decision)) {
        abort.abort();
        return refuseAnswer(underWay, { ...ended, decision }, decision);
      }
      client.write(chunks);
      await forward({ client, chunks: answer.body, abort });
      return { ...ended, decision };
    }
    const bytes = Buffer.concat(chunks);
    const inspected = await inspect(bytes, { caller, signal: abort.signal });
    if (abort.signal.aborted && !isRevoked(abort.signal)) return inspected;
    const decision = isRevoked(abort.signal) ? roomLost('response') : inspected.decision;
    if (isRefusal(decision)) return refuseAnswer(underWay, inspected, decision);
    inspected.stats.live = true;
    underWay.records.response = reports.response.describe(inspected, inspected.stats.aidrMs);
    const changed = changedBody(decision);
    if (changed) {
      const length = ['Content-Length', String(changed.length)];
      const headers = endToEnd(answer.headers, [...BODY_HEADERS, 'content-length']);
      client.hold({ status: answer.status, headers: [...headers, ...length] });
    }
    client.end(changed ?? bytes);
    return inspected;
  } catch (error) {
    if (isRevoked(abort.signal)) {
      const lost = roomLost('response');
      return refuseAnswer(underWay, { decision: lost, stats: emptyStats(), exchange }, lost);
    }
    if (!abort.signal.aborted) {
      const rejection = noAnswer(noAnswerOf(codeOf(error)));
      if (client.isOpen) client.cut();
      else refuse(underWay, { outcome: 'blocked', rejection }, exchange, () => undefined);
    }
    return { decision: BROKEN_OFF, stats: emptyStats(), exchange };
  } finally {
    held.release();
  }
}

async function passAndAudit(
  { admitted: { inspector, reports }, caller, client, abort }: ExchangeUnderWay,
  answer: UpstreamAnswer,
  held: ByteReservation,
  inspect: (bytes: Uint8Array, signal: AbortSignal) => Promise<InspectedMessages>,
): Promise<void> {
  const copy: Uint8Array[] = [];
  let isTooMuch = false;
  await forward({ client, chunks: answer.body, abort }, (chunk) => {
    isTooMuch ||= held.take(chunk.length) !== undefined;
    if (isTooMuch) copy.length = 0;
    else copy.push(chunk);
  });
  if (isTooMuch) {
    reports.response.reportDropped();
    return;
  }
  const bytes = Buffer.concat(copy);
  auditBeside(reports.response, {
    ...{ caller: callerKey(caller, inspector.id), bytes: bytes.length },
    inspect: (signal) => inspect(bytes, signal),
  });
}
