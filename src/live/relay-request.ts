/** One request through the relay: the prompt, the upstream, the answer. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isRevoked, revoke } from '../fair-share/revocation.ts';
import { callerKey } from '../inspection/caller-key.ts';
import type { Caller } from '../inspection/calls/metadata.ts';
import { isRefusal } from '../inspection/policy/decision.ts';
import { roomLost } from '../inspection/policy/no-room.ts';
import { asReplied } from '../inspection/refusal/refusal-reply.ts';
import { failure, noAnswer, type Rejection } from '../inspection/refusal/rejection.ts';
import { emptyStats } from '../inspection/report/inspection-stats.ts';
import { errorLocation } from '../kong/error-location.ts';
import { ByteReservation } from './byte-reservation.ts';
import type { ClientResponse } from './client-response.ts';
import { forward } from './forward-rest.ts';
import { endToEnd, RECORD_HEADER } from './headers.ts';
import { askMeanwhile, PROMPT_REFUSED } from './parallel-check.ts';
import { recordHeader } from './record-header.ts';
import { asksForEvents, replyTo } from './refuse.ts';
import { type TakenPrompt, takePrompt, unreadableAnswerTo } from './relay-prompt.ts';
import {
  type Admission,
  CLIENT_LEFT,
  type RelayedAnswer,
  type RelayedPrompt,
  type RelayedRequest,
  type RelayOutcome,
} from './relayed.ts';
import { CLIENT_GONE, type PromptVerdict, type RequestUnderWay } from './request-under-way.ts';
import { resumable } from './resumable.ts';
import { serve } from './serve.ts';
import { withSpan } from './spanned-reports.ts';
import { onwardTicket } from './ticket-headers.ts';
import { type Called, callUpstream, hasBody } from './upstream.ts';
import type { UpstreamAnswer } from './upstream-reader.ts';
import { warnOf } from './warn-of.ts';

/** Never rejects. */
export async function relayRequest(
  admitted: RelayedRequest,
  caller: Caller,
  { request, response, client, abort, isGuarded }: Kongs,
): Promise<void> {
  const underWay: RequestUnderWay = {
    ...{ admitted, caller, request, client, abort, records: {}, isAsking: false },
    giveUp: () => giveUp(admitted, abort),
  };
  admitted.answer?.seeGuard?.(isGuarded);
  client.further = () => furtherHeaders(underWay, isGuarded);
  response.once('close', () => {
    if (!client.isKeptBack) abort.abort(response.writableFinished ? ANSWER_SENT : CLIENT_GONE);
  });
  try {
    const taken = await take(underWay);
    if (!taken.passes) return;
    if (taken.verdict) {
      await askMeanwhile(underWay, taken.verdict, (asking) => ask(asking, taken));
    } else {
      underWay.isAsking = true;
      await ask(underWay, taken);
    }
  } catch (error) {
    const reason = { class: 'internal' as const, detail: errorLocation(error) };
    client.dropKept();
    if (client.isOpen) client.cut();
    else if (!client.isGone) rejectAsAny(underWay, failure(admitted.prompt ? 'request' : 'response', reason));
  }
}

/** A request as Kong brings it. */
export interface Kongs {
  request: IncomingMessage;
  response: ServerResponse;
  client: ClientResponse;
  abort: AbortController;
  /** The guard has run. */
  isGuarded: boolean;
}

/** Not made anew for each request: an abort without a reason captures a stack. */
const ANSWER_SENT = new Error('the answer was sent');

export function giveUp({ prompt, answer }: RelayedRequest, abort: AbortController): void {
  if (prompt?.isAudit === false || answer?.isAudit === false) revoke(abort);
}

function furtherHeaders(
  { records, isAsking, admitted: { prompt, answer } }: RequestUnderWay,
  isGuarded: boolean,
): Record<string, string> {
  return {
    ...(isGuarded ? { [RECORD_HEADER]: recordHeader(records) } : {}),
    ...prompt?.exposed(records.request),
    ...(isAsking ? answer?.exposed(records.response) : {}),
  };
}

type Passing = Extract<TakenPrompt, { passes: true }>;

async function take(underWay: RequestUnderWay): Promise<TakenPrompt> {
  const { admitted, request } = underWay;
  if (admitted.prompt) return takePrompt(underWay, admitted.prompt);
  const hadBody = hasBody(request.rawHeaders);
  return { passes: true, body: hadBody ? request : null, without: [], hadBody, release: () => undefined };
}

async function ask(underWay: RequestUnderWay, taken: Passing): Promise<void> {
  const { admitted, caller, request, client, abort } = underWay;
  const { upstream, answer } = admitted;
  const admission = answer && admissionOf(answer, caller, taken, request.url ?? '');
  const unreadable = taken.known && unreadableAnswerTo(underWay, taken.known, taken.hadBody);
  if (unreadable && admission) {
    taken.release();
    refuseUnreadable(underWay, admission, unreadable);
    return;
  }
  const called = await callUpstream(
    upstream,
    {
      ...{ method: request.method ?? 'GET', url: request.url ?? '/', headers: request.rawHeaders },
      ...{ body: taken.body, without: taken.without },
      ...onwardTicket(admitted, request),
    },
    abort.signal,
  );
  taken.release();
  if (admission) await answerWith(underWay, admission, called);
  else if (called.ok) await passAnswer(underWay, called.answer);
  else {
    warnOf(called, upstream, (text) => (answer ?? admitted.prompt)?.warn(text));
    if (!client.isGone) rejectAsAny(underWay, noAnswer(called.why));
  }
}

