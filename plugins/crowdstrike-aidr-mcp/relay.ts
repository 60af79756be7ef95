/** With `placement: relay`: Kong sends the request through the relay, which inspects both directions. */
import type { KongRequest } from '../../src/kong/kong-request.ts';
import type { PhaseResult } from '../../src/kong/phase.ts';
import { admit, callerFrom, divert, misconfigured, upstreamFrom } from '../shared/divert.ts';
import type { GuardWatch } from '../shared/guard-watch.ts';
import type { MessageInstance } from '../shared/message-instance.ts';
import { RELAYED_EXCHANGE_MARKER, UPSTREAM_MARKER } from './exchange-context.ts';

export interface Directions {
  request: MessageInstance;
  response: MessageInstance;
  watch: GuardWatch;
}

export async function relayMessages(
  { request: instance, response, watch }: Directions,
  kongRequest: KongRequest,
): Promise<PhaseResult> {
  const began = performance.now();
  const sent = await divert(
    instance,
    kongRequest,
    {
      marker: RELAYED_EXCHANGE_MARKER,
      beside: { marker: UPSTREAM_MARKER, record: response.relayedRecord(began) },
      streams: { isAsked: async () => true },
    },
    { began },
  );
  if (!sent.ok) return sent.result;
  const { facts, relay, ticket } = sent.diverted;
  const isFirst = facts.earlierTicket === undefined && facts.otherRelay === undefined;
  const found = isFirst ? upstreamFrom(instance, facts) : { ok: false as const, why: TWICE };
  if (!found.ok) {
    relay.tickets.forget(ticket);
    return misconfigured(instance, kongRequest, found.why, facts);
  }
  const { path, requestId, headers: announced, service } = facts;
  const name = typeof service?.name === 'string' ? service.name : undefined;
  const reports = {
    request: instance.relayReports(requestId),
    response: response.relayReports(requestId),
  };
  return admit(instance, kongRequest, sent.diverted, {
    upstream: found.upstream,
    callerOf: callerFrom(instance, facts),
    ...{ inspector: instance.relayInspector, path, announced, reports },
    seeGuard(isGuarded) {
      const missing = watch.see(isGuarded, name);
      if (missing !== undefined) reports.response.warn(missing);
    },
  });
}

const TWICE =
  'crowdstrike-aidr-mcp and another plugin of AIDR send the same request to the relay: take one of them off the route';
