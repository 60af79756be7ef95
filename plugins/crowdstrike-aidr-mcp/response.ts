/** With `placement: phases`: the messages of an answer, in Kong's response phase. */
import { BODY_HEADERS } from '../../src/body/body-headers.ts';
import { isEventStream } from '../../src/body/stream/index.ts';
import { callerKey } from '../../src/inspection/caller-key.ts';
import type { InspectionRequest } from '../../src/inspection/inspector.ts';
import type { CodedMessages, InspectedMessages } from '../../src/inspection/messages/message-body.ts';
import { unreadExchange } from '../../src/inspection/messages/read-messages.ts';
import { messageReply } from '../../src/inspection/messages/refuse-messages.ts';
import { changedBody, isRefusal } from '../../src/inspection/policy/decision.ts';
import { noRoom } from '../../src/inspection/policy/no-room.ts';
import { asReplied } from '../../src/inspection/refusal/refusal-reply.ts';
import { unreadableEndpoint } from '../../src/inspection/refusal/rejection.ts';
import { emptyStats } from '../../src/inspection/report/inspection-stats.ts';
import { NO_ANSWER_BODY } from '../../src/inspection/uninspected.ts';
import { MARKERS } from '../../src/kong/guard-plugin.ts';
import type { KongRequest } from '../../src/kong/kong-request.ts';
import type { PhaseResult } from '../../src/kong/phase.ts';
import type { Exchange } from '../../src/protocols/protocol.ts';
import { laterParentOf } from '../../src/tracing/trace-context.ts';
import { inspectMessages } from '../../src/workers/inspect.ts';
import { inspectionRequestOf, readContextAndBody } from '../shared/caller.ts';
import type { GuardWatch } from '../shared/guard-watch.ts';
import type { ReportedPhase } from '../shared/instance.ts';
import type { MessageInstance } from '../shared/message-instance.ts';
import { exitWith } from '../shared/phase-results.ts';
import { contextFromMarker, RESPONSE_MARKER } from './exchange-context.ts';

/** @param told is told which requests wait, once that is known */
export async function inspectResponse(
  instance: MessageInstance,
  watch: GuardWatch,
  kongRequest: KongRequest,
  told: (exchange: Exchange) => void,
): Promise<PhaseResult> {
  const began = performance.now();
  const { inspector, isAudit } = instance;
  // A later plugin may have turned buffering on again.
  if (inspector.config.placement === 'relay' && (await kongRequest.shared(MARKERS.relay)) !== undefined)
    return { kind: 'pass', marker: RESPONSE_MARKER };
  const answered = await kongRequest.answer();
  const { status, headers, body: bytes, promptMarker, isGuarded, requestId, kongSpan } = answered;
  const context = contextFromMarker(promptMarker) ?? {
    ...{ exchange: unreadExchange(inspector), ...(await readContextAndBody(instance, kongRequest)) },
  };
  const { exchange } = context;
  told(exchange);
  const phase: ReportedPhase = { began, requestId: requestId ?? context.caller.requestId };
  const caller = instance.begin(phase, {
    ...context.caller,
    requestId: phase.requestId,
    traceparent: laterParentOf(context.caller.traceparent, kongSpan),
  });
  await watch.look(kongRequest, caller.service, isGuarded);
  const contentType = headers.get('content-type');
  const body: CodedMessages = {
    ...{ bytes, encoding: headers.get('content-encoding') },
    origin: { from: 'server', exchange, status, contentType, requestHadBody: context.hadBody },
  };
  const inspect = async (request: InspectionRequest): Promise<InspectedMessages> => {
    if (bytes.length === 0) return { decision: NO_ANSWER_BODY, stats: emptyStats(), exchange };
    if (isEventStream(contentType)) {
      const decision = { outcome: 'blocked', rejection: unreadableEndpoint('event_stream') } as const;
      return { decision, stats: emptyStats(bytes.length), exchange };
    }
    return inspectMessages(inspector, body, request);
  };
  if (isAudit) {
    const audit = {
      ...{ caller: callerKey(caller, inspector.id), bytes: bytes.length },
      inspect: (signal: AbortSignal) => inspect({ caller, signal }),
    };
    const { record } = await instance.reportLater(kongRequest, audit, phase);
    return { kind: 'pass', marker: RESPONSE_MARKER, record };
  }
  const inspected = kongRequest.chargeBodies(callerKey(caller, inspector.id))
    ? await inspect(inspectionRequestOf(kongRequest, caller))
    : { decision: noRoom('response'), stats: emptyStats(bytes.length) };
  const { decision, stats } = inspected;
  const clear = BODY_HEADERS.filter((name) => headers.get(name) !== undefined);
  if (isRefusal(decision)) {
    const reply = messageReply(inspector, decision.rejection, exchange);
    const told = { decision: asReplied(decision, reply.status), stats };
    const { record } = await instance.report(kongRequest, told, phase);
    return { ...exitWith(reply, clear), record };
  }
  const { record } = await instance.report(kongRequest, { decision, stats }, phase);
  const changed = changedBody(decision);
  if (changed) return { kind: 'exit', status, body: changed, headers: {}, clear, record };
  return { kind: 'pass', marker: RESPONSE_MARKER, record };
}
