/** The prompt of a request in the relay: read as the provider would read it, and inspected before it goes there. */

import type { IncomingMessage } from 'node:http';
import { BODY_HEADERS } from '../body/body-headers.ts';
import { isRevoked } from '../fair-share/revocation.ts';
import { formatsOfPath } from '../formats/registry.ts';
import { callerKey } from '../inspection/caller-key.ts';
import type { InspectedPrompt } from '../inspection/inspector.ts';
import { cannotInspect } from '../inspection/open-body.ts';
import { changedBody, isRefusal, type Refusal } from '../inspection/policy/decision.ts';
import { noRoom, roomLost } from '../inspection/policy/no-room.ts';
import { asReplied, refusalReply } from '../inspection/refusal/refusal-reply.ts';
import type { Rejection } from '../inspection/refusal/rejection.ts';
import { expectsBody, isBodySigned, isUtf8, refuseHead } from '../inspection/request-head.ts';
import { noPrompt, uninspected } from '../inspection/uninspected.ts';
import { refusedEndpoint } from '../inspection/unreadable-answer.ts';
import { MAX_HEADERS } from '../kong/kong-request.ts';
import { inspectPrompt } from '../workers/inspect.ts';
import { auditBeside } from './audit-beside.ts';
import { ByteReservation } from './byte-reservation.ts';
import { lookup } from './headers.ts';
import { asksForEvents } from './refuse.ts';
import { CLIENT_LEFT, type RelayedPrompt } from './relayed.ts';
import type { RequestUnderWay } from './request-under-way.ts';
import { hasBody, type UpstreamRequest } from './upstream.ts';

export type TakenPrompt =
  | {
      passes: true;
      body: UpstreamRequest['body'];
      /** Headers, in lower case, that no longer describe the body. */
      without: readonly string[];
      /** Absent where nobody waits for the inspection. */
      inspected?: InspectedPrompt;
      hadBody: boolean;
      /** Frees the memory of the body, once it was sent. */
      release(): void;
    }
  /** The client has its answer. */
  | { passes: false };

/** Reads and inspects the prompt, and refuses it, unless this is an audit. */
export async function takePrompt(underWay: RequestUnderWay, prompt: RelayedPrompt): Promise<TakenPrompt> {
  const began = performance.now();
  const { request, caller, abort } = underWay;
  const { inspector, isAudit } = prompt;
  const rejection =
    refuseHead(lookup(request.rawHeaders), MAX_HEADERS, isAudit) ??
    (isAudit ? undefined : endpointRefusal(request, prompt));
  if (rejection) {
    const decision = { outcome: 'blocked' as const, rejection };
    return refuse(underWay, prompt, uninspected(decision, 0), decision, began);
  }
  const max = inspector.config.max_body_size;
  const held = new ByteReservation(callerKey(caller, inspector.id), max, () => underWay.giveUp());
  const release = () => held.release();
  const body = await readBody(request, held);
  if (body.kind === 'broken') {
    release();
    abort.abort();
    tell(underWay, prompt, uninspected(CLIENT_LEFT, 0), began);
    return { passes: false };
  }
  const inspection = inspectionOf(underWay, prompt, body);
  const { hadBody } = inspection;
  const own = body.kind === 'whole' ? body.bytes : body.rest();
  const sent = hasBody(request.rawHeaders) ? own : null;
  const passes = { passes: true, body: sent, without: [], hadBody, release } as const;
  if (isAudit) {
    auditPrompt(underWay, prompt, body, inspection.inspect);
    return passes;
  }
  const inspected = await inspection.inspect(abort.signal).catch((error: unknown) => {
    release();
    throw error;
  });
  const decision = isRevoked(abort.signal) ? roomLost('request') : inspected.decision;
  if (abort.signal.aborted && !isRevoked(abort.signal)) {
    release();
    tell(underWay, prompt, { ...inspected, decision: CLIENT_LEFT }, began);
    return { passes: false };
  }
  if (isRefusal(decision)) {
    release();
    return refuse(underWay, prompt, inspected, decision, began);
  }
  tell(underWay, prompt, inspected, began);
  const changed = changedBody(decision);
  return { ...passes, inspected, ...(changed ? { body: changed, without: BODY_HEADERS } : {}) };
}

/** What the client asked for, and what the provider would be. */
function endpointRefusal(
  { url = '/' }: IncomingMessage,
  { inspector, path }: RelayedPrompt,
): Rejection | undefined {
  const { config } = inspector;
  return refusedEndpoint(config, path) ?? refusedEndpoint(config, url);
}

interface PromptInspection {
  hadBody: boolean;
  inspect(signal: AbortSignal): Promise<InspectedPrompt>;
}

