/** The pipeline of the plugin for MCP: bytes, messages, texts, verdicts, decision. Knows nothing of Kong. */
import type { GuardMetadata } from '../../aidr/request.ts';
import type { AidrSession } from '../../aidr/session.ts';
import type { JsonDocument } from '../../body/json/document.ts';
import type { Direction } from '../../config/schema.ts';
import type { ReadMessage } from '../../protocols/protocol.ts';
import type { AskedCall } from '../calls/ask.ts';
import { modelName } from '../calls/metadata.ts';
import type { PlannedCall } from '../calls/plan-calls.ts';
import { ask, fittedCalls, NO_TEXT, refuseUninspectable, withSession } from '../inspect-extraction.ts';
import type { InspectionRequest, MessageInspector } from '../inspector.ts';
import { cannotInspect, withDecoded } from '../open-body.ts';
import type { Decision } from '../policy/decision.ts';
import { allowUnchanged, apply, combineVerdicts, unappliable } from '../policy/enforcement.ts';
import { blockedContent } from '../report/blocked-content.ts';
import { emptyStats, type InspectionStats } from '../report/inspection-stats.ts';
import { NO_REQUEST_BODY } from '../uninspected.ts';
import {
  asRemoved,
  isBlockedTool,
  refuseBlockedCall,
  rememberBlocked,
  type SplitListing,
  splitListing,
  withoutTools,
} from './blocked-tools.ts';
import { type KnownListing, type ListedTool, recallListing, rememberListing } from './known-listings.ts';
import {
  type CodedMessages,
  directionOf,
  type InspectedMessages,
  type Origin,
  type PlainMessages,
} from './message-body.ts';
import { messageMetadata } from './message-metadata.ts';
import { type PlannedEvent, planMessages } from './plan-messages.ts';
import { exchangeOf, type ReadBody, readMessages } from './read-messages.ts';
import { changedHeaders, readRepeated } from './repeating-headers.ts';
import { withoutSent } from './seam.ts';

/** @param inspectPlain does the same with the decoded bytes, here or elsewhere */
export async function inspectMessages(
  inspector: MessageInspector,
  { encoding, ...body }: CodedMessages,
  request: InspectionRequest,
  inspectPlain = inspectPlainMessages,
): Promise<InspectedMessages> {
  const { length } = body.bytes;
  return withDecoded(
    directionOf(body.origin),
    inspector,
    { bytes: body.bytes, encoding },
    request,
    async (decoded, held) => {
      if (!decoded.ok) return uninspectedMessages(inspector, body.origin, decoded.decision, length);
      const inspected = await inspectPlain(inspector, { ...body, bytes: decoded.bytes }, held);
      inspected.stats.bytes = length;
      return inspected;
    },
  );
}

/** Nobody has looked into the body. */
export function uninspectedMessages(
  inspector: MessageInspector,
  origin: Origin,
  decision: Decision,
  length: number,
): InspectedMessages {
  return { decision, stats: emptyStats(length), exchange: exchangeOf(inspector, origin) };
}

/** A header that repeats the body has nothing to repeat then. */
export function inspectNoBody(inspector: MessageInspector, origin: Origin): InspectedMessages {
  const unread = uninspectedMessages(inspector, origin, NO_REQUEST_BODY, 0);
  const agreeing = readRepeated(unread.exchange, origin, undefined);
  return 'refused' in agreeing ? { ...unread, decision: agreeing.refused } : unread;
}

