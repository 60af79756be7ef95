/** The response plugin: each answer before it goes to the client. */

import { BODY_HEADERS } from '../../src/body/body-headers.ts';
import { decodeBody } from '../../src/body/content-encoding.ts';
import { callerKey } from '../../src/inspection/caller-key.ts';
import type { Inspection } from '../../src/inspection/inspector.ts';
import { changedBody, isRefusal } from '../../src/inspection/policy/decision.ts';
import { refuseUnsendable } from '../../src/inspection/policy/enforcement.ts';
import { noRoom } from '../../src/inspection/policy/no-room.ts';
import { asReplied, type RefusedClient } from '../../src/inspection/refusal/refusal-reply.ts';
import { emptyStats, type InspectionStats } from '../../src/inspection/report/inspection-stats.ts';
import { refuseHead } from '../../src/inspection/request-head.ts';
import { unreadableAnswer } from '../../src/inspection/unreadable-answer.ts';
import { ANY_EXIT, MARKERS, NO_EXIT } from '../../src/kong/guard-plugin.ts';
import { type KongRequest, MAX_HEADERS } from '../../src/kong/kong-request.ts';
import type { PhaseResult } from '../../src/kong/phase.ts';
import { laterParentOf } from '../../src/tracing/trace-context.ts';
import { inspectAnswer, promptAsksForStream } from '../../src/workers/inspect.ts';
import { inspectionRequestOf, readContextAndBody } from '../shared/caller.ts';
import { misconfigured } from '../shared/divert.ts';
import type { GuardWatch } from '../shared/guard-watch.ts';
import type { Instance, ReportedPhase } from '../shared/instance.ts';
import { exitWith, replyIn } from '../shared/phase-results.ts';
import { contextFromMarker, RELAYED_REQUEST_MARKER, type RequestContext } from '../shared/request-context.ts';
import { currentContext } from './changed-prompt.ts';
import { relayAnswer } from './live.ts';
import { RESPONSE_MARKER, UPSTREAM_MARKER } from './markers.ts';
import { refuseInAccess } from './refuse-in-access.ts';
import { responseDelivery } from './response-delivery.ts';

/** In access there is no answer yet; but what would keep Kong from buffering it is refused here. */
export async function prepareResponse(
  instance: Instance,
  watch: GuardWatch,
  kongRequest: KongRequest,
): Promise<PhaseResult> {
  const began = performance.now();
  const { inspector, isAudit } = instance;
  if (isRelayed(instance)) {
    return relayAnswer(instance, watch, kongRequest, async (promptMarker) => {
      return (
        contextFromMarker(promptMarker)?.asksForStream ?? (await bodyAsksForStream(instance, kongRequest))
      );
    });
  }
  const expected = await kongRequest.expectAnswer(isAudit ? ANY_EXIT : NO_EXIT);
  if (expected.promptMarker === RELAYED_REQUEST_MARKER.value && !isAudit)
    return misconfigured(instance, kongRequest, ONLY_THE_PROMPT);
  const context = await currentContext(instance, kongRequest, expected);
  if (!context) {
    const refused = refuseHead(await kongRequest.requestHeaders(), MAX_HEADERS, isAudit);
    if (refused) {
      const client = { path: await kongRequest.requestPath() };
      return refuseInAccess(instance, kongRequest, refused, client, { began });
    }
  }
  const streamsPass = !inspector.config.guard_streaming_response || isAudit;
  const isStreamAsked = async () =>
    context?.asksForStream ?? (await bodyAsksForStream(instance, kongRequest));
  const requestId = context?.caller.requestId;
  if (streamsPass && (await isStreamAsked())) {
    await kongRequest.passUnbuffered();
    const { record } = await instance.report(kongRequest, UNBUFFERED, { began, requestId });
    return { kind: 'pass', marker: UPSTREAM_MARKER, record };
  }
  const unreadable = context && !isAudit && unreadableAnswer(inspector.config, context);
  if (unreadable) {
    const phase = { began, requestId, exposed: context.exposed };
    return refuseInAccess(instance, kongRequest, unreadable, context, phase);
  }
  return { kind: 'pass' };
}

const ONLY_THE_PROMPT =
  'crowdstrike-aidr-request has placement relay and crowdstrike-aidr-response has not: set it on both';

/** The relay inspects the answers of this plugin. */
function isRelayed({ inspector: { config } }: Instance): boolean {
  return config.placement === 'relay' || config.response_mode === 'live';
}

