/** One exchange through the relay: the request's messages, the server, the messages that come back. */

import { isEventStream } from '../../body/stream/index.ts';
import type { Direction } from '../../config/schema.ts';
import { isRevoked, revoke } from '../../fair-share/revocation.ts';
import type { Caller } from '../../inspection/calls/metadata.ts';
import { isUtf8Answer } from '../../inspection/charset.ts';
import type { InspectedMessages } from '../../inspection/messages/message-body.ts';
import { unreadExchange } from '../../inspection/messages/read-messages.ts';
import { messageReply } from '../../inspection/messages/refuse-messages.ts';
import { cannotInspect } from '../../inspection/open-body.ts';
import { isRefusal } from '../../inspection/policy/decision.ts';
import { failClosed } from '../../inspection/policy/enforcement.ts';
import { roomLost } from '../../inspection/policy/no-room.ts';
import { failure, noAnswer } from '../../inspection/refusal/rejection.ts';
import { emptyStats } from '../../inspection/report/inspection-stats.ts';
import { NO_ANSWER_BODY } from '../../inspection/uninspected.ts';
import { errorLocation } from '../../kong/error-location.ts';
import type { Exchange } from '../../protocols/protocol.ts';
import { endToEnd, headerOf, isCoded, RECORD_HEADER } from '../headers.ts';
import { recordHeader } from '../record-header.ts';
import type { Kongs } from '../relay-request.ts';
import { CLIENT_LEFT, type RelayedExchange } from '../relayed.ts';
import { withSpan } from '../spanned-reports.ts';
import { onwardTicket } from '../ticket-headers.ts';
import { type Called, callUpstream } from '../upstream.ts';
import type { UpstreamAnswer } from '../upstream-reader.ts';
import { warnOf } from '../warn-of.ts';
import { auditEvents, serveEvents } from './serve-events.ts';
import { type Answered, serveMessages } from './serve-messages.ts';
import { type TakenMessages, takeMessages } from './take-messages.ts';
import { type ExchangeUnderWay, refuse, refuseAnswer } from './under-way.ts';

/** Never rejects. */
export async function relayExchange(
  admitted: RelayedExchange,
  caller: Caller,
  { request, response, client, abort, isGuarded }: Kongs,
): Promise<void> {
  const underWay: ExchangeUnderWay = {
    ...{ admitted, caller, request, client, abort, records: {}, isAsking: false },
    giveUp: () => giveUpExchange(admitted, abort),
  };
  admitted.seeGuard(isGuarded);
  client.further = () => furtherHeaders(underWay, isGuarded);
  response.once('close', () => abort.abort(response.writableFinished ? undefined : CLIENT_GONE));
  try {
    const taken = await takeMessages(spannedIn('request', underWay));
    if (taken.passes) await ask(underWay, taken);
  } catch (error) {
    const rejection = failure('request', { class: 'internal', detail: errorLocation(error) });
    if (client.isOpen) client.cut();
    else if (!client.isGone)
      client.reject(messageReply(admitted.inspector, rejection, unreadExchange(admitted.inspector)));
    request.resume();
  }
}

/** @returns the same, in which what a direction asks and reports has a span, if somebody wants one */
function spannedIn(direction: Direction, underWay: ExchangeUnderWay): ExchangeUnderWay {
  const { admitted } = underWay;
  const { caller, reports } = withSpan(direction, admitted.reports[direction], underWay.caller);
  return {
    ...underWay,
    caller,
    admitted: { ...admitted, reports: { ...admitted.reports, [direction]: reports } },
  };
}

const CLIENT_GONE = new Error('the client left');

export function giveUpExchange({ reports }: RelayedExchange, abort: AbortController): void {
  if (!reports.request.isAudit) revoke(abort);
}

function furtherHeaders(
  { records, isAsking, admitted: { reports } }: ExchangeUnderWay,
  isGuarded: boolean,
): Record<string, string> {
  return {
    ...(isGuarded ? { [RECORD_HEADER]: recordHeader(records) } : {}),
    ...reports.request.exposed(records.request),
    ...(isAsking ? reports.response.exposed(records.response) : {}),
  };
}

