/** Asks AIDR about a part of an answer that is still being written. */
import type { Failure } from '../aidr/failure.ts';
import type { Change } from '../body/text-changes.ts';
import type { Extraction, Segment } from '../formats/segment.ts';
import { guardMetadata } from './calls/metadata.ts';
import type { PassedCalls } from './calls/passed-calls.ts';
import { type PlannedCall, planOutput } from './calls/plan-calls.ts';
import { withoutKnownNames } from './history/answer-turns.ts';
import { type Echoes, recallEchoes } from './history/echo-memory.ts';
import { historyScope } from './history/history.ts';
import { ask, countExtraction, fittedCalls, refuseUninspectable, withSession } from './inspect-extraction.ts';
import type { InspectionRequest, Inspector, RequestCarryOver } from './inspector.ts';
import { cannotInspect } from './open-body.ts';
import { aggregateVerdicts, type Decided, decided, NOT_FITTING, unappliable } from './policy/enforcement.ts';
import { changesBySegment } from './redaction/reassemble-slices.ts';
import { isChanged } from './redaction/redaction.ts';
import type { InspectionStats } from './report/inspection-stats.ts';

/** The part of one text that AIDR is asked about, from `start` to `end`, in UTF-16 code units. */
export interface Window {
  start: number;
  end: number;
}

export interface InspectedWindow {
  kind: 'verdict';
  /** In the whole text's offsets, in order. */
  changes: ReadonlyMap<Segment, readonly Change[]>;
  /** Why a part has no verdict, if the strategy lets it pass without one. */
  failure?: Failure;
}

/** Parallel calls of one inspection pass. Few, because many streams have passes at the same time. */
const MAX_PARALLEL = 2;

/**
 * @param windows texts without one are not asked about
 * @param passed of the same answer
 */
export async function inspectWindow(
  inspector: Inspector,
  found: Extraction,
  windows: ReadonlyMap<Segment, Window>,
  request: InspectionRequest & Pick<RequestCarryOver, 'history'>,
  stats: InspectionStats,
  passed: PassedCalls,
): Promise<InspectedWindow | Decided> {
  const { config } = inspector;
  countExtraction(found, stats);
  const refused = refuseUninspectable('response', inspector, found);
  if (refused) return decided(refused);
  const metadata = { event_type: 'output' as const, ...guardMetadata(config, request.caller, found.model) };
  const { history } = request;
  const news = history ? await withoutKnownNames(inspector.history, history, found) : found;
  const scopeOf = () => historyScope(inspector.id, request.caller.consumer, metadata);
  const echoes = await recallEchoes(inspector.history, scopeOf, wholeIn(windows));
  countEchoes(echoes, stats);
  const known = [...echoes.known].map(([segment, { changes = [] }]): [Segment, readonly Change[]] => [
    segment,
    changes,
  ]);
  // How a text is asked about depends on what stands beside it in the call, not in the answer.
  const isAsked = (segment: Segment) => windows.has(segment) && !echoes.known.has(segment);
  const unknown = { ...news, segments: news.segments.filter(isAsked) };
  const calls = fittedCalls(
    planOutput(unknown).flatMap((call) => withinWindows(call, windows)),
    metadata,
  );
  if (!calls) return decided(cannotInspect('response', inspector, 'too_many_texts'));
  if (calls.length === 0) return { kind: 'verdict', changes: new Map(known) };
  return withSession(inspector, request, stats, async (session) => {
    const asked = await passed.ask(metadata, calls, (unasked) =>
      ask(session, metadata, unasked, stats, MAX_PARALLEL),
    );
    const aggregated = aggregateVerdicts('response', config, asked);
    if (aggregated.kind === 'decided') return aggregated;
    const failure = aggregated.failure ? { failure: aggregated.failure } : {};
    if (config.operation === 'validate') {
      stats.wouldRedact ||= aggregated.returned.some(isChanged);
      return { kind: 'verdict', changes: new Map(), ...failure };
    }
    const changes = changesBySegment(aggregated.returned);
    if (!changes) return decided(unappliable('response', NOT_FITTING));
    if (!aggregated.failure) echoes.remember(changes);
    const all = new Map<Segment, readonly Change[]>([...changes, ...known]);
    return { kind: 'verdict', changes: all, ...failure };
  });
}

/** The texts that are asked about as a whole. */
function wholeIn(windows: ReadonlyMap<Segment, Window>): Segment[] {
  return [...windows].flatMap(([segment, { start, end }]) =>
    start === 0 && end === segment.text.length ? [segment] : [],
  );
}

/** What a window has asked about is known to the next one: it was asked about all the same. */
function countEchoes({ known, unknown }: Echoes, stats: InspectionStats): void {
  stats.unknownRecurring += unknown.length;
  stats.knownRecurring = Math.max(stats.knownRecurring, known.size + unknown.length - stats.unknownRecurring);
}

function withinWindows({ parts, tools }: PlannedCall, windows: ReadonlyMap<Segment, Window>): PlannedCall[] {
  const within = parts.flatMap((part) => {
    const window = windows.get(part.segment);
    if (!window) return [];
    return [{ ...part, text: part.whole.slice(window.start, window.end), start: window.start }];
  });
  return within.length > 0 ? [{ parts: within, tools }] : [];
}
