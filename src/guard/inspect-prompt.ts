/** The request leg's pipeline: bytes, document, segments, verdicts, decision. Knows nothing of Kong. */
import { type JsonDocument, parseJson } from '../body/json/document.ts';
import { asksForStream, mayStream } from '../formats/asks-for-stream.ts';
import { readRequest } from '../formats/read.ts';
import { type Extraction, isObject, type Segment, type ToolDefinition } from '../formats/segment.ts';
import type { AskedCall } from './ask.ts';
import { blockedContent } from './blocked-content.ts';
import { type Part, planInput, turnsOf } from './calls.ts';
import type { Decision } from './decision.ts';
import { type Encryption, encryptionBy, mergedByContext } from './encryption.ts';
import { apply, refuseSigned, type Settled, settle, through } from './enforcement.ts';
import { type Facts, noFacts } from './facts.ts';
import type { Body, Guard, Inquiry, InspectedPrompt, Legacy, PlainBody } from './guard.ts';
import {
  type HistoryCache,
  type HistoryScope,
  historyScope,
  type KnownTurn,
  toolTurns,
  turnKey,
} from './history.ts';
import { ask, countFound, fittedCalls, NO_TEXT, refuseFound, withSession } from './inspect-found.ts';
import { guardMetadata } from './metadata.ts';
import { cannotInspect, opened, withDecoded } from './open-body.ts';
import { readTogether } from './read-together.ts';

/** @param inspectPlain does the same with the decoded bytes, here or elsewhere */
export async function inspectPrompt(
  guard: Guard,
  body: Body,
  inquiry: Inquiry,
  inspectPlain = inspectPlainPrompt,
): Promise<InspectedPrompt> {
  const { length } = body.bytes;
  return withDecoded('request', guard, body, inquiry, async (decoded, held) => {
    if (!decoded.ok) {
      const judged = { decision: decoded.decision, encryptions: [] };
      return inspectedPrompt(judged, undefined, body, noFacts(length));
    }
    const { encoding: _, ...rest } = body;
    const inspected = await inspectPlain(guard, { ...rest, bytes: decoded.bytes }, held);
    inspected.facts.bytes = length;
    return inspected;
  });
}

export async function inspectPlainPrompt(
  guard: Guard,
  body: PlainBody,
  inquiry: Inquiry,
): Promise<InspectedPrompt> {
  const facts = noFacts(body.bytes.length);
  const parsed = opened('request', guard, parseJson(body.bytes));
  if (!parsed.ok) {
    return inspectedPrompt({ decision: parsed.decision, encryptions: [] }, undefined, body, facts);
  }
  const { document } = parsed;
  const judged = await inspectDocument(guard, document, body, inquiry, facts);
  return inspectedPrompt(judged, document.value, body, facts);
}

function inspectedPrompt(
  judged: Judged,
  value: unknown,
  { path }: Pick<Body, 'path'>,
  facts: Facts,
): InspectedPrompt {
  const streamed = asksForStream(value, path);
  return { ...judged, facts, asksForStream: streamed, mayStream: streamed || mayStream(value) };
}

type Judged = { decision: Decision } & Legacy;

async function inspectDocument(
  guard: Guard,
  document: JsonDocument,
  body: PlainBody,
  inquiry: Inquiry,
  facts: Facts,
): Promise<Judged> {
  const without = (decision: Decision): Judged => ({ decision, encryptions: [] });
  const { value, left } = document;
  if (!isObject(value)) return without(cannotInspect('request', guard, 'unknown_shape'));
  const { found, isRecognised, formats } = readRequest(guard.formats, value, body.path, left);
  facts.formats = formats;
  countFound(found, facts);
  if (!isRecognised && guard.config.on_uninspectable === 'block') {
    return without(cannotInspect('request', guard, 'unknown_shape'));
  }
  const refused = refuseFound('request', guard, found);
  if (refused) return without(refused);
  const denied = await guard.localRules?.(found.segments);
  if (denied) {
    const texts = found.segments.map(({ text }) => text);
    return without({ outcome: 'blocked', rejection: denied, ...blockedContent(guard.config, texts) });
  }
  const judged = await judge(guard, document, found, inquiry, facts);
  const isChanged = 'body' in judged.decision && judged.decision.body !== undefined;
  return isChanged && body.isSigned ? without(refuseSigned('request')) : judged;
}

