/** From a rejection to what a client of a protocol gets: an answer to each request that waits, in the protocol's own form. */
import { protocolNamed } from '../../protocols/index.ts';
import type { Exchange, PendingRequest, Refused, RefusedReply } from '../../protocols/protocol.ts';
import type { MessageInspector } from '../inspector.ts';
import { isBlock } from '../refusal/refusal-codes.ts';
import { lateSentence } from '../refusal/refusal-reply.ts';
import { type RefusalReply, retryHeaders } from '../refusal/refusal-to-anyone.ts';
import { HEADERS_DISAGREE, type Rejection } from '../refusal/rejection.ts';

export function messageReply(
  inspector: Pick<MessageInspector, 'config'>,
  rejection: Rejection,
  { protocol, pending, readsReply, binding }: Exchange,
): RefusalReply & Pick<RefusedReply, 'body' | 'event'> {
  const refused = refusedBy(inspector, rejection, readsReply);
  const { status, body, event } = protocolNamed(protocol).refusal(refused, pending, binding);
  const headers = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' };
  const told = { status, body, headers: { ...headers, ...retryHeaders(rejection) } };
  return event === undefined ? told : { ...told, event };
}

/** What a server is told in the client's place that asks what must not reach the client: why is not its business. */
export function replyToServer(
  { config }: Pick<MessageInspector, 'config'>,
  protocol: Exchange['protocol'],
  asked: readonly PendingRequest[],
): string {
  const status = { httpStatus: 400, answerStatus: 200 };
  const refused = { message: 'request forbidden', data: undefined, errorCode: config.error_code, ...status };
  return protocolNamed(protocol).refusal({ ...refused, isTold: false }, asked).body;
}

function refusedBy(
  inspector: Pick<MessageInspector, 'config'>,
  rejection: Rejection,
  readsReply: boolean,
): Refused {
  const { config } = inspector;
  const disagrees = rejection.reason === HEADERS_DISAGREE.reason;
  return {
    message: lateSentence(inspector, rejection),
    data: dataOf(config, rejection),
    errorCode: disagrees ? HEADER_MISMATCH : config.error_code,
    httpStatus: rejection.httpStatus,
    answerStatus: readsReply && !disagrees ? config.error_status : rejection.httpStatus,
    isTold: readsReply && config.rejection_style === 'completion' && isBlock(rejection.code),
  };
}

/** As the specification has it, with 400. */
const HEADER_MISMATCH = -32_020;

function dataOf(
  { rejection_style: style }: MessageInspector['config'],
  { reason, status, code, requestId }: Rejection,
): Refused['data'] {
  if (style === 'stealth') return undefined;
  if (style === 'plain') return { reason, status };
  return { reason, status, code, ...(requestId === undefined ? {} : { request_id: requestId }) };
}
