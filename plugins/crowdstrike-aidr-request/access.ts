/** The request plugin: each prompt before it goes to the provider. */

import { hash } from 'node:crypto';
import { BODY_HEADERS } from '../../src/body/body-headers.ts';
import { callerKey } from '../../src/inspection/caller-key.ts';
import { isUtf8 } from '../../src/inspection/charset.ts';
import type { Body, InspectedPrompt, InspectionRequest } from '../../src/inspection/inspector.ts';
import { cannotInspect } from '../../src/inspection/open-body.ts';
import { changedBody, type Decision, isRefusal } from '../../src/inspection/policy/decision.ts';
import { noRoom } from '../../src/inspection/policy/no-room.ts';
import { asReplied, type RefusedClient } from '../../src/inspection/refusal/refusal-reply.ts';
import { expectsBody, isBodySigned, refuseHead } from '../../src/inspection/request-head.ts';
import { noPrompt, uninspected } from '../../src/inspection/uninspected.ts';
import { refusedEndpoint } from '../../src/inspection/unreadable-answer.ts';
import { ANY_EXIT } from '../../src/kong/guard-plugin.ts';
import { type KongRequest, MAX_HEADERS } from '../../src/kong/kong-request.ts';
import type { PhaseResult } from '../../src/kong/phase.ts';
import { inspectPrompt } from '../../src/workers/inspect.ts';
import { callerOf, inspectionRequestOf } from '../shared/caller.ts';
import type { Instance, ReportedPhase } from '../shared/instance.ts';
import { exitWith, replyIn } from '../shared/phase-results.ts';
import { requestMarker, UNREAD_PROMPT } from '../shared/request-context.ts';

export async function inspectRequest(instance: Instance, kongRequest: KongRequest): Promise<PhaseResult> {
  const began = performance.now();
  const { inspector, isAudit } = instance;
  const prompt = await kongRequest.prompt(inspector.config.max_body_size, instance.maxUnannounced);
  const { headers, path, body: bytes, requestId } = prompt;
  const phase: ReportedPhase = { began, requestId };
  const refused =
    refuseHead(headers, MAX_HEADERS, isAudit) ??
    (isAudit ? undefined : refusedEndpoint(inspector.config, path));
  if (refused) {
    const decision: Decision = { outcome: 'blocked', rejection: refused };
    return refuse(instance, kongRequest, uninspected(decision, 0), decision, { path }, phase);
  }
  const caller = await callerOf(instance, kongRequest, prompt);
  const spanned = instance.begin(phase, caller);
  const length = Number(headers.get('content-length') ?? 0);
  const hadBody = bytes === undefined || bytes.length > 0 || expectsBody(headers, path);
  const encoding = headers.get('content-encoding');
  const contentType = headers.get('content-type');
  const body = bytes && { bytes, contentType, encoding, path, isSigned: isBodySigned(headers) };
  const inspect = (request: InspectionRequest) =>
    hadBody ? decide(instance, body, request, length) : noPrompt();
  if (isAudit) {
    const audit = {
      caller: callerKey(caller, inspector.id),
      bytes: bytes?.length ?? 0,
      inspect: async (signal: AbortSignal) => inspect({ caller: spanned, signal }),
    };
    const { record, ...exposed } = await instance.reportLater(kongRequest, audit, phase);
    const known = { caller, inspector: inspector.id, path, hadBody, ...promptHashOf(kongRequest, bytes) };
    const marker = requestMarker({ ...known, encryptions: [], ...exposed });
    return { kind: 'pass', marker, record, exits: ANY_EXIT };
  }
  const inspected = kongRequest.chargeBodies(callerKey(caller, inspector.id))
    ? await inspect(inspectionRequestOf(kongRequest, spanned))
    : uninspected(noRoom('request'), length);
  const { decision, stats, asksForStream, mayStream, asksForMedia, encryptions, history } = inspected;
  if (isRefusal(decision)) {
    const { formats, model } = stats;
    return refuse(instance, kongRequest, inspected, decision, { path, formats, model, asksForStream }, phase);
  }
  const { record, ...exposed } = await instance.report(kongRequest, inspected, phase);
  const changed = changedBody(decision);
  const marker = requestMarker({
    caller,
    inspector: inspector.id,
    path,
    hadBody,
    ...promptHashOf(kongRequest, changed ?? bytes),
    asksForStream,
    prompt: { formats: stats.formats, mayStream },
    encryptions,
    ...(asksForMedia ? { asksForMedia } : {}),
    ...(history ? { history } : {}),
    ...exposed,
  });
  if (!changed) return { kind: 'pass', marker, record };
  return {
    kind: 'rewrite',
    body: changed,
    clear: BODY_HEADERS.filter((name) => headers.get(name) !== undefined),
    marker,
    record,
  };
}

/** The batch hook keeps the prompt itself. */
function promptHashOf(kongRequest: KongRequest, body: Uint8Array | undefined): { promptHash?: string } {
  if (!body) return { promptHash: UNREAD_PROMPT };
  return kongRequest.usesBatchHook ? {} : { promptHash: hash('sha256', body, 'base64url') };
}

async function refuse(
  instance: Instance,
  kongRequest: KongRequest,
  { stats }: InspectedPrompt,
  decision: Extract<Decision, { rejection: object }>,
  client: RefusedClient,
  phase: ReportedPhase,
): Promise<PhaseResult> {
  const reply = await replyIn(instance, kongRequest, decision.rejection, client);
  const told = { decision: asReplied(decision, reply.status), stats };
  const { record } = await instance.report(kongRequest, told, phase);
  return { ...exitWith(reply), record };
}

/**
 * @param body undefined when it was too large to be read
 * @param length of the body, as the client announced it
 */
async function decide(
  { inspector }: Instance,
  body: Body | undefined,
  request: InspectionRequest,
  length: number,
): Promise<InspectedPrompt> {
  if (body && isUtf8(body.contentType)) return inspectPrompt(inspector, body, request);
  return uninspected(cannotInspect('request', inspector, body ? 'unknown_charset' : 'too_large'), length);
}