async function judge(
  guard: Guard,
  document: JsonDocument,
  found: Extraction,
  inquiry: Inquiry,
  facts: Facts,
): Promise<Judged> {
  const { config } = guard;
  const metadata = { event_type: 'input' as const, ...guardMetadata(config, inquiry.caller, found.model) };
  const scope = historyScope(guard.id, inquiry.caller.consumer, metadata);
  const turns = turnsOf(found);
  const together = readTogether(found.segments);
  const { known, unknown } =
    config.inspect_history === 'all_turns'
      ? await recallAll(guard.history, scope, turns.earlier, together)
      : NOTHING;
  facts.knownTurns = known.size;
  const calls = fittedCalls(planInput({ current: turns.current, earlier: unknown }, found.tools), metadata);
  if (!calls) return { decision: cannotInspect('request', guard, 'too_many_texts'), encryptions: [] };
  if (calls.length === 0 && known.size === 0) return { decision: NO_TEXT, encryptions: [] };
  const asked = await withSession(guard, inquiry, facts, (session) => ask(session, metadata, calls, facts));
  const settled = settle('request', config, asked);
  if ('outcome' in settled) return { decision: settled, encryptions: [] };
  const encryptions = rememberAll(guard.history, scope, asked, settled, known, together);
  for (const [segment, { replacement }] of known) {
    if (replacement !== undefined) settled.texts.set(segment, replacement);
  }
  if (config.operation === 'validate') {
    facts.wouldRedact = settled.texts.size + settled.toolEdits.length > 0;
    return { decision: through(settled.failure), encryptions: [], history: scope };
  }
  return { decision: apply('request', config, document, settled).decision, encryptions, history: scope };
}

const NOTHING = { known: new Map<Segment, KnownTurn>(), unknown: [] };

async function recallAll(
  history: HistoryCache,
  scope: HistoryScope,
  earlier: Segment[],
  together: ReadonlyMap<Segment, string>,
) {
  if (earlier.length === 0) return NOTHING;
  const turns = await history.recall(
    earlier.map((segment) => turnKey(scope, segment, together.get(segment))),
  );
  const known = new Map<Segment, KnownTurn>();
  const unknown: Segment[] = [];
  for (const [index, segment] of earlier.entries()) {
    const turn = turns[index];
    if (turn) known.set(segment, turn);
    else unknown.push(segment);
  }
  return { known, unknown };
}

/**
 * Keeps what AIDR let pass for the turns to come.
 *
 * @returns what the verdicts of this request encrypted, those of earlier turns included
 */
function rememberAll(
  history: HistoryCache,
  scope: HistoryScope,
  asked: readonly AskedCall[],
  { texts }: Settled,
  known: ReadonlyMap<Segment, KnownTurn>,
  together: ReadonlyMap<Segment, string>,
): Encryption[] {
  const encryptions = [...known.values()].flatMap(({ encryption }) => (encryption ? [encryption] : []));
  const unjudged = new Set(
    asked.flatMap(({ call, inspected }) => (inspected.ok ? [] : call.parts.map(segmentOf))),
  );
  const vetted: Array<{ segment: Segment; turn: KnownTurn }> = [];
  const tools: ToolDefinition[] = [];
  for (const { call, inspected } of asked) {
    if (!inspected.ok || inspected.verdict.kind === 'blocked') continue;
    const { encrypted } = inspected.verdict;
    const encryptionIn = encrypted && encryptionBy(encrypted);
    tools.push(...call.tools);
    for (const segment of new Set(call.parts.map(segmentOf))) {
      const replacement = texts.get(segment);
      const encryption = replacement === undefined ? undefined : encryptionIn?.(segment.text, replacement);
      if (encryption) encryptions.push(encryption);
      if (unjudged.has(segment)) continue;
      const turn = {
        ...(replacement === undefined ? {} : { replacement }),
        ...(encryption ? { encryption } : {}),
      };
      vetted.push({ segment, turn });
    }
  }
  history.remember(() => [
    ...toolTurns(scope, tools),
    ...vetted.map(({ segment, turn }) => ({ key: turnKey(scope, segment, together.get(segment)), turn })),
  ]);
  return mergedByContext(encryptions);
}

function segmentOf({ segment }: Part): Segment {
  return segment;
}
