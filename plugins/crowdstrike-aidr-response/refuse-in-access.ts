/** Refuses a request in access of the response plugin: before the provider has worked. */
import { asReplied } from '../../src/inspection/refusal/refusal-reply.ts';
import type { Rejection } from '../../src/inspection/refusal/rejection.ts';
import { emptyStats } from '../../src/inspection/report/inspection-stats.ts';
import type { KongRequest } from '../../src/kong/kong-request.ts';
import type { PhaseResult } from '../../src/kong/phase.ts';
import type { Instance, ReportedPhase } from '../shared/instance.ts';
import { exitWith, replyIn } from '../shared/phase-results.ts';
import type { RequestContext } from '../shared/request-context.ts';

export async function refuseInAccess(
  instance: Instance,
  kongRequest: KongRequest,
  rejection: Rejection,
  { path, prompt }: Pick<RequestContext, 'path' | 'prompt'>,
  phase: ReportedPhase,
): Promise<PhaseResult> {
  const client = { path, ...(prompt ? { formats: prompt.formats } : {}) };
  const reply = await replyIn(instance, kongRequest, rejection, client);
  const decision = asReplied({ outcome: 'blocked' as const, rejection }, reply.status);
  const { record } = await instance.report(kongRequest, { decision, stats: emptyStats() }, phase);
  return { ...exitWith(reply), record };
}
