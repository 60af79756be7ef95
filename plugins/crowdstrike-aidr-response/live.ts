/**
 * The answer in the relay: `response_mode: live`, and `placement: relay`. In access, Kong is told to send the request to
 * the relay, which answers for the response plugin from then on. If the relay is gone, Kong answers with 502, and nothing
 * passes.
 */

import { overloaded } from '../../src/inspection/refusal/rejection.ts';
import { announcesBody } from '../../src/inspection/request-head.ts';
import { unreadableAnswer } from '../../src/inspection/unreadable-answer.ts';
import type { KongRequest } from '../../src/kong/kong-request.ts';
import type { PhaseResult } from '../../src/kong/phase.ts';
import type { RelayFacts } from '../../src/kong/send-to-relay.ts';
import { RELAY_HOST } from '../../src/live/relay.ts';
import type { RelayedAnswer, RelayedRequest } from '../../src/live/relayed.ts';
import { isExchange } from '../../src/live/relayed.ts';
import type { Upstream } from '../../src/live/upstream.ts';
import {
  admit,
  callerFrom,
  type Diverted,
  divert,
  misconfigured,
  refused,
  upstreamFrom,
} from '../shared/divert.ts';
import type { GuardWatch } from '../shared/guard-watch.ts';
import type { Instance } from '../shared/instance.ts';
import type { RequestContext } from '../shared/request-context.ts';
import { currentContext } from './changed-prompt.ts';
import { UPSTREAM_MARKER } from './markers.ts';
import { refuseInAccess } from './refuse-in-access.ts';

/** @param isStreamAsked whether the answer was asked for as a stream: whole ones ai-proxy translates in a buffer only */
export async function relayAnswer(
  instance: Instance,
  watch: GuardWatch,
  kongRequest: KongRequest,
  isStreamAsked: (promptMarker: string | undefined) => Promise<boolean>,
): Promise<PhaseResult> {
  const began = performance.now();
  const marker = UPSTREAM_MARKER;
  const sent = await divert(
    instance,
    kongRequest,
    { marker, streams: { isAsked: isStreamAsked } },
    { began },
  );
  if (!sent.ok) return sent.result;
  const { diverted } = sent;
  const context = await currentContext(instance, kongRequest, diverted.facts);
  const unreadable = context && unreadableAnswer(instance.inspector.config, context);
  if (unreadable && !instance.isAudit) {
    diverted.relay.tickets.forget(diverted.ticket);
    const phase = { began, requestId: context.caller.requestId, exposed: context.exposed };
    return refuseInAccess(instance, kongRequest, unreadable, context, phase);
  }
  const answer = answerOf(instance, watch, diverted, context);
  return diverted.facts.earlierTicket === undefined
    ? admitAnswer(instance, kongRequest, diverted, answer, context)
    : joinPrompt(instance, kongRequest, diverted, answer, diverted.facts.earlierTicket);
}

/** The request plugin of this process has sent the request to the relay already. */
async function joinPrompt(
  instance: Instance,
  kongRequest: KongRequest,
  diverted: Diverted,
  answer: RelayedAnswer,
  earlierTicket: string,
): Promise<PhaseResult> {
  const { relay, ticket, facts } = diverted;
  relay.tickets.forget(ticket);
  const earlier = relay.tickets.peek(earlierTicket);
  if (!earlier || isExchange(earlier))
    return (await refused(instance, kongRequest, overloaded('response'), facts)).result;
  const { upstream_url: own, internal_route_url: internal } = instance.inspector.config;
  const named = own !== undefined || internal !== undefined;
  const found =
    facts.isMoved || named ? upstreamFrom(instance, seenFrom(facts, earlier.upstream)) : undefined;
  if (found?.ok === false) {
    relay.tickets.forget(earlierTicket);
    return misconfigured(instance, kongRequest, found.why, facts);
  }
  const isTranslated = facts.isBesideAiProxy;
  const joined = {
    ...earlier,
    ...{ upstream: found?.upstream ?? earlier.upstream, answer },
    ...(earlier.prompt ? { prompt: { ...earlier.prompt, isTranslated } } : {}),
  };
  return admit(instance, kongRequest, { ...diverted, ticket: earlierTicket }, joined);
}

/** Unless another plugin has sent the request elsewhere since, Kong's own word is of the way to the relay. */
function seenFrom(facts: RelayFacts, { hostHeader }: Upstream): RelayFacts {
  return facts.isMoved ? facts : { ...facts, hostHeader };
}

/** The prompt was inspected in access, in the relay of another process, or not at all. */
async function admitAnswer(
  instance: Instance,
  kongRequest: KongRequest,
  diverted: Diverted,
  answer: RelayedAnswer,
  context: RequestContext | undefined,
): Promise<PhaseResult> {
  const { facts, relay, ticket } = diverted;
  const { otherRelay, isMoved } = facts;
  const found = upstreamFrom(instance, facts);
  const isOfOne = isMoved || (found.ok && found.upstream.internalRoute !== undefined);
  const problem = found.ok ? (otherRelay && isOfOne ? TWO_PROCESSES : undefined) : found.why;
  if (!found.ok || problem !== undefined) {
    relay.tickets.forget(ticket);
    return misconfigured(instance, kongRequest, problem ?? '', facts);
  }
  const request: RelayedRequest = {
    upstream: otherRelay ? throughRelay(found.upstream, otherRelay.port) : found.upstream,
    ...(otherRelay ? { ticketAhead: otherRelay.ticket } : {}),
    callerOf: context ? () => context.caller : callerFrom(instance, facts),
    answer,
  };
  return admit(instance, kongRequest, diverted, request);
}

/** The other relay inspects the prompt before it asks the provider. */
function throughRelay(upstream: Upstream, port: number): Upstream {
  const readTimeout = upstream.readTimeout + LONGEST_INSPECTION;
  const name = { host: RELAY_HOST, hostHeader: RELAY_HOST, serverName: RELAY_HOST };
  return { ...upstream, ...name, scheme: 'http', port, readTimeout };
}

/** Milliseconds; `timeout` can be no longer. */
const LONGEST_INSPECTION = 50_000;

/** What ai-proxy decided, and the ticket for an internal route, can be told to the prompt's own process only. */
const TWO_PROCESSES =
  'beside ai-proxy, or with an internal route, the relay cannot inspect a prompt that another process admitted: serve both plugins with one aidr-pluginserver';

function answerOf(
  instance: Instance,
  watch: GuardWatch,
  { facts }: Diverted,
  context: RequestContext | undefined,
): RelayedAnswer {
  const { inspector, relayInspector, isAudit } = instance;
  const { config } = inspector;
  const asksForStream = context?.asksForStream;
  const reports = instance.relayReports(context?.caller.requestId ?? facts.requestId);
  return {
    inspector: relayInspector,
    path: context?.path ?? facts.path,
    client: {
      isTranslated: facts.isBesideAiProxy,
      ...(context?.prompt ? { formats: context.prompt.formats } : {}),
      ...(asksForStream === undefined ? {} : { asksForStream }),
    },
    // What bytes come without being announced, the relay sees itself.
    hadBody: context?.hadBody ?? announcesBody(facts.headers),
    carryOver: {
      encryptions: context?.encryptions ?? [],
      ...(context?.history ? { history: context.history } : {}),
    },
    streamsPass: !config.guard_streaming_response || (isAudit && config.response_mode !== 'live'),
    ...reports,
    seeGuard(isGuarded) {
      const missing = watch.see(
        isGuarded,
        typeof facts.service?.name === 'string' ? facts.service.name : undefined,
      );
      if (missing !== undefined) reports.warn(missing);
    },
  };
}
