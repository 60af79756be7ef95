/** The request of an exchange: read whole, inspected, and refused or passed on. */
import { BODY_HEADERS } from '../../body/body-headers.ts';
import { isRevoked } from '../../fair-share/revocation.ts';
import { callerKey } from '../../inspection/caller-key.ts';
import { isUtf8 } from '../../inspection/charset.ts';
import { inspectNoBody, uninspectedMessages } from '../../inspection/messages/inspect-messages.ts';
import type { InspectedMessages, Origin } from '../../inspection/messages/message-body.ts';
import { requestHead } from '../../inspection/messages/request-head.ts';
import { cannotInspect } from '../../inspection/open-body.ts';
import { changedBody, isRefusal, type Refusal } from '../../inspection/policy/decision.ts';
import { noRoom, roomLost } from '../../inspection/policy/no-room.ts';
import { announcesContent, refuseHead } from '../../inspection/request-head.ts';
import { NO_REQUEST_BODY } from '../../inspection/uninspected.ts';
import { MAX_HEADERS } from '../../kong/kong-request.ts';
import type { Exchange } from '../../protocols/protocol.ts';
import { inspectMessages } from '../../workers/inspect.ts';
import { auditBeside } from '../audit-beside.ts';
import { ByteReservation } from '../byte-reservation.ts';
import { lookup } from '../headers.ts';
import { type ReceivedBody, readBody } from '../read-body.ts';
import { CLIENT_LEFT } from '../relayed.ts';
import { hasBody, type UpstreamRequest } from '../upstream.ts';
import { type ExchangeUnderWay, refuse } from './under-way.ts';

export type TakenMessages =
  | {
      passes: true;
      body: UpstreamRequest['body'];
      /** Headers, in lower case, that no longer describe the body. */
      without: readonly string[];
      /** What is sent in the place of headers that repeat the body. */
      repeated?: Readonly<Record<string, string>>;
      /** What the answer is read with. */
      exchange: Exchange;
      hadBody: boolean;
      /** Frees the memory of the body, once it was sent. */
      release(): void;
    }
  /** The client has its answer. */
  | { passes: false };

export async function takeMessages(underWay: ExchangeUnderWay): Promise<TakenMessages> {
  const began = performance.now();
  const { admitted, request, caller, abort } = underWay;
  const { inspector, path, reports } = admitted;
  const { isAudit } = reports.request;
  const headers = lookup(request.rawHeaders);
  const origin: Origin = { from: 'client', head: requestHead(request.method ?? 'GET', path, headers) };
  const end = (inspected: InspectedMessages) => {
    inspected.stats.live = true;
    underWay.records.request = reports.request.report(inspected, performance.now() - began);
  };
  const refused = (inspected: InspectedMessages, decision: Refusal): TakenMessages => {
    refuse(underWay, decision, inspected.exchange, (replied) => end({ ...inspected, decision: replied }));
    return { passes: false };
  };
  const rejection = refuseHead(headers, MAX_HEADERS, isAudit);
  if (rejection) {
    const decision = { outcome: 'blocked' as const, rejection };
    return refused(uninspectedMessages(inspector, origin, decision, 0), decision);
  }
  const max = inspector.config.max_body_size;
  const held = new ByteReservation(callerKey(caller, inspector.id), max, () => underWay.giveUp());
  const release = () => held.release();
  const body = await readBody(request, held);
  if (body.kind === 'broken') {
    release();
    abort.abort();
    end(uninspectedMessages(inspector, origin, CLIENT_LEFT, 0));
    return { passes: false };
  }
  const hadBody = body.length > 0 || announcesContent(admitted.announced);
  const own = body.kind === 'whole' ? body.bytes : body.rest();
  const passes = { passes: true, body: hasBody(request.rawHeaders) ? own : null, hadBody, release } as const;
  const inspect = (signal: AbortSignal) => inspectBody(underWay, origin, body, hadBody, signal);
  if (isAudit) {
    audit(underWay, body, inspect);
    const { exchange } = uninspectedMessages(inspector, origin, NO_REQUEST_BODY, 0);
    return { ...passes, without: [], exchange };
  }
  const inspected = await inspect(abort.signal).catch((error: unknown) => {
    release();
    throw error;
  });
  const decision = isRevoked(abort.signal) ? roomLost('request') : inspected.decision;
  if (abort.signal.aborted && !isRevoked(abort.signal)) {
    release();
    end({ ...inspected, decision: CLIENT_LEFT });
    return { passes: false };
  }
  if (isRefusal(decision)) {
    release();
    return refused(inspected, decision);
  }
  end(inspected);
  const { exchange, headers: repeated = {} } = inspected;
  const changed = changedBody(decision);
  return changed
    ? { ...passes, exchange, body: changed, without: [...BODY_HEADERS, ...Object.keys(repeated)], repeated }
    : { ...passes, exchange, without: [] };
}

async function inspectBody(
  { admitted: { inspector }, caller, request }: ExchangeUnderWay,
  origin: Origin,
  body: ReceivedBody,
  hadBody: boolean,
  signal: AbortSignal,
): Promise<InspectedMessages> {
  const headers = lookup(request.rawHeaders);
  if (!hadBody) return inspectNoBody(inspector, origin);
  if (body.kind === 'partial') {
    const why = body.why === 'overloaded' ? noRoom('request') : cannotInspect('request', inspector, body.why);
    return uninspectedMessages(inspector, origin, why, body.length);
  }
  if (!isUtf8(headers.get('content-type'))) {
    const unknown = cannotInspect('request', inspector, 'unknown_charset');
    return uninspectedMessages(inspector, origin, unknown, body.length);
  }
  const coded = { bytes: body.bytes, encoding: headers.get('content-encoding'), origin };
  return inspectMessages(inspector, coded, { caller, signal });
}

function audit(
  { admitted: { inspector, reports }, caller }: ExchangeUnderWay,
  body: ReceivedBody,
  inspect: (signal: AbortSignal) => Promise<InspectedMessages>,
): void {
  if (body.kind === 'partial' && body.why === 'overloaded') {
    reports.request.reportDropped();
    return;
  }
  const bytes = body.kind === 'whole' ? body.length : 0;
  auditBeside(reports.request, { caller: callerKey(caller, inspector.id), bytes, inspect });
}