function admissionOf(
  answer: RelayedAnswer,
  caller: Caller,
  { known, hadBody }: Passing,
  url: string,
): Admission {
  const client = { ...answer.client, asksForEvents: asksForEvents(url) };
  if (!known) return { ...answer, client, caller, hadBody: answer.hadBody || hadBody };
  const { formats, asksForStream, encryptions, history } = known;
  return {
    ...answer,
    ...{ caller, hadBody, client: { ...client, formats, asksForStream } },
    carryOver: { encryptions, ...(history ? { history } : {}) },
  };
}

function refuseUnreadable(underWay: RequestUnderWay, admission: Admission, rejection: Rejection): void {
  const reply = replyTo(admission, rejection);
  const decision = asReplied({ outcome: 'blocked' as const, rejection }, reply.status);
  underWay.records.response = admission.report({ decision, stats: { ...emptyStats(), live: true } }, 0);
  if (!underWay.client.isGone) underWay.client.reject(reply);
}

/** Inspects the answer. */
async function answerWith(underWay: RequestUnderWay, admitted: Admission, called: Called): Promise<void> {
  const { caller, reports } = withSpan('response', admitted, admitted.caller);
  await answerSpanned(underWay, { ...reports, caller }, called);
}

async function answerSpanned(underWay: RequestUnderWay, admission: Admission, called: Called): Promise<void> {
  const { admitted, caller, request, client, abort, verdict } = underWay;
  const began = performance.now();
  const stats = { ...emptyStats(), live: true };
  const { max_body_size: max } = admission.inspector.config;
  const held = new ByteReservation(callerKey(caller, admission.inspector.id), max, () => underWay.giveUp());
  let ending: RelayOutcome | undefined;
  let tookMs = 0;
  let ofPrompt: PromptVerdict = 'passes';
  try {
    if (called.ok) {
      const chunks = resumable(called.answer.body, ({ length }) => {
        stats.bytes += length;
      });
      const conclude = (decision: RelayOutcome) => {
        underWay.records.response = admission.describe({ decision, stats }, performance.now() - began);
      };
      const relayed = {
        ...{ admission, answer: called.answer, client, held },
        stats,
        abort,
        chunks,
        conclude,
      };
      ending = await serve(relayed, request.method ?? 'GET');
    } else if (isRevoked(abort.signal)) {
      ending = roomLost('response');
      client.reject(replyTo(admission, ending.rejection));
    } else {
      ending = { outcome: 'skipped', why: 'the upstream gave no answer' };
      warnOf(called, admitted.upstream, admission.warn);
      if (!client.isGone) client.reject(replyTo(admission, noAnswer(called.why)));
    }
  } catch (error) {
    const reason = { class: 'internal' as const, detail: errorLocation(error) };
    ending = { outcome: 'failed_closed', failure: reason, rejection: failure('response', reason) };
    if (client.isOpen) client.cut();
    else client.reject(replyTo(admission, ending.rejection));
  } finally {
    tookMs = performance.now() - began;
    // What is kept back until then takes memory, and nothing is for a client that has left.
    if (client.isGone) held.release();
    if (verdict) ofPrompt = await verdict;
    held.release();
  }
  if (!ending) return;
  const decision = endWithoutAnswer(ofPrompt, abort) ?? asSent(ending, client);
  admission.report({ decision, stats }, tookMs);
}

/** @returns undefined where the client got the answer, or a refusal of it */
function endWithoutAnswer(ofPrompt: PromptVerdict, { signal }: AbortController): RelayOutcome | undefined {
  if (signal.reason === CLIENT_GONE) return CLIENT_LEFT;
  return ofPrompt === 'refused' ? PROMPT_REFUSED : undefined;
}

function asSent(ending: RelayOutcome, { rejectedWith }: ClientResponse): RelayOutcome {
  return rejectedWith !== undefined && isRefusal(ending) ? asReplied(ending, rejectedWith) : ending;
}

/** The answer passes as it comes: it is inspected elsewhere, or not at all. */
async function passAnswer({ client, abort }: RequestUnderWay, answer: UpstreamAnswer): Promise<void> {
  client.hold({ status: answer.status, headers: endToEnd(answer.headers) });
  try {
    await forward({ client, abort, chunks: answer.body });
  } catch {
    client.cut();
  }
}

/** In the words of the direction that is inspected. */
function rejectAsAny(
  { admitted: { prompt, answer }, request, client }: RequestUnderWay,
  rejection: Rejection,
): void {
  const speaking = answer ?? (prompt && { ...prompt, client: speakingOf(prompt) });
  if (speaking) client.reject(replyTo(speaking, rejection));
  else client.cut();
  request.resume();
}

function speakingOf({ isTranslated }: RelayedPrompt): Pick<RelayedAnswer['client'], 'isTranslated'> {
  return { isTranslated };
}
