/**
 * Makes Kong send a request through the relay, and learns what the relay cannot see: who asks, and where Kong would have
 * sent it. One round trip with the batch hook, many without it.
 *
 * What is learned comes back on Kong's own socket. The request itself carries nothing but a ticket, which a client cannot
 * know, and Kong replaces a header of that name which a client sent.
 */
import { MARKERS } from './guard-plugin.ts';
import {
  type Consumer,
  consumerOf,
  type ExpectedAnswer,
  expectedOf,
  type Headers,
  type KongRequest,
  KongRequestError,
  type PassedMarker,
  type RecordEntry,
  readHeaders,
  stringOf,
  tableOf,
} from './kong-request.ts';

/** The request header in which Kong brings the ticket. The guard adds a word to it, which says that it was there. */
export const TICKET_HEADER = 'x-aidr-relay-ticket';
/** The answer header in which the check of an internal route says that it was there. The relay takes it off. */
export const PROOF_HEADER = 'x-aidr-internal-proof';
/** For operators: the relay would get the same request again and again. */
export const LEADS_BACK =
  'internal_route_url leads to a route on which plugins of AIDR run: give it a route of its own, and scope them to others';
/** What the guard adds to a ticket. */
export const GUARDED = 'guarded';

export interface RelayOffer {
  /** Where the relay listens. */
  host: string;
  port: number;
  /** Names this process, and is the beginning of all of its tickets. */
  process: string;
  ticket: string;
  /** Milliseconds that Kong is to wait longer than for the upstream. */
  patience: number;
  marker: PassedMarker;
  record: RecordEntry;
  /** What the direction of the answer leaves, where one plugin has both directions. */
  beside?: { marker: PassedMarker; record: RecordEntry };
  /** Statuses with which other plugins may answer by themselves from here on. */
  exits?: string;
  /** `<path> <proof>`: the internal route to which the relay brings the request back, and what it has to answer with. */
  internalRoute?: string;
  /** Nothing is refused. */
  isAudit: boolean;
  /** The answer is inspected too: Kong is not to read it whole, but for ai-proxy, which translates whole answers in a buffer. */
  streams?: { isAsked(promptMarker: string | undefined): Promise<boolean> };
}

/** What Kong knows of a request. */
export interface RelayFacts extends ExpectedAnswer {
  /** As the client sent it, before the route strips anything. */
  path: string;
  consumer: Consumer | undefined;
  credentialId: string | undefined;
  groups: string | undefined;
  forwardedIp: string | undefined;
  requestId: string | undefined;
  /** Of the client's headers those that say what comes, and whether it can be read. */
  headers: Headers;
  /** The Kong service; of what a plugin cannot follow only whether it is there. */
  service: Readonly<Record<string, unknown>> | undefined;
  /** Name of the Kong route, or its id if it has none. */
  route: string | undefined;
  /** The route sends on the `Host` that the client chose. */
  keepsClientHost: boolean;
  isBesideAiProxy: boolean;
  /** Where Kong would have sent the request. Only the batch hook tells host and port. */
  target: { scheme?: string | undefined; host?: string | undefined; port?: number | undefined };
  /** What Kong would have sent as `Host`, if that is not the service's own. */
  hostHeader: string | undefined;
  /** The ticket under which the other plugin has sent the request to this process already. */
  earlierTicket: string | undefined;
  /** The address and the ticket of another process, to which the other plugin has sent the request. */
  otherRelay: { port: number; ticket: string } | undefined;
  /** Since then another plugin has sent the request elsewhere. */
  isMoved: boolean;
  /** The relay has brought the request here, to an internal route. */
  isOnInternalRoute: boolean;
}

const HEAD = ['upgrade', 'connection', 'content-length', 'transfer-encoding'];

export async function sendToRelay(kongRequest: KongRequest, offer: RelayOffer): Promise<RelayFacts> {
  const answer = await kongRequest.relayInOneCall(() => wireOf(offer));
  return answer === undefined ? sendStepByStep(kongRequest, offer) : factsOf(answer, offer);
}

function wireOf(offer: RelayOffer): object {
  const { host, port, process, ticket, patience, marker, record } = offer;
  const { exits, internalRoute, isAudit, streams, beside } = offer;
  return {
    ...{ host, port, process, ticket, patience, key: marker.key, mark: marker.value },
    ...{ record_key: record.key, record: record.value, audit: isAudit, streams: streams !== undefined },
    ...(exits === undefined ? {} : { exits }),
    ...(internalRoute === undefined ? {} : { internal_route: internalRoute }),
    ...(beside ? { beside: besideOf(beside) } : {}),
  };
}

function besideOf({ marker, record }: NonNullable<RelayOffer['beside']>): object {
  return { key: marker.key, mark: marker.value, record_key: record.key, record: record.value };
}

