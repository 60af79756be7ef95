/**
 * Inspects a prompt in which what AIDR blocks may be replaced by a notice, so that a session goes on.
 *
 * 1. What is known to be blocked is replaced before anybody is asked.
 * 2. The prompt is inspected. If AIDR blocks it, AIDR is asked which of the texts it blocks alone, and those are replaced.
 * 3. What is left is inspected again, as any prompt is. If that is not allowed either, nothing goes on.
 */
import { type Failure, mayFailOpen } from '../../aidr/failure.ts';
import { AidrSession } from '../../aidr/session.ts';
import type { Verdict } from '../../aidr/verdict.ts';
import { type JsonDocument, parseJson } from '../../body/json/document.ts';
import type { Reading } from '../../formats/read.ts';
import { blockedKey } from '../history/blocked-texts.ts';
import type { HistoryScope, TurnKey } from '../history/history.ts';
import { sessionTerms } from '../inspect-extraction.ts';
import type { InspectionRequest, Inspector } from '../inspector.ts';
import { changedBody, type Decision, isRefusal } from '../policy/decision.ts';
import { failClosed, isViolation, tooLargeToSend } from '../policy/enforcement.ts';
import type { InspectionStats } from '../report/inspection-stats.ts';
import { findBlocked, namedIn } from './find-blocked.ts';
import { noticeOf } from './notice.ts';
import { oneChannel } from './one-channel.ts';
import type { BlockedPrompt, InspectedTexts, ReadPrompt } from './read-prompt.ts';
import { type Replaceable, replaceablesIn } from './replaceable.ts';

export interface ReplacingInspection {
  inspector: Inspector;
  request: InspectionRequest;
  stats: InspectionStats;
  read(document: JsonDocument): ReadPrompt;
  scopeOf(reading: Reading): HistoryScope;
  /** Inspects one prompt as if nothing were ever replaced. */
  inspect(inspector: Inspector, prompt: ReadPrompt): Promise<InspectedTexts>;
}

export async function inspectReplacing(
  whole: JsonDocument,
  inspection: ReplacingInspection,
): Promise<InspectedTexts> {
  const { inspector, request, stats } = inspection;
  const channel = oneChannel(inspector.aidr, sessionTerms(inspector, request));
  try {
    const one = { ...inspection, inspector: { ...inspector, aidr: channel.aidr } };
    return await replacing(whole, one);
  } finally {
    const { attempts, elapsedMs } = channel.end();
    stats.attempts += attempts;
    stats.aidrMs += elapsedMs;
  }
}

async function replacing(whole: JsonDocument, inspection: ReplacingInspection): Promise<InspectedTexts> {
  const { inspector, inspect } = inspection;
  const before = await withoutKnown(inspection.read(whole), inspection);
  const first = await inspect(inspector, before);
  if (!first.blocked) return { ...first, decision: sent(first.decision, before, inspection) };
  const notices = await noticesFor(before, first.blocked, inspection);
  if (!notices.ok) return { ...first, decision: ofFailure(first.decision, notices, inspection) };
  const left = notices.noticed.length > 0 ? replaced(before, notices.noticed, inspection) : undefined;
  if (!left) return first;
  const second = await inspect(inspector, left);
  // A block was delivered: without a verdict on what is left, nothing says that it was on what is gone.
  if (second.decision.outcome === 'failed_open') return first;
  return { ...second, decision: sent(second.decision, left, inspection) };
}

interface Prompt extends ReadPrompt {
  /** Where something of it was replaced: the bytes, and how many notices stand in them. */
  body?: Uint8Array;
  notices: number;
}

interface Noticed {
  key: TurnKey;
  one: Replaceable;
  notice: string;
}

async function withoutKnown(prompt: ReadPrompt, inspection: ReplacingInspection): Promise<Prompt> {
  const { inspector, scopeOf } = inspection;
  const { document, reading } = prompt;
  const unchanged = { ...prompt, notices: 0 };
  const keyed = reading ? keyedIn(document, reading, scopeOf(reading), inspector) : [];
  if (keyed.length === 0) return unchanged;
  const turns = await inspector.history.recall(keyed.map(({ key }) => key));
  const known = keyed.flatMap(({ key, one }, index): Noticed[] => {
    const notice = turns[index]?.notice;
    return notice === undefined ? [] : [{ key, one, notice }];
  });
  if (known.length === 0) return unchanged;
  // If that cannot be done, AIDR blocks it once more.
  return replaced(unchanged, known, inspection) ?? unchanged;
}

