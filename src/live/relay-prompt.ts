/** The prompt of a request in the relay: read as the provider would read it, and inspected before it goes there. */

import type { IncomingMessage } from 'node:http';
import { BODY_HEADERS } from '../body/body-headers.ts';
import { isRevoked } from '../fair-share/revocation.ts';
import { formatsOfPath } from '../formats/registry.ts';
import { callerKey } from '../inspection/caller-key.ts';
import { isUtf8 } from '../inspection/charset.ts';
import type { InspectedPrompt, InspectionRequest, UndecidedPrompt } from '../inspection/inspector.ts';
import { cannotInspect } from '../inspection/open-body.ts';
import { changedBody, type Decision, isRefusal, type Refusal } from '../inspection/policy/decision.ts';
import { noRoom, roomLost } from '../inspection/policy/no-room.ts';
import { asReplied, refusalReply } from '../inspection/refusal/refusal-reply.ts';
import type { Rejection } from '../inspection/refusal/rejection.ts';
import { emptyStats } from '../inspection/report/inspection-stats.ts';
import { expectsBody, isBodySigned, refuseHead } from '../inspection/request-head.ts';
import { noPrompt, uninspected } from '../inspection/uninspected.ts';
import { refusedEndpoint, unreadableAnswer } from '../inspection/unreadable-answer.ts';
import { MAX_HEADERS } from '../kong/kong-request.ts';
import { inspectPrompt } from '../workers/inspect.ts';
import { auditBeside } from './audit-beside.ts';
import { ByteReservation } from './byte-reservation.ts';
import { lookup } from './headers.ts';
import { ofSentPrompt, PROMPT_REFUSED } from './parallel-check.ts';
import { type ReceivedBody, readBody } from './read-body.ts';
import { asksForEvents } from './refuse.ts';
import { CLIENT_LEFT, type RelayedPrompt } from './relayed.ts';
import type { PromptVerdict, RequestUnderWay } from './request-under-way.ts';
import { withSpan } from './spanned-reports.ts';
import { hasBody, type UpstreamRequest } from './upstream.ts';

export type TakenPrompt =
  | {
      passes: true;
      body: UpstreamRequest['body'];
      /** Headers, in lower case, that no longer describe the body. */
      without: readonly string[];
      /** Absent where nobody waits for the inspection. */
      known?: UndecidedPrompt;
      /** Where it is not there yet: the provider is asked meanwhile. What is refused has its answer when it resolves. */
      verdict?: Promise<PromptVerdict>;
      hadBody: boolean;
      /** Frees the memory of the body, once it was sent. */
      release(): void;
    }
  /** The client has its answer, unless it has left. */
  | { passes: false };

/** Reads and inspects the prompt, and refuses it, unless this is an audit. */
export async function takePrompt(underWay: RequestUnderWay, prompt: RelayedPrompt): Promise<TakenPrompt> {
  const { caller, reports } = withSpan('request', prompt, underWay.caller);
  return takeSpanned({ ...underWay, caller }, reports);
}

async function takeSpanned(underWay: RequestUnderWay, prompt: RelayedPrompt): Promise<TakenPrompt> {
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
  return judge(underWay, prompt, passes, inspection, began);
}

type Passing = Extract<TakenPrompt, { passes: true }>;

/** @param taken how it goes on if it passes unchanged */
async function judge(
  underWay: RequestUnderWay,
  prompt: RelayedPrompt,
  taken: Passing,
  { inspect }: PromptInspection,
  began: number,
): Promise<TakenPrompt> {
  const ahead = Promise.withResolvers<UndecidedPrompt>();
  let state: 'inspected' | 'sent' | 'settled' = 'inspected';
  const onUndecided = (known: UndecidedPrompt) => {
    if (state !== 'inspected' || underWay.client.isGone || unreadableAnswerTo(underWay, known, taken.hadBody))
      return;
    state = 'sent';
    underWay.client.keepBack();
    ahead.resolve(known);
  };
  const isParallel = prompt.inspector.config.request_check === 'parallel';
  const settled = inspect(underWay.abort.signal, isParallel ? onUndecided : undefined)
    .then((inspected) => {
      inspected.stats.sentBeforeVerdict = state === 'sent';
      state = 'settled';
      return settle(underWay, prompt, taken, inspected, began);
    })
    .catch((error: unknown) => {
      taken.release();
      throw error;
    });
  const first = await Promise.race([settled, ahead.promise]);
  if ('passes' in first) return first;
  const { release } = taken;
  return {
    ...{ ...taken, known: first },
    verdict: settled.then((one) => (one.passes ? 'passes' : 'refused')),
    // It is still being inspected.
    release: () => void settled.then(release, release),
  };
}

