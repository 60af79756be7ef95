/** The span of an inspection: from when its phase or its relayed request began to its record. Names and numbers only. */
import type { Direction } from '../../config/schema.ts';
import { type Span, startSpan } from '../../tracing/tracer.ts';
import type { Caller } from '../calls/metadata.ts';
import type { InspectionRecord } from './record.ts';

export interface SpannedInspection {
  /** The same, with the span as the parent of whatever is asked for it. */
  caller: Caller;
  /** To be called once, with the record. */
  end(record: InspectionRecord): void;
}

/**
 * @param began `performance.now()` when it did
 * @returns a caller as it was, and nothing to end, where nobody wants spans
 */
export function startInspectionSpan(direction: Direction, caller: Caller, began: number): SpannedInspection {
  const span = startSpan({
    name: direction === 'request' ? 'inspect prompt' : 'inspect answer',
    ...{ kind: 'internal', parent: caller.traceparent, began },
  });
  if (!span) return { caller, end: NOTHING };
  return {
    caller: { ...caller, traceparent: span.traceparent },
    end: (record) => endWith(span, direction, caller, record),
  };
}

function NOTHING(): void {}

function endWith(
  span: Span,
  direction: Direction,
  { service, route }: Caller,
  record: InspectionRecord,
): void {
  span.end(
    {
      'aidr.direction': direction,
      'aidr.outcome': record.outcome,
      'aidr.failure': record.failure,
      'aidr.skipped_because': record.skipped_because,
      'aidr.strategy': record.strategy,
      'aidr.provider': record.provider,
      'aidr.api_uri': record.api_uri,
      'aidr.policy': record.policy,
      'aidr.detectors': record.detectors,
      'aidr.request_ids': record.aidr_request_ids,
      'aidr.calls': record.calls,
      'aidr.attempts': record.attempts,
      'aidr.bytes': record.bytes,
      'aidr.segments': record.segments,
      'aidr.rejected_with': record.rejected_with,
      'aidr.sent_before_verdict': record.sent_before_verdict,
      'kong.service': service,
      'kong.route': route,
      'kong.request_id': record.kong_request_id,
    },
    record.failure,
  );
}
