/** Asks AIDR about everything a body holds: all calls at once, under one deadline. */
import { type AidrEndpoint, askAidr } from '../aidr/client.ts';
import type { GuardMetadata } from '../aidr/request.ts';
import type { Inspected } from '../aidr/verdict.ts';
import type { PlannedCall } from './calls.ts';

export interface AskedCall {
  call: PlannedCall;
  inspected: Inspected;
}

/** Calls of one inspection that are under way at once: connections to AIDR are shared by all routes. */
const MAX_PARALLEL = 8;

/**
 * @param timeout milliseconds for all of it
 * @returns in the order of the calls; when one is blocked, the verdicts of the others no longer matter and are not
 * waited for
 */
export async function askAboutAll(
  endpoint: AidrEndpoint,
  eventType: 'input' | 'output',
  metadata: GuardMetadata,
  calls: PlannedCall[],
  timeout: number,
): Promise<AskedCall[]> {
  const abort = new AbortController();
  const deadline = setTimeout(() => abort.abort(), timeout);
  const asked: AskedCall[] = [];
  const waiting = calls.entries();
  const askNext = async () => {
    for (const [index, call] of waiting) {
      const request = { event_type: eventType, ...metadata, guard_input: call.input };
      const inspected = await askAidr(endpoint, request, abort.signal);
      if (inspected.ok && inspected.verdict.kind === 'blocked') abort.abort();
      asked[index] = { call, inspected };
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(MAX_PARALLEL, calls.length) }, askNext));
    return asked;
  } finally {
    clearTimeout(deadline);
  }
}