/** With AIDR's verdict. */
function settle(
  underWay: RequestUnderWay,
  prompt: RelayedPrompt,
  taken: Passing,
  inspected: InspectedPrompt,
  began: number,
): TakenPrompt {
  const { signal } = underWay.abort;
  if (signal.aborted && !isRevoked(signal)) {
    taken.release();
    tell(underWay, prompt, { ...inspected, decision: CLIENT_LEFT }, began);
    return { passes: false };
  }
  const decision = decisionOn(inspected, signal);
  if (isRefusal(decision)) {
    taken.release();
    return refuse(underWay, prompt, inspected, decision, began);
  }
  tell(underWay, prompt, inspected, began);
  const changed = changedBody(decision);
  const known = { ...inspected, formats: inspected.stats.formats };
  return { ...taken, known, ...(changed ? { body: changed, without: BODY_HEADERS } : {}) };
}

function decisionOn({ decision, stats }: InspectedPrompt, signal: AbortSignal): Decision {
  if (isRevoked(signal)) return roomLost('request');
  return stats.sentBeforeVerdict ? ofSentPrompt(decision) : decision;
}

/** @returns why the provider is not asked although the prompt may pass: nobody here reads what it answers */
export function unreadableAnswerTo(
  { admitted: { answer } }: RequestUnderWay,
  { asksForMedia }: Pick<UndecidedPrompt, 'asksForMedia'>,
  hadBody: boolean,
): Rejection | undefined {
  if (!answer || answer.isAudit) return undefined;
  return unreadableAnswer(answer.inspector.config, {
    ...{ path: answer.path, hadBody },
    ...(asksForMedia ? { asksForMedia } : {}),
  });
}

/** What the client asked for, and what the provider would be. */
function endpointRefusal(
  request: IncomingMessage,
  { inspector: { config }, path }: RelayedPrompt,
): Rejection | undefined {
  return refusedEndpoint(config, path) ?? refusedEndpoint(config, upstreamPathOf(request));
}

/** The query is the client's to choose, slashes and all. */
function upstreamPathOf({ url = '/' }: IncomingMessage): string {
  return url.split('?', 1)[0] || '/';
}

interface PromptInspection {
  hadBody: boolean;
  inspect(signal: AbortSignal, onUndecided?: InspectionRequest['onUndecided']): Promise<InspectedPrompt>;
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
  const inspect: PromptInspection['inspect'] = async (signal, onUndecided) => {
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
    const asked = { caller, signal, ...(onUndecided ? { onUndecided } : {}) };
    return inspectPrompt(inspector, { ...coded, path, isSigned: isBodySigned(headers) }, asked);
  };
  return { hadBody, inspect };
}

/** Where what a prompt is read as depends on the path, it is the provider's, if that is one we know. */
function pathOf(request: IncomingMessage, { path }: RelayedPrompt): string {
  const upstreamPath = upstreamPathOf(request);
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
  if (stats.sentBeforeVerdict) endAnswer(underWay);
  if (!client.isGone) client.reject(reply);
  // Kong may still be sending, and would take a closed connection for no answer.
  request.resume();
  return { passes: false };
}

/** Of a prompt that the provider has: the work ends there, and nothing of it goes to the client. */
function endAnswer({ admitted: { answer }, records, client, abort }: RequestUnderWay): void {
  client.dropKept();
  abort.abort();
  const ended = { decision: PROMPT_REFUSED, stats: { ...emptyStats(), live: true } };
  if (answer) records.response = answer.describe(ended, 0);
}
