/** With `placement: phases`: the messages of a request, in Kong's access phase. */
import { BODY_HEADERS } from '../../src/body/body-headers.ts';
import { callerKey } from '../../src/inspection/caller-key.ts';
import { isUtf8 } from '../../src/inspection/charset.ts';
import type { InspectionRequest } from '../../src/inspection/inspector.ts';
import { inspectNoBody, uninspectedMessages } from '../../src/inspection/messages/inspect-messages.ts';
import type { InspectedMessages, Origin } from '../../src/inspection/messages/message-body.ts';
import { messageReply } from '../../src/inspection/messages/refuse-messages.ts';
import { requestHead } from '../../src/inspection/messages/request-head.ts';
import { cannotInspect } from '../../src/inspection/open-body.ts';
import { changedBody, isRefusal, type Refusal } from '../../src/inspection/policy/decision.ts';
import { noRoom } from '../../src/inspection/policy/no-room.ts';
import { asReplied } from '../../src/inspection/refusal/refusal-reply.ts';
import { type Rejection, unreadableEndpoint } from '../../src/inspection/refusal/rejection.ts';
import { announcesContent, refuseHead } from '../../src/inspection/request-head.ts';
import { NO_REQUEST_BODY } from '../../src/inspection/uninspected.ts';
import { ANY_EXIT, NO_EXIT } from '../../src/kong/guard-plugin.ts';
import { type KongRequest, MAX_HEADERS, type Prompt } from '../../src/kong/kong-request.ts';
import type { PhaseResult } from '../../src/kong/phase.ts';
import { inspectMessages } from '../../src/workers/inspect.ts';
import { callerOf, inspectionRequestOf } from '../shared/caller.ts';
import type { ReportedPhase } from '../shared/instance.ts';
import type { MessageInstance } from '../shared/message-instance.ts';
import { exitWith } from '../shared/phase-results.ts';
import { exchangeMarker } from './exchange-context.ts';

export async function inspectRequest(
  instance: MessageInstance,
  kongRequest: KongRequest,
): Promise<PhaseResult> {
  const began = performance.now();
  const { inspector, isAudit } = instance;
  const request = await kongRequest.prompt(inspector.config.max_body_size, instance.maxUnannounced);
  const { headers, path, body: bytes, requestId } = request;
  const phase: ReportedPhase = { began, requestId };
  const hadBody = bytes === undefined || bytes.length > 0 || announcesContent(headers);
  // What method it is, no reader asks here: without a body nothing is read.
  const origin: Origin = { from: 'client', head: requestHead(hadBody ? 'POST' : 'GET', path, headers) };
  const rejection =
    refuseHead(headers, MAX_HEADERS, isAudit) ?? (isAudit ? undefined : refuseStream(request, hadBody));
  if (rejection) {
    const decision = { outcome: 'blocked' as const, rejection };
    const unread = uninspectedMessages(inspector, origin, decision, 0);
    return refuse(instance, kongRequest, unread, decision, phase);
  }
  // As the answer's inspection is to know it: that one is no part of this one's span.
  const known = await callerOf(instance, kongRequest, request);
  const caller = instance.begin(phase, known);
  const inspect = (by: InspectionRequest) => decide(instance, request, hadBody, origin, by);
  if (isAudit) {
    const audit = {
      ...{ caller: callerKey(caller, inspector.id), bytes: bytes?.length ?? 0 },
      inspect: (signal: AbortSignal) => inspect({ caller, signal }),
    };
    const { record } = await instance.reportLater(kongRequest, audit, phase);
    const { exchange } = uninspectedMessages(inspector, origin, NO_REQUEST_BODY, 0);
    return {
      kind: 'pass',
      marker: exchangeMarker({ exchange, hadBody, caller: known }),
      record,
      exits: ANY_EXIT,
    };
  }
  const inspected = kongRequest.chargeBodies(callerKey(caller, inspector.id))
    ? await inspect(inspectionRequestOf(kongRequest, caller))
    : uninspectedMessages(inspector, origin, noRoom('request'), bytes?.length ?? 0);
  const { decision, exchange } = inspected;
  if (isRefusal(decision)) return refuse(instance, kongRequest, inspected, decision, phase);
  const { record } = await instance.report(kongRequest, inspected, phase);
  const marker = exchangeMarker({ exchange, hadBody, caller: known });
  const changed = changedBody(decision);
  if (!changed) return { kind: 'pass', marker, record, exits: NO_EXIT };
  const clear = BODY_HEADERS.filter((name) => headers.get(name) !== undefined);
  const { headers: repeated = {} } = inspected;
  return { kind: 'rewrite', body: changed, clear, headers: repeated, marker, record, exits: NO_EXIT };
}

/** Kong would wait for the end of the stream that a request without a body opens, and there is none. */
function refuseStream({ headers }: Prompt, hadBody: boolean): Rejection | undefined {
  const asksForStream = headers.get('accept')?.toLowerCase().includes('text/event-stream') ?? false;
  return asksForStream && !hadBody ? { ...unreadableEndpoint('event_stream'), httpStatus: 405 } : undefined;
}

async function decide(
  { inspector }: MessageInstance,
  { headers, body: bytes }: Prompt,
  hadBody: boolean,
  origin: Origin,
  request: InspectionRequest,
): Promise<InspectedMessages> {
  if (!hadBody) return inspectNoBody(inspector, origin);
  if (bytes && isUtf8(headers.get('content-type'))) {
    const encoding = headers.get('content-encoding');
    return inspectMessages(inspector, { bytes, encoding, origin }, request);
  }
  const why = cannotInspect('request', inspector, bytes ? 'unknown_charset' : 'too_large');
  return uninspectedMessages(inspector, origin, why, Number(headers.get('content-length') ?? 0));
}

async function refuse(
  instance: MessageInstance,
  kongRequest: KongRequest,
  { stats, exchange }: InspectedMessages,
  decision: Refusal,
  phase: ReportedPhase,
): Promise<PhaseResult> {
  const reply = messageReply(instance.inspector, decision.rejection, exchange);
  const told = { decision: asReplied(decision, reply.status), stats };
  const { record } = await instance.report(kongRequest, told, phase);
  return { ...exitWith(reply), record };
}
