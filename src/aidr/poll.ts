/** AIDR's 202 means "not yet": the verdict is fetched when it is there. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Deadline } from './deadline.ts';
import { failed } from './failure.ts';
import type { Sent } from './transport.ts';
import { isDeliveredBlock } from './verdict.ts';

/** Milliseconds before the first question; each wait is longer than the one before, up to the longest. */
const FIRST_WAIT = 200;
const GROWTH = 1.6;
const LONGEST_WAIT = 2_000;
/** Questions in a row that may fail: the result is being made, whatever happens to a question. */
const MAX_FAILURES = 3;

/** @param ask one question for the result */
export async function pollUntilDone(deadline: Deadline, ask: () => Promise<Sent>): Promise<Sent> {
  let failures = 0;
  let wait = FIRST_WAIT;
  for (;;) {
    if (wait >= deadline.remaining || !(await waited(wait, deadline.signal))) return NOT_IN_TIME;
    const sent = await ask();
    if (isDone(sent)) return sent;
    failures = isPending(sent) ? 0 : failures + 1;
    if (failures === MAX_FAILURES) return sent;
    wait = Math.max(Math.min(wait * GROWTH, LONGEST_WAIT), (sent.ok && sent.reply.retryAfter) || 0);
  }
}

const NOT_IN_TIME = failed('timeout', 'AIDR accepted the call, but gave no verdict within the timeout');

export function isPending(sent: Sent): boolean {
  return sent.ok && sent.reply.status === 202 && !isDeliveredBlock(sent.reply.body);
}

/** A result that AIDR does not know yet is 404 for a moment. */
function isDone(sent: Sent): boolean {
  if (!sent.ok) return sent.failure.class !== 'unreachable';
  const { status, body } = sent.reply;
  const isPassing = status === 202 || status === 404 || status === 408 || status === 429 || status >= 500;
  return !isPassing || isDeliveredBlock(body);
}

async function waited(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  return sleep(milliseconds, true, { signal }).catch(() => false);
}