interface Keyed {
  key: TurnKey;
  one: Replaceable;
}

function keyedIn(
  { value }: JsonDocument,
  { extraction }: Reading,
  scope: HistoryScope,
  { config }: Inspector,
): Keyed[] {
  return replaceablesIn(config, value, extraction).flatMap((one) => {
    // A label says which tool was called, and is left out where the same tool is offered.
    const told = one.segments.filter(({ immutableBecause }) => immutableBecause !== 'label');
    return told.length === 0 ? [] : [{ key: blockedKey(scope, told), one }];
  });
}

/**
 * @returns the same prompt with the notices in it, as the provider would read it; undefined if it has more values than are read
 * then
 */
function replaced(
  prompt: Prompt,
  noticed: readonly Noticed[],
  { read }: ReplacingInspection,
): Prompt | undefined {
  const body = prompt.document.apply(noticed.flatMap(({ one, notice }) => one.edits(notice)));
  const parsed = parseJson(body);
  if (!parsed.ok) return undefined;
  return { ...read(parsed.document), body, notices: prompt.notices + noticed.length };
}

type Suspect = Replaceable & { key: TurnKey; same: Noticed['one'][] };

/** @returns what to replace; or why that is not known */
async function noticesFor(
  { document, reading }: Prompt,
  blocked: BlockedPrompt,
  { inspector, request, stats }: ReplacingInspection,
): Promise<{ ok: true; noticed: Noticed[] } | { ok: false; failure?: Failure }> {
  const { config, history } = inspector;
  if (!reading) return { ok: true, noticed: [] };
  const { scope, metadata, asked, texts } = blocked;
  const inQuestion = new Set(texts);
  for (const { call, inspected } of asked)
    if (inspected.ok && !isViolation(config, inspected) && !call.isCut)
      for (const { segment } of call.parts) inQuestion.delete(segment);
  const suspects = suspectsAmong(keyedIn(document, reading, scope, inspector), inQuestion);
  const named = namedIn(suspects, asked, config);
  const session = new AidrSession(inspector.aidr, sessionTerms(inspector, request));
  const found = named
    ? { ok: true as const, blocked: named }
    : await findBlocked(suspects, { session, config, metadata, stats });
  if (!found.ok) return found;
  const noticed = [...found.blocked].flatMap(([suspect, verdict]) => noticedBy(suspect, verdict, inspector));
  history.remember(() => noticed.map(({ key, notice }) => ({ key, turn: { notice } })));
  return { ok: true, noticed };
}

/** The same text in several places is asked about once. */
function suspectsAmong(keyed: readonly Keyed[], inQuestion: ReadonlySet<unknown>): Suspect[] {
  const suspects = new Map<TurnKey, Suspect>();
  for (const { key, one } of keyed) {
    if (!one.segments.some((segment) => inQuestion.has(segment))) continue;
    const known = suspects.get(key);
    if (known) known.same.push(one);
    else suspects.set(key, { ...one, key, same: [one] });
  }
  return [...suspects.values()];
}

function noticedBy({ key, same }: Suspect, verdict: Verdict, { config }: Inspector): Noticed[] {
  const notice = noticeOf(config, verdict);
  return same.map((one) => ({ key, one, notice }));
}

/** An outage is told as one, so that the client tries again; but a block that was delivered stays one where outages let pass. */
function ofFailure(
  blocked: Decision,
  { failure }: { failure?: Failure },
  { inspector }: ReplacingInspection,
): Decision {
  const isOutage = failure !== undefined && mayFailOpen(failure.class);
  return isOutage && inspector.config.enforcing_strategy === 'enforce'
    ? failClosed('request', failure)
    : blocked;
}

/** What was replaced goes on with whatever else the decision changes. */
function sent(
  decision: Decision,
  { body, notices }: Prompt,
  { inspector, stats }: ReplacingInspection,
): Decision {
  if (!body || isRefusal(decision)) return decision;
  const changed = changedBody(decision) ?? body;
  const tooLarge = tooLargeToSend(inspector.config, changed);
  if (tooLarge) return tooLarge;
  stats.replaced = notices;
  return decision.outcome === 'failed_open'
    ? { ...decision, body: changed }
    : { outcome: 'redacted', body: changed };
}
