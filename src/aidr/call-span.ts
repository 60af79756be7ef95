/** The span of one call to AIDR, its retries and polls included. */
import { type Span, startSpan } from '../tracing/tracer.ts';
import { isRequestId } from './endpoint.ts';
import type { Sent } from './transport.ts';
import { classOfStatus } from './verdict.ts';

/** @returns undefined where nobody wants spans */
export function startCallSpan(parent: string | undefined): Span | undefined {
  return startSpan({ name: 'AIDR call', kind: 'client', parent });
}

export function endCallSpan(span: Span, url: string, sentBytes: number, sent: Sent): void {
  const { hostname, pathname } = new URL(url);
  const about = { 'server.address': hostname, 'url.path': pathname, 'http.request.body.size': sentBytes };
  if (!sent.ok) {
    const { class: failure, requestId } = sent.failure;
    span.end({ ...about, 'aidr.failure': failure, 'aidr.request_id': requestId }, failure);
    return;
  }
  const { status, body } = sent.reply;
  const answer = { 'http.response.status_code': status, 'http.response.body.size': body.length };
  const failure = status === 200 ? undefined : classOfStatus(status);
  const attributes = { ...about, ...answer, 'aidr.request_id': requestIdIn(body), 'aidr.failure': failure };
  span.end(attributes, failure);
}

/** AIDR's id stands at the beginning. Whole answers can be large, and are read elsewhere. */
const HEAD_BYTES = 512;

function requestIdIn(body: Uint8Array): string | undefined {
  const head = Buffer.from(body.buffer, body.byteOffset, Math.min(body.length, HEAD_BYTES)).toString(
    'latin1',
  );
  const [, id] = /"request_id": ?"([\w-]+)"/.exec(head) ?? [];
  return isRequestId(id) ? id : undefined;
}
