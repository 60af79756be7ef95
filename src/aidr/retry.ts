/** Tries a call again where AIDR's own clients do, as long as the deadline leaves time for it. */
import { DelegateBackoff, handleWhenResult, type RetryPolicy, retry } from 'cockatiel';
import type { Deadline } from './deadline.ts';
import type { Sent } from './transport.ts';
import { isDeliveredBlock } from './verdict.ts';

const MAX_RETRIES = 2;
/** Milliseconds before the first retry; three times as long before the second. */
const FIRST_DELAY = 100;
/** A retry that has less time than this would not be answered. */
const LEAST_TIME = 50;

/** @returns the last answer */
export async function withRetries(deadline: Deadline, attempt: () => Promise<Sent>): Promise<Sent> {
  let backoff = 0;
  let delay = 0;
  const policy: RetryPolicy = retry(
    handleWhenResult((result) => {
      const sent = result as Sent;
      if (!isRetriable(sent)) return false;
      backoff = nextBackoff(backoff);
      delay = Math.max(backoff, (sent.ok && sent.reply.retryAfter) || 0);
      return delay + LEAST_TIME < deadline.remaining;
    }),
    { maxAttempts: MAX_RETRIES, backoff: new DelegateBackoff(() => delay) },
  );
  return policy.execute(attempt, deadline.signal);
}

/** Jitter keeps clients that failed together from coming back together. */
function nextBackoff(last: number): number {
  return (last === 0 ? FIRST_DELAY : last * 3) * (0.75 + Math.random() / 2);
}

/** A block that came with an error status is a verdict all the same. */
function isRetriable(sent: Sent): boolean {
  if (!sent.ok) return sent.failure.class === 'unreachable';
  const { status, body } = sent.reply;
  const isPassing = status === 408 || status === 409 || status === 429 || status >= 500;
  return isPassing && !isDeliveredBlock(body);
}
