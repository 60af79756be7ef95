/** From a rejection to what a client of a protocol gets: an answer to each request that waits, in the protocol's own form. */
import { protocolNamed } from '../../protocols/index.ts';
import type { Exchange, Refused } from '../../protocols/protocol.ts';
import type { MessageInspector } from '../inspector.ts';
import { isBlock } from '../refusal/refusal-codes.ts';
import { lateSentence } from '../refusal/refusal-reply.ts';
import { type RefusalReply, retryHeaders } from '../refusal/refusal-to-anyone.ts';
import type { Rejection } from '../refusal/rejection.ts';

export function messageReply(
  inspector: Pick<MessageInspector, 'config'>,
  rejection: Rejection,
  { protocol, pending, binding }: Exchange,
): RefusalReply & { body: string } {
  const { status, body } = protocolNamed(protocol).refusal(refusedBy(inspector, rejection), pending, binding);
  const headers = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' };
  return { status, body, headers: { ...headers, ...retryHeaders(rejection) } };
}

function refusedBy(inspector: Pick<MessageInspector, 'config'>, rejection: Rejection): Refused {
  const { config } = inspector;
  return {
    message: lateSentence(inspector, rejection),
    data: dataOf(config, rejection),
    errorCode: config.error_code,
    httpStatus: rejection.httpStatus,
    answerStatus: config.error_status,
    isTold: config.rejection_style === 'completion' && isBlock(rejection.code),
  };
}

function dataOf(
  { rejection_style: style }: MessageInspector['config'],
  { reason, status, code, requestId }: Rejection,
): Refused['data'] {
  if (style === 'stealth') return undefined;
  if (style === 'plain') return { reason, status };
  return { reason, status, code, ...(requestId === undefined ? {} : { request_id: requestId }) };
}