export async function inspectPlainMessages(
  inspector: MessageInspector,
  body: PlainMessages,
  request: InspectionRequest,
): Promise<InspectedMessages> {
  const stats = emptyStats(body.bytes.length);
  const read = readMessages(inspector, body);
  const { exchange } = read;
  if (!read.ok) return { decision: read.decision, stats, exchange };
  count(read.messages, stats);
  const direction = directionOf(body.origin);
  const agreeing = readRepeated(exchange, body.origin, read.document.value);
  const decision =
    ('refused' in agreeing ? agreeing.refused : await refusal(direction, inspector, read, request)) ??
    (await inspectTexts(direction, inspector, read, request, stats));
  const headers = 'repeated' in agreeing ? changedHeaders(exchange, decision, agreeing.repeated) : undefined;
  return {
    ...{ decision, stats, exchange, isRead: true },
    ...(headers ? { headers } : {}),
    answers: read.messages.flatMap(({ answers }) => answers ?? []),
    asks: read.messages.flatMap(({ request: asked }) => asked ?? []),
  };
}

/** Of a listing, when each is asked about alone. */
const TOOLS_AT_ONCE = 8;

type Read = Extract<ReadBody, { ok: true }>;

function count(messages: readonly ReadMessage[], stats: InspectionStats): void {
  stats.formats = [...new Set(messages.map(({ name }) => name))];
  for (const { found } of messages) {
    stats.segments += found.segments.length + found.tools.length;
    stats.opaque += found.opaque;
  }
  const model = modelName(modelOf(messages));
  if (model !== undefined) stats.model = model;
}

function modelOf(messages: readonly ReadMessage[]): string | undefined {
  return messages.find(({ found }) => found.model !== undefined)?.found.model;
}

/** @returns why the messages are refused before AIDR is asked; undefined when they are not */
async function refusal(
  direction: Direction,
  inspector: MessageInspector,
  { messages, exchange }: Read,
  request: InspectionRequest,
): Promise<Decision | undefined> {
  for (const { found } of messages) {
    const refused = refuseUninspectable(direction, inspector, found);
    if (refused) return refused;
  }
  if (direction === 'response') return undefined;
  const segments = messages.flatMap(({ found }) => found.segments);
  const denied =
    (await refuseBlockedCall(inspector, request, exchange.pending)) ??
    (await inspector.localRules?.(segments));
  if (!denied) return undefined;
  const texts = segments.map(({ text }) => text);
  return { outcome: 'blocked', rejection: denied, ...blockedContent(inspector.config, texts) };
}

/** One body, while it is inspected. */
interface Inspecting {
  direction: Direction;
  inspector: MessageInspector;
  request: InspectionRequest;
  stats: InspectionStats;
  /** From which blocked tools go. */
  document: JsonDocument;
  messages: readonly ReadMessage[];
  known: KnownListing;
}

async function inspectTexts(
  direction: Direction,
  inspector: MessageInspector,
  { document, messages }: Read,
  request: InspectionRequest,
  stats: InspectionStats,
): Promise<Decision> {
  const known = await recallListing(inspector, request, messages);
  const one = { direction, inspector, request, stats, document, messages, known };
  stats.knownRecurring = known.count;
  stats.unknownRecurring = known.unknown.reduce((sum, { found }) => sum + found.tools.length, 0);
  const groups = groupsOf(one, known.unknown);
  if (!groups) return cannotInspect(direction, inspector, 'too_many_texts');
  if (groups.length === 0 && known.count === 0) return NO_TEXT;
  return withSession(inspector, request, stats, async (session) => {
    const asked = await askAll(session, groups, stats);
    const listing = direction === 'response' ? splitListing(inspector.config, known) : undefined;
    const isBlocked = listing && isBlockedTool(inspector.config, asked);
    if (!isBlocked) return decideWithout(one, known.blocked, asked);
    return (await inspectTools(one, listing, session)) ?? decideWithout(one, [], asked);
  });
}

