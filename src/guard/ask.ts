/** Asks AIDR about everything a body holds: all calls at once, under one deadline. */
import { type AidrEndpoint, askAidr } from '../aidr/client.ts';
import type { GuardMetadata } from '../aidr/request.ts';
import type { Inspected } from '../aidr/verdict.ts';
import type { PlannedCall } from './calls.ts';

export interface AskedCall {
  call: PlannedCall;
  inspected: Inspected;
}

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
  try {
    return await Promise.all(
      calls.map(async (call) => {
        const request = { event_type: eventType, ...metadata, guard_input: call.input };
        const inspected = await askAidr(endpoint, request, abort.signal);
        if (inspected.ok && inspected.verdict.kind === 'blocked') abort.abort();
        return { call, inspected };
      }),
    );
  } finally {
    clearTimeout(deadline);
  }
}
