/** In access: makes Kong send the request to the relay of this process, and learns what the relay needs. */
import type { Direction } from '../../src/config/schema.ts';
import { callerKey } from '../../src/inspection/caller-key.ts';
import type { Caller } from '../../src/inspection/calls/metadata.ts';
import { failure, overloaded, type Rejection } from '../../src/inspection/refusal/rejection.ts';
import { type HeaderLookup, refuseHead } from '../../src/inspection/request-head.ts';
import { ANY_EXIT, NO_EXIT } from '../../src/kong/guard-plugin.ts';
import { type KongRequest, MAX_HEADERS, type PassedMarker } from '../../src/kong/kong-request.ts';
import type { PhaseResult } from '../../src/kong/phase.ts';
import { LEADS_BACK, type RelayFacts, type RelayOffer, sendToRelay } from '../../src/kong/send-to-relay.ts';
import { RELAY_HOST, type Relay, relayOfProcess } from '../../src/live/relay.ts';
import type { Admitted } from '../../src/live/relayed.ts';
import { newProof } from '../../src/live/ticket-headers.ts';
import type { Upstream } from '../../src/live/upstream.ts';
import { callerAmong } from './caller.ts';
import type { AnyInstance, ReportedPhase } from './instance.ts';
import { exitWith } from './phase-results.ts';
import { NotRelayable, upstreamOf } from './upstream.ts';

/** Milliseconds that Kong waits longer for the relay than the relay for the upstream: the relay's own answer is better. */
const KONG_WAITS_LONGER = 5_000;

/** A request that Kong will send to the relay, if its ticket is filled. */
export interface Diverted {
  facts: RelayFacts;
  relay: Relay;
  ticket: string;
  /** What Kong was told that the internal route has to answer with. */
  internalProof: string | undefined;
}

export type Divertion = { ok: true; diverted: Diverted } | { ok: false; result: PhaseResult };

export interface Diverting {
  /** What this direction leaves for the guard. */
  marker: PassedMarker;
  /** Absent where this direction does not care how Kong reads the answer. */
  streams?: RelayOffer['streams'];
  /** What the other direction leaves, where one plugin has both. */
  beside?: RelayOffer['beside'];
}

export async function divert(
  instance: AnyInstance,
  kongRequest: KongRequest,
  { marker, streams, beside }: Diverting,
  { began }: ReportedPhase,
): Promise<Divertion> {
  const { inspector, direction, isAudit } = instance;
  // The relay runs outside a phase, where no vault can be asked.
  await inspector.aidr.followKey((reference) => kongRequest.secret(reference));
  const { relay, port } = await relayOfProcess();
  const ticket = relay.tickets.reserve();
  if (ticket === undefined) return refused(instance, kongRequest, overloaded(direction));
  const { internal_route_url: internalUrl } = inspector.config;
  const internalProof = internalUrl === undefined ? undefined : newProof();
  const exits = exitsOf(beside ? 'response' : direction, isAudit);
  const facts = await sendToRelay(kongRequest, {
    ...{ host: RELAY_HOST, port, process: relay.tickets.process, ticket, marker, isAudit },
    patience: inspector.config.timeout + KONG_WAITS_LONGER,
    record: instance.relayedRecord(began),
    ...(exits === undefined ? {} : { exits }),
    ...(internalUrl === undefined
      ? {}
      : { internalRoute: `${new URL(internalUrl).pathname} ${internalProof}` }),
    ...(streams ? { streams } : {}),
    ...(beside ? { beside } : {}),
  });
  if (facts.isOnInternalRoute) {
    relay.tickets.forget(ticket);
    return { ok: false, result: await misconfigured(instance, kongRequest, LEADS_BACK, facts) };
  }
  const rejection = refuseHead(facts.headers, MAX_HEADERS, isAudit);
  if (!rejection) return { ok: true, diverted: { facts, relay, ticket, internalProof } };
  relay.tickets.forget(ticket);
  return refused(instance, kongRequest, rejection, facts);
}

/** Until the other plugin has spoken, nothing is said of plugins below it. */
function exitsOf(direction: Direction, isAudit: boolean): string | undefined {
  if (isAudit) return ANY_EXIT;
  return direction === 'response' ? NO_EXIT : undefined;
}

/**
 * Fills the ticket: from here on the relay serves the request.
 *
 * @returns the phase's end
 */
export async function admit(
  instance: AnyInstance,
  kongRequest: KongRequest,
  { facts, relay, ticket, internalProof }: Diverted,
  request: Admitted,
): Promise<PhaseResult> {
  const caller = request.callerOf(NO_HEADERS);
  // The proof of the plugin that has spoken last is the one that Kong has.
  const admitted = internalProof === undefined ? request : { ...request, internalProof };
  if (relay.tickets.fill(ticket, admitted, callerKey(caller, instance.inspector.id))) return { kind: 'pass' };
  return (await refused(instance, kongRequest, overloaded(instance.direction), facts)).result;
}

const NO_HEADERS: HeaderLookup = { get: () => undefined };

/** @returns undefined where the relay cannot do as Kong would */
export function upstreamFrom(
  { inspector }: AnyInstance,
  facts: RelayFacts,
): { ok: true; upstream: Upstream } | { ok: false; why: string } {
  try {
    return { ok: true, upstream: upstreamOf(facts, inspector.config) };
  } catch (error) {
    if (!(error instanceof NotRelayable)) throw error;
    return { ok: false, why: error.message };
  }
}

/** The configuration is wrong: the client and the log are told how. */
export async function misconfigured(
  instance: AnyInstance,
  kongRequest: KongRequest,
  why: string,
  facts?: RelayFacts,
): Promise<PhaseResult> {
  await instance.lines.write(kongRequest, { level: 'err', text: why });
  const rejection = failure(instance.direction, { class: 'internal', detail: '', hint: why });
  return (await refused(instance, kongRequest, rejection, facts)).result;
}

export async function refused(
  instance: AnyInstance,
  kongRequest: KongRequest,
  rejection: Rejection,
  facts?: Pick<RelayFacts, 'path'>,
): Promise<{ ok: false; result: PhaseResult }> {
  const path = facts?.path ?? (await kongRequest.requestPath());
  return { ok: false, result: exitWith(await instance.replyTo(kongRequest, rejection, { path })) };
}

/** @returns who asks, once the request's headers are there */
export function callerFrom(instance: AnyInstance, facts: RelayFacts): (headers: HeaderLookup) => Caller {
  const { consumer, credentialId, groups, forwardedIp, requestId, service, route } = facts;
  const name = typeof service?.name === 'string' ? service.name : undefined;
  const known = { consumer, credentialId, groups, forwardedIp, requestId, service: { name }, route };
  return (headers) => callerAmong(instance, { ...known, headers });
}