/** An audit waits for nothing, so it does not keep a stream from flowing. */
const UNBUFFERED: Inspection = {
  decision: { outcome: 'skipped', why: 'streamed answers pass unbuffered on this route' },
  stats: { ...emptyStats(), streamed: true },
};

/** Without the request plugin on the route, nobody has read the body yet. */
async function bodyAsksForStream(instance: Instance, kongRequest: KongRequest): Promise<boolean> {
  const { config, id } = instance.inspector;
  const max = config.max_body_size;
  const { headers, path, body } = await kongRequest.prompt(max, instance.maxUnannounced);
  if (!body) return false;
  const decoded = await decodeBody(body, headers.get('content-encoding'), max);
  // Who asks is not known yet, either.
  return promptAsksForStream(decoded.ok ? decoded.bytes : new Uint8Array(), path, callerKey({}, id));
}

export async function inspectResponse(
  instance: Instance,
  watch: GuardWatch,
  kongRequest: KongRequest,
): Promise<PhaseResult> {
  const began = performance.now();
  // ai-proxy translates whole answers in a buffer, and a later plugin may have turned buffering on again.
  if (isRelayed(instance) && (await kongRequest.shared(MARKERS.relay)) !== undefined)
    return { kind: 'pass', marker: RESPONSE_MARKER };
  const {
    status,
    headers,
    body: bytes,
    promptMarker,
    isGuarded,
    requestId,
    kongSpan,
  } = await kongRequest.answer();
  const context = contextFromMarker(promptMarker) ?? (await readContextAndBody(instance, kongRequest));
  const { path, hadBody } = context;
  const phase: ReportedPhase = {
    ...{ began, exposed: context.exposed },
    requestId: requestId ?? context.caller.requestId,
  };
  const caller = instance.begin(phase, {
    ...context.caller,
    requestId: phase.requestId,
    traceparent: laterParentOf(context.caller.traceparent, kongSpan),
  });
  const answer = {
    bytes,
    encoding: headers.get('content-encoding'),
    contentType: headers.get('content-type'),
    path,
    status,
    requestHadBody: hadBody,
  };
  await watch.look(kongRequest, caller.service, isGuarded);
  if (instance.isAudit) {
    // What an audit lets pass was inspected by nobody.
    const { history: _, ...withoutHistory } = context;
    const audit = {
      caller: callerKey(caller, instance.inspector.id),
      bytes: bytes.length,
      inspect: (signal: AbortSignal) =>
        inspectAnswer(instance.inspector, answer, { caller, signal }, withoutHistory),
    };
    const { record } = await instance.reportLater(kongRequest, audit, phase);
    return { kind: 'pass', marker: RESPONSE_MARKER, record };
  }
  const inspection = kongRequest.chargeBodies(callerKey(caller, instance.inspector.id))
    ? await inspectAnswer(instance.inspector, answer, inspectionRequestOf(kongRequest, caller), context)
    : { decision: noRoom('response'), stats: emptyStats(bytes.length) };
  const { decision: changed, stats } = inspection;
  const body = changedBody(changed);
  const way = body && (await responseDelivery(kongRequest, context.prompt, { body, status, headers }, stats));
  const decision = way?.kind === 'none' ? refuseUnsendable('response', way.hint) : changed;
  const clear = BODY_HEADERS.filter((name) => headers.get(name) !== undefined);
  if (isRefusal(decision)) {
    const client = await clientOf(kongRequest, context, stats);
    const reply = await replyIn(instance, kongRequest, decision.rejection, client);
    const told = { decision: asReplied(decision, reply.status), stats };
    const { record } = await instance.report(kongRequest, told, phase);
    return { ...exitWith(reply, clear), record };
  }
  const { record } = await instance.report(kongRequest, { decision, stats }, phase);
  if (way?.kind === 'replace') {
    // ai-proxy sees to the coding.
    const cleared = clear.filter((name) => name !== 'content-encoding');
    return { ...way, clear: cleared, marker: RESPONSE_MARKER, record };
  }
  if (body) return { kind: 'exit', status, body, headers: {}, clear, record };
  return { kind: 'pass', marker: RESPONSE_MARKER, record };
}

/** Without the request plugin on the route, the answer tells what the client speaks, unless ai-proxy translates it. */
async function clientOf(
  kongRequest: KongRequest,
  { path, prompt, asksForStream }: RequestContext,
  { formats, model, streamed }: InspectionStats,
): Promise<RefusedClient> {
  const known = { path, model, asksForStream: asksForStream ?? streamed };
  if (prompt) return { ...known, formats: prompt.formats };
  return (await kongRequest.isBesideAiProxy()) ? { ...known, isTranslated: true } : { ...known, formats };
}
