/** The request plugin: each prompt before it goes to the provider. */

import { hash } from 'node:crypto';
import { BODY_HEADERS } from '../../src/body/body-headers.ts';
import { refusalOfPath } from '../../src/formats/registry.ts';
import { callerKey } from '../../src/inspection/caller-key.ts';
import type { Body, InspectedPrompt, InspectionRequest } from '../../src/inspection/inspector.ts';
import { cannotInspect } from '../../src/inspection/open-body.ts';
import { changedBody, type Decision, isRefusal } from '../../src/inspection/policy/decision.ts';
import { noRoom } from '../../src/inspection/policy/no-room.ts';
import { asReplied, type RefusedClient } from '../../src/inspection/refusal/refusal-reply.ts';
import { type Rejection, unreadableEndpoint } from '../../src/inspection/refusal/rejection.ts';
import { emptyStats } from '../../src/inspection/report/inspection-stats.ts';
import { ANY_EXIT } from '../../src/kong/guard-plugin.ts';
import type { Headers, KongRequest } from '../../src/kong/kong-request.ts';
import type { PhaseResult } from '../../src/kong/phase.ts';
import { inspectPrompt } from '../../src/workers/inspect.ts';
import { callerOf, expectsBody, inspectionRequestOf } from '../shared/caller.ts';
import type { Instance, ReportedPhase } from '../shared/instance.ts';
import { exitWith, replyIn } from '../shared/phase-results.ts';
import { requestMarker, UNREAD_PROMPT } from '../shared/request-context.ts';
import { refuseHead } from '../shared/request-head.ts';

export async function inspectRequest(instance: Instance, kongRequest: KongRequest): Promise<PhaseResult> {
  const began = performance.now();
  const { inspector, isAudit } = instance;
  const prompt = await kongRequest.prompt(inspector.config.max_body_size, instance.maxUnannounced);
  const { headers, path, body: bytes, requestId } = prompt;
  const phase: ReportedPhase = { began, requestId };
  const refused = refuseHead(headers, isAudit) ?? refuseEndpoint(instance, path);
  if (refused) {
    const decision: Decision = { outcome: 'blocked', rejection: refused };
    return refuse(instance, kongRequest, uninspected(decision, 0), decision, { path }, phase);
  }
  const caller = await callerOf(instance, kongRequest, prompt);
  const length = Number(headers.get('content-length') ?? 0);
  const hadBody = bytes === undefined || bytes.length > 0 || expectsBody(headers, path);
  const encoding = headers.get('content-encoding');
  const body = bytes && { bytes, encoding, path, isSigned: isBodySigned(headers) };
  const inspect = (request: InspectionRequest) =>
    hadBody ? decide(instance, headers, body, request, length) : noPrompt();
  if (isAudit) {
    const audit = {
      caller: callerKey(caller, inspector.id),
      bytes: bytes?.length ?? 0,
      inspect: async (signal: AbortSignal) => inspect({ caller, signal }),
    };
    const { record, ...exposed } = await instance.reportLater(kongRequest, audit, phase);
    const known = { caller, inspector: inspector.id, path, hadBody, ...promptHashOf(kongRequest, bytes) };
    const marker = requestMarker({ ...known, encryptions: [], ...exposed });
    return { kind: 'pass', marker, record, exits: ANY_EXIT };
  }
  const inspected = kongRequest.chargeBodies(callerKey(caller, inspector.id))
    ? await inspect(inspectionRequestOf(kongRequest, caller))
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

/** Whether it is to be asked at all, whatever is in the body. */
function refuseEndpoint({ inspector: { config }, isAudit }: Instance, path: string): Rejection | undefined {
  if (isAudit || config.on_uninspectable === 'allow') return undefined;
  return refusalOfPath(path) === 'around_kong' ? unreadableEndpoint('around_kong', 'request') : undefined;
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
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
 */
function isBodySigned(headers: Headers): boolean {
  const isSigV4 = headers.get('authorization')?.startsWith('AWS4-') ?? false;
  return isSigV4 && headers.get('x-amz-content-sha256') !== 'UNSIGNED-PAYLOAD';
}

function noPrompt(): InspectedPrompt {
  return uninspected({ outcome: 'skipped', why: 'the request has no body' }, 0);
}

/**
 * @param body undefined when it was too large to be read
 * @param length of the body, as the client announced it
 */
async function decide(
  { inspector }: Instance,
  headers: Headers,
  body: Body | undefined,
  request: InspectionRequest,
  length: number,
): Promise<InspectedPrompt> {
  if (body && isUtf8(headers.get('content-type'))) return inspectPrompt(inspector, body, request);
  return uninspected(cannotInspect('request', inspector, body ? 'unknown_charset' : 'too_large'), length);
}

/** @param length bytes of the body, as far as they are known */
function uninspected(decision: Decision, length: number): InspectedPrompt {
  return { decision, stats: emptyStats(length), asksForStream: false, mayStream: false, encryptions: [] };
}

/** JSON is UTF-8, but a server that honours another charset would read another prompt. */
function isUtf8(contentType: string | undefined): boolean {
  // RFC 2231 writes a parameter's value in a language, or in pieces: nobody needs that to say UTF-8.
  if (contentType && /charset\s*\*/i.test(contentType)) return false;
  const charsets = contentType?.toLowerCase().matchAll(/charset\s*=\s*"?([^\s";,]*)/g) ?? [];
  return [...charsets].every(([, charset]) => UTF8_CHARSETS.has(charset ?? ''));
}

const UTF8_CHARSETS = new Set(['utf-8', 'utf8', 'us-ascii']);