async function ask(
  underWay: ExchangeUnderWay,
  { body, without, repeated = {}, release, exchange, hadBody }: Extract<TakenMessages, { passes: true }>,
): Promise<void> {
  const { admitted, request, abort } = underWay;
  underWay.isAsking = true;
  const called = await callUpstream(
    admitted.upstream,
    {
      ...{ method: request.method ?? 'GET', url: request.url ?? '/', body },
      headers: [...endToEnd(request.rawHeaders, without), ...Object.entries(repeated).flat()],
      ...onwardTicket(admitted, request),
    },
    abort.signal,
  );
  release();
  if (called.ok && isAuditedStream(underWay, called.answer))
    await auditEvents(underWay, { answer: called.answer, exchange, requestHadBody: hadBody });
  else await answerWith(underWay, called, exchange, hadBody);
}

/** Each of its events is inspected beside it. */
function isAuditedStream(
  { admitted, request }: ExchangeUnderWay,
  { status, headers }: UpstreamAnswer,
): boolean {
  const isAudited = admitted.reports.response.isAudit && hasAnswerBody(request.method, status);
  return isAudited && isEventStream(headerOf(headers, 'content-type'));
}

function hasAnswerBody(method: string | undefined, status: number): boolean {
  return method !== 'HEAD' && status !== 204 && status !== 304;
}

async function answerWith(
  underWay: ExchangeUnderWay,
  called: Called,
  exchange: Exchange,
  requestHadBody: boolean,
): Promise<void> {
  const began = performance.now();
  const { client, abort } = underWay;
  const spanned = spannedIn('response', underWay);
  const { reports } = spanned.admitted;
  // What is refused within a stream is reported by itself, and the stream when it ends.
  const inStream = { ...underWay, caller: spanned.caller };
  let ended: InspectedMessages | undefined;
  try {
    ended = called.ok
      ? await serve(spanned, inStream, { answer: called.answer, exchange, requestHadBody })
      : refuseUnanswered(spanned, called, exchange);
  } catch (error) {
    const decision = failClosed('response', { class: 'internal', detail: errorLocation(error) });
    ended = { decision, stats: emptyStats(), exchange };
    if (client.isOpen) client.cut();
    else ended = refuseAnswer(spanned, ended, decision);
  }
  if (!ended) return;
  ended.stats.live = true;
  const decision = abort.signal.reason === CLIENT_GONE ? CLIENT_LEFT : ended.decision;
  reports.response.report({ ...ended, decision }, performance.now() - began);
}

async function serve(
  underWay: ExchangeUnderWay,
  inStream: ExchangeUnderWay,
  answered: Answered,
): Promise<InspectedMessages | undefined> {
  const { client, request, admitted } = underWay;
  const { status, headers } = answered.answer;
  const { exchange } = answered;
  if (!hasAnswerBody(request.method, status)) {
    client.hold({ status, headers: endToEnd(headers) });
    client.end();
    return { decision: NO_ANSWER_BODY, stats: emptyStats(), exchange };
  }
  if (!isEventStream(headerOf(headers, 'content-type'))) return serveMessages(underWay, answered);
  const isKnown = isUtf8Answer(headerOf(headers, 'content-type'));
  if (isKnown && !isCoded(headers)) return serveEvents(inStream, answered);
  underWay.abort.abort();
  const why = isKnown ? 'unknown_encoding' : 'unknown_charset';
  const decision = cannotInspect('response', admitted.inspector, why);
  const ended = { decision, stats: emptyStats(), exchange };
  if (isRefusal(decision)) return refuseAnswer(underWay, ended, decision);
  client.cut();
  return ended;
}

function refuseUnanswered(
  underWay: ExchangeUnderWay,
  called: Extract<Called, { ok: false }>,
  exchange: Exchange,
): InspectedMessages {
  const stats = emptyStats();
  if (isRevoked(underWay.abort.signal))
    return refuseAnswer(underWay, { decision: roomLost('response'), stats, exchange }, roomLost('response'));
  const { upstream, reports } = underWay.admitted;
  warnOf(called, upstream, reports.response.warn);
  refuse(underWay, { outcome: 'blocked', rejection: noAnswer(called.why) }, exchange, () => undefined);
  return { decision: { outcome: 'skipped', why: 'the upstream gave no answer' }, stats, exchange };
}