/** @returns undefined where AIDR blocks what stands together, and no tool alone */
async function inspectTools(
  one: Inspecting,
  { tools, rest }: SplitListing,
  session: AidrSession,
): Promise<Decision | undefined> {
  const { inspector, request, stats, known } = one;
  const groups = [...tools.map(({ messages }) => messages), rest].map((messages) => groupsOf(one, messages));
  const calls = groups.flatMap((each) => each?.flatMap((group) => group.calls) ?? []);
  if (groups.includes(undefined) || calls.length > MAX_CALLS)
    return cannotInspect('response', inspector, 'too_many_texts');
  const asked: AskedCall[][] = [];
  for (let at = 0; at < groups.length; at += TOOLS_AT_ONCE) {
    const some = groups.slice(at, at + TOOLS_AT_ONCE);
    asked.push(...(await Promise.all(some.map((each) => askAll(session, each ?? [], stats)))));
  }
  const blocked = tools.filter((_, index) => isBlockedTool(inspector.config, asked[index] ?? []));
  if (blocked.length === 0) return undefined;
  const others = asked.filter((_, index) => !blocked.some((tool) => tool === tools[index]));
  const decision = decideWithout(one, [...known.blocked, ...blocked], others.flat());
  rememberBlocked(inspector, request, blocked);
  return decision;
}

/** @param blocked the tools that are taken out of the listing */
function decideWithout(
  one: Inspecting,
  blocked: readonly ListedTool[],
  asked: readonly AskedCall[],
): Decision {
  const { inspector, stats, document } = one;
  if (blocked.length === 0) return decide(one, document, asked);
  const left = withoutTools(
    document,
    blocked.map(({ path }) => path),
  );
  stats.replaced = blocked.length;
  const decision = decide(one, left, asked);
  return inspector.config.operation === 'validate' ? decision : asRemoved(decision, left);
}

function decide(
  { direction, inspector, stats, known }: Inspecting,
  document: JsonDocument,
  asked: readonly AskedCall[],
): Decision {
  const { config } = inspector;
  const combined = combineVerdicts(direction, config, asked);
  if (combined.kind === 'decided') return combined.decision;
  rememberListing(inspector, known.news, asked, combined);
  const isLate = withoutSent(combined.changes);
  for (const [segment, changes] of known.changes) combined.changes.set(segment, changes);
  combined.tools.push(...known.redactedTools);
  if (config.operation === 'validate') {
    stats.wouldRedact = combined.changes.size + combined.tools.length > 0;
    return allowUnchanged(combined.failure);
  }
  if (isLate) return unappliable(direction, SENT_ALREADY);
  return apply(direction, config, document, combined).decision;
}

const SENT_ALREADY = 'AIDR wants to change text that begins in an event which was sent already';

/** @returns undefined when it would take more calls than one body may cost */
function groupsOf(one: Inspecting, messages: readonly ReadMessage[]): Group[] | undefined {
  const groups = planMessages(messages).map((planned) => groupOf(planned, one));
  const fitting = groups.filter((group) => group !== undefined);
  const calls = fitting.flatMap((group) => group.calls);
  return fitting.length < groups.length || calls.length > MAX_CALLS ? undefined : fitting;
}

/** Of one body; as for all bodies, but of all events together. */
const MAX_CALLS = 256;

interface Group {
  metadata: GuardMetadata & { event_type: PlannedEvent['event'] };
  calls: PlannedCall[];
}

/** @returns undefined when it would take more calls than one body may cost */
function groupOf(
  { event, calls }: PlannedEvent,
  { inspector: { config }, request: { caller }, messages }: Inspecting,
): Group | undefined {
  // Of a listing that is known but for some tools, AIDR is told the names of all.
  const tools = messages.flatMap(({ found }) => found.tools);
  const metadata = messageMetadata(config, caller, event, modelOf(messages), tools);
  const fitted = fittedCalls(calls, metadata);
  return fitted && { metadata, calls: fitted };
}

async function askAll(
  session: AidrSession,
  groups: readonly Group[],
  stats: InspectionStats,
): Promise<AskedCall[]> {
  const asked = groups.map((group) => ask(session, group.metadata, group.calls, stats));
  return (await Promise.all(asked)).flat();
}
