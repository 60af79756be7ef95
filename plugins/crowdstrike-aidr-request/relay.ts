/** The request plugin with `placement: relay`: the relay reads the prompt when all other plugins are done with it. */
import type { KongRequest } from '../../src/kong/kong-request.ts';
import type { PhaseResult } from '../../src/kong/phase.ts';
import { admit, callerFrom, divert, misconfigured, upstreamFrom } from '../shared/divert.ts';
import type { Instance } from '../shared/instance.ts';
import { RELAYED_REQUEST_MARKER } from '../shared/request-context.ts';

export async function relayPrompt(instance: Instance, kongRequest: KongRequest): Promise<PhaseResult> {
  const began = performance.now();
  const marker = RELAYED_REQUEST_MARKER;
  const sent = await divert(instance, kongRequest, { marker }, { began });
  if (!sent.ok) return sent.result;
  const { facts, relay, ticket } = sent.diverted;
  const found = upstreamFrom(instance, facts);
  if (!found.ok) {
    relay.tickets.forget(ticket);
    return misconfigured(instance, kongRequest, found.why, facts);
  }
  const { path, requestId, isBesideAiProxy, headers } = facts;
  return admit(instance, kongRequest, sent.diverted, {
    upstream: found.upstream,
    callerOf: callerFrom(instance, facts),
    prompt: {
      ...{ inspector: instance.relayInspector, path, isTranslated: isBesideAiProxy, announced: headers },
      ...instance.relayReports(requestId),
    },
  });
}