function inspectionOf(
  { request, caller }: RequestUnderWay,
  prompt: RelayedPrompt,
  body: ReceivedBody,
): PromptInspection {
  const { inspector, announced } = prompt;
  const headers = lookup(request.rawHeaders);
  const path = pathOf(request, prompt);
  const hadBody = body.length > 0 || expectsBody(announced, path);
  const inspect = async (signal: AbortSignal) => {
    if (!hadBody) return noPrompt();
    if (body.kind === 'partial') {
      const why =
        body.why === 'overloaded' ? noRoom('request') : cannotInspect('request', inspector, body.why);
      return uninspected(why, body.length);
    }
    const contentType = headers.get('content-type');
    if (!isUtf8(contentType))
      return uninspected(cannotInspect('request', inspector, 'unknown_charset'), body.length);
    const coded = { bytes: body.bytes, contentType, encoding: headers.get('content-encoding') };
    return inspectPrompt(inspector, { ...coded, path, isSigned: isBodySigned(headers) }, { caller, signal });
  };
  return { hadBody, inspect };
}

/** Where what a prompt is read as depends on the path, it is the provider's, if that is one we know. */
function pathOf({ url = '/' }: IncomingMessage, { path }: RelayedPrompt): string {
  const [upstreamPath = '/'] = url.split('?', 1);
  return formatsOfPath(upstreamPath).length > 0 ? upstreamPath : path;
}

function auditPrompt(
  { caller }: RequestUnderWay,
  prompt: RelayedPrompt,
  body: ReceivedBody,
  inspect: (signal: AbortSignal) => Promise<InspectedPrompt>,
): void {
  if (body.kind === 'partial' && body.why === 'overloaded') {
    prompt.reportDropped();
    return;
  }
  auditBeside(prompt, {
    caller: callerKey(caller, prompt.inspector.id),
    bytes: body.kind === 'whole' ? body.length : 0,
    inspect,
  });
}

function tell(
  underWay: RequestUnderWay,
  prompt: RelayedPrompt,
  { decision, stats }: InspectedPrompt,
  began: number,
): void {
  stats.live = true;
  underWay.records.request = prompt.report({ decision, stats }, performance.now() - began);
}

function refuse(
  underWay: RequestUnderWay,
  prompt: RelayedPrompt,
  inspected: InspectedPrompt,
  decision: Refusal,
  began: number,
): TakenPrompt {
  const { request, client } = underWay;
  const { stats, asksForStream } = inspected;
  const { isTranslated, path, inspector } = prompt;
  const speaking = { isTranslated, asksForStream, asksForEvents: asksForEvents(request.url ?? '') };
  const { formats, model } = isTranslated ? {} : stats;
  const reply = refusalReply(inspector, decision.rejection, {
    ...{ path, ...speaking, model },
    ...(formats ? { formats } : {}),
  });
  tell(underWay, prompt, { ...inspected, decision: asReplied(decision, reply.status) }, began);
  if (!client.isGone) client.reject(reply);
  // Kong may still be sending, and would take a closed connection for no answer.
  request.resume();
  return { passes: false };
}

type ReadBody =
  | { kind: 'whole'; bytes: Uint8Array; length: number }
  /** Not all of it was read. */
  | { kind: 'partial'; why: 'too_large' | 'overloaded'; length: number; rest(): AsyncIterable<Uint8Array> }
  | { kind: 'broken' };

type ReceivedBody = Exclude<ReadBody, { kind: 'broken' }>;

async function readBody(request: IncomingMessage, held: ByteReservation): Promise<ReadBody> {
  if (!hasBody(request.rawHeaders)) return { kind: 'whole', bytes: new Uint8Array(), length: 0 };
  const chunks: Uint8Array[] = [];
  const announced = Number(lookup(request.rawHeaders).get('content-length') ?? 0);
  const rest = async function* () {
    yield* chunks;
    yield* request;
  };
  if (held.isTooLarge(announced)) return { kind: 'partial', why: 'too_large', length: announced, rest };
  return new Promise((resolve) => {
    let length = 0;
    const end = (body: ReadBody) => {
      request.off('data', take).off('end', whole).off('close', broken).off('error', broken);
      resolve(body);
    };
    const broken = () => end({ kind: 'broken' });
    const whole = () => {
      const [first = new Uint8Array()] = chunks;
      end({ kind: 'whole', bytes: chunks.length > 1 ? Buffer.concat(chunks) : first, length });
    };
    const take = (chunk: Uint8Array) => {
      const refused = held.take(chunk.length);
      chunks.push(chunk);
      length += chunk.length;
      if (!refused) return;
      request.pause();
      end({ kind: 'partial', why: refused, length: Math.max(length, announced), rest });
    };
    request.on('data', take).on('end', whole).on('close', broken).on('error', broken);
  });
}