function factsOf(answer: unknown, offer: RelayOffer): RelayFacts {
  const facts = tableOf(answer);
  const { service, head, port } = facts;
  return {
    path: stringOf(facts.path) ?? '/',
    consumer: consumerOf(facts.consumer),
    credentialId: stringOf(facts.credential),
    groups: stringOf(facts.groups),
    forwardedIp: stringOf(facts.ip),
    requestId: stringOf(facts.request_id),
    ...expectedOf(facts),
    headers: { get: readHeaders(head).get, names: HEAD, count: numberOf(facts.header_count) },
    service:
      typeof service === 'object' && service !== null ? (service as Record<string, unknown>) : undefined,
    route: stringOf(facts.route),
    keepsClientHost: facts.keeps_client_host === true,
    isBesideAiProxy: facts.beside_ai_proxy === true,
    target: {
      scheme: stringOf(facts.scheme),
      host: stringOf(facts.host),
      port: typeof port === 'number' ? port : undefined,
    },
    hostHeader: stringOf(facts.upstream_host),
    ...earlier(stringOf(facts.relay), offer),
    isMoved: facts.moved === true,
    isOnInternalRoute: facts.relay === ON_INTERNAL_ROUTE,
  };
}

function numberOf(value: unknown): number {
  if (typeof value !== 'number') throw new KongRequestError('the batch hook gave no number');
  return value;
}

/** What the check of an internal route leaves in place of the address of a relay. */
const ON_INTERNAL_ROUTE = 'internal';

/** @param relay `<host>:<port> <ticket>` */
function earlier(
  relay: string | undefined,
  { process }: RelayOffer,
): Pick<RelayFacts, 'earlierTicket' | 'otherRelay'> {
  const [address = '', ticket] = relay?.split(' ') ?? [];
  if (ticket === undefined) return { earlierTicket: undefined, otherRelay: undefined };
  if (ticket.startsWith(`${process}.`)) return { earlierTicket: ticket, otherRelay: undefined };
  const port = Number(address.split(':').at(-1));
  return { earlierTicket: undefined, otherRelay: { port, ticket } };
}

async function sendStepByStep(kongRequest: KongRequest, offer: RelayOffer): Promise<RelayFacts> {
  const { host, port, marker, record, exits, internalRoute, isAudit, streams, beside } = offer;
  const relay = await kongRequest.shared(MARKERS.relay);
  const headers = await kongRequest.requestHeaders();
  const hostHeader = await kongRequest.upstreamHost();
  const service = await kongRequest.service();
  const route = await kongRequest.route();
  const facts: RelayFacts = {
    path: await kongRequest.requestPath(),
    consumer: await kongRequest.consumer(),
    credentialId: undefined,
    groups: undefined,
    forwardedIp: await kongRequest.forwardedIp(),
    requestId: undefined,
    promptMarker: await kongRequest.shared(MARKERS.request),
    headers: {
      get: (name) => (HEAD.includes(name) ? headers.get(name) : undefined),
      ...{ names: HEAD, count: headers.count },
    },
    service,
    route: stringOf(route?.name) ?? stringOf(route?.id),
    keepsClientHost: route?.preserve_host === true,
    isBesideAiProxy: await kongRequest.isBesideAiProxy(),
    target: { scheme: await kongRequest.upstreamScheme() },
    hostHeader,
    ...earlier(relay, offer),
    // Whoever names another target gives `Host` its name.
    isMoved: relay !== undefined && hostHeader !== host,
    isOnInternalRoute: relay === ON_INTERNAL_ROUTE,
  };
  const ticket = facts.earlierTicket ?? offer.ticket;
  await kongRequest.share(MARKERS.relay, `${host}:${port} ${ticket}`);
  if (internalRoute !== undefined) await kongRequest.share(MARKERS.internalRoute, internalRoute);
  await mayStray(kongRequest, isAudit, relay !== undefined);
  await kongRequest.sendTo(host, port, { name: TICKET_HEADER, value: ticket });
  await kongRequest.setTimeouts(...timeoutsOf(service, offer));
  if (streams && (!facts.isBesideAiProxy || (await streams.isAsked(facts.promptMarker)))) {
    await kongRequest.passUnbuffered();
    await kongRequest.share(MARKERS.unbuffered, '1');
  }
  await kongRequest.record(record);
  await kongRequest.share(marker.key, marker.value);
  if (beside) {
    await kongRequest.record(beside.record);
    await kongRequest.share(beside.marker.key, beside.marker.value);
  }
  if (exits !== undefined) await kongRequest.share(MARKERS.exits, exits);
  return facts;
}

/** Where every direction is an audit, a request that another plugin sends around the relay passes. */
async function mayStray(kongRequest: KongRequest, isAudit: boolean, isSecond: boolean): Promise<void> {
  if (!isSecond && isAudit) await kongRequest.share(MARKERS.mayStray, '1');
  if (isSecond && !isAudit) await kongRequest.share(MARKERS.mayStray, '0');
}

/** Kong's own default for all timeouts of a service, in milliseconds. */
const DEFAULT_TIMEOUT = 60_000;
/** Kong's limit. */
const MAX_TIMEOUT = 2_147_483_646;

function timeoutsOf(
  service: RelayFacts['service'],
  { patience }: RelayOffer,
): [connect: number, write: number, read: number] {
  const read = Math.min(timeoutOf(service, 'read_timeout') + patience, MAX_TIMEOUT);
  return [timeoutOf(service, 'connect_timeout'), read, read];
}

/** @returns milliseconds */
export function timeoutOf(service: RelayFacts['service'], name: string): number {
  const value = service?.[name];
  return typeof value === 'number' && value > 0 ? value : DEFAULT_TIMEOUT;
}
