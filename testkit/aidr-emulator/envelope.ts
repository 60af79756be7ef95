/** The bodies AIDR answers with: its own (Pangea) envelope, and that of CrowdStrike's API gateway. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { ValidationError } from './validation.ts';

/** An HTTP answer; a `body` that is a string goes out as it is, everything else as JSON. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** The envelopes in which an error can come. */
export type ErrorForm = 'gateway' | 'pangea' | 'html';

const STATUS_WORDS: Readonly<Record<number, string>> = {
  400: 'InvalidPayloadReceived',
  401: 'Unauthorized',
  403: 'ServiceNotEnabled',
  404: 'NotFound',
  429: 'TooManyRequests',
  500: 'InternalError',
  502: 'ProviderError',
  503: 'ServiceNotAvailable',
};

/** `prq_` and 32 characters of base32. */
export function newRequestId(): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
  return `prq_${Array.from(randomBytes(32), (byte) => alphabet.charAt(byte % 32)).join('')}`;
}

function pangea(requestId: string, status: string, summary: string, result: unknown) {
  const now = new Date().toISOString();
  return { request_id: requestId, request_time: now, response_time: now, status, summary, result };
}

/** A verdict. A block is a success too: only `result.blocked` tells. */
export function success(requestId: string, summary: string, result: unknown): Reply {
  return { status: 200, body: pangea(requestId, 'Success', summary, result) };
}

/** Not done yet: poll `location`. */
export function accepted(requestId: string, location: string, polls: number): Reply {
  const summary = 'Your request is in progress. Use the location to poll for the result.';
  const result = { ttl_mins: 5760, retry_counter: polls, location };
  return { status: 202, body: pangea(requestId, 'Accepted', summary, result) };
}

export function validationFailed(errors: readonly ValidationError[]): Reply {
  const summary = `There were ${errors.length} error(s) in the given payload`;
  return { status: 400, body: pangea(newRequestId(), 'ValidationError', summary, { errors }) };
}

/** An error of that HTTP status, in one of the three forms that clients meet. */
export function failure(
  status: number,
  form: ErrorForm = 'gateway',
  headers: Record<string, string> = {},
): Reply {
  if (form === 'html')
    return { status, headers: { 'content-type': 'text/html', ...headers }, body: `<html>${status}</html>` };
  if (form === 'pangea') {
    const word = STATUS_WORDS[status] ?? 'Failed';
    return { status, headers, body: pangea(newRequestId(), word, `${word} (emulated)`, null) };
  }
  const trace = randomUUID();
  const message = status === 429 ? 'API rate limit exceeded.' : gatewayMessage(status, trace);
  return { status, headers, body: { meta: { trace_id: trace }, errors: [{ code: status, message }] } };
}

function gatewayMessage(status: number, trace: string): string {
  return `${STATUS_WORDS[status] ?? 'Failed'}: Please provide trace-id='${trace}' to support`;
}
