/**
 * Who is to blame when AIDR failed: AIDR, or what it was asked about. The health probe tells, because it is put to
 * the same AIDR with the same key.
 */
import { type Failure, type FailureClass, mayFailOpen } from './failure.ts';
import type { Inspected } from './verdict.ts';

/** What one text can bring about, by its size, by what it makes AIDR do, or by what a firewall before AIDR makes of it. */
const DOUBTFUL: ReadonlySet<FailureClass> = new Set([
  'timeout',
  'unreachable',
  'server_error',
  'unauthorized',
]);

/** Whether the failure may be due to what was sent, although AIDR's side is to blame by its class. */
export function isAmbiguous({ class: failureClass, isUnsent }: Failure): boolean {
  return DOUBTFUL.has(failureClass) && !isUnsent;
}

/**
 * @param failure a doubtful one
 * @param probe undefined when it was not answered in time, as in an outage
 * @returns the failure itself where the health probe fares no better
 */
export function attributeFailure(failure: Failure, probe: Inspected | undefined): Failure {
  if (!probe) return failure;
  if (!probe.ok) {
    const { class: failureClass, detail } = probe.failure;
    return mayFailOpen(failureClass)
      ? failure
      : { class: failureClass, detail: `the health probe failed: ${detail}` };
  }
  const { detail, requestId } = failure;
  return {
    class: 'failed_on_input',
    detail: `${detail}, but it answers the health probe`,
    ...(requestId ? { requestId } : {}),
  };
}
