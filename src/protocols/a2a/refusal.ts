/**
 * Refusals: errors of JSON-RPC, and for HTTP+JSON the errors that clients of 1.0 and of 0.3 understand. A block can be told
 * as a message of the agent's instead, where a message was sent and no stream asked for.
 *
 * @see https://a2a-protocol.org/v1.0.0/specification/#116-error-handling
 */
import { randomUUID } from 'node:crypto';
import { rpcRefusal } from '../json-rpc.ts';
import type { PendingRequest, Refused, RefusedReply } from '../protocol.ts';
import { HTTP_JSON } from './binding.ts';

export function refuse(refused: Refused, pending: readonly PendingRequest[], binding?: string): RefusedReply {
  if (binding === undefined) return rpcRefusal(refused, pending, toldResult);
  const isV1 = binding === HTTP_JSON;
  const isSent = pending.some(({ method }) => method === 'SendMessage');
  if (refused.isTold && isSent)
    return { status: 200, body: JSON.stringify(isV1 ? told(refused.message) : legacyTold(refused.message)) };
  const body = isV1 ? statusOf(refused) : legacyErrorOf(refused);
  return { status: refused.httpStatus, body: JSON.stringify(body), event: 'error' };
}

function toldResult(message: string, { method }: PendingRequest): object | undefined {
  if (method === 'SendMessage') return told(message);
  if (method !== 'message/send') return undefined;
  return { ...messageOf('agent'), kind: 'message', parts: [{ kind: 'text', text: message }] };
}

function told(text: string): object {
  return { message: { ...messageOf('ROLE_AGENT'), parts: [{ text }] } };
}

/** HTTP+JSON of 0.3 has the names of its protocol buffers. */
function legacyTold(text: string): object {
  return { message: { ...messageOf('ROLE_AGENT'), content: [{ text }] } };
}

function messageOf(role: string): object {
  return { messageId: randomUUID(), role };
}

/** `google.rpc.Status` with an `ErrorInfo`. */
function statusOf({ message, data, httpStatus }: Refused): object {
  const { code = 'aidr_refused', ...metadata } = data ?? {};
  const details = {
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    ...{ reason: code.toUpperCase(), domain: 'crowdstrike.com', metadata },
  };
  const status = STATUS_NAMES[httpStatus] ?? 'INTERNAL';
  return { error: { code: httpStatus, status, message, details: data ? [details] : [] } };
}

function legacyErrorOf({ message, data, errorCode }: Refused): object {
  return { code: errorCode, message, ...(data ? { data } : {}) };
}

/** @see https://cloud.google.com/apis/design/errors#handling_errors */
const STATUS_NAMES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  405: 'UNIMPLEMENTED',
  413: 'INVALID_ARGUMENT',
  415: 'INVALID_ARGUMENT',
  422: 'FAILED_PRECONDITION',
  429: 'RESOURCE_EXHAUSTED',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};
