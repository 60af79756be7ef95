/** Asks AIDR about a part of an answer that is still being written. */
import type { Failure } from '../aidr/failure.ts';
import type { Change } from '../body/text-changes.ts';
import type { Extraction, Segment } from '../formats/segment.ts';
import { type PlannedCall, planOutput } from './calls.ts';
import type { Decision } from './decision.ts';
import { failClosed, judge, NOT_FITTING } from './enforcement.ts';
import type { Facts } from './facts.ts';
import type { Guard, Inquiry, Legacy } from './guard.ts';
import { withoutKnownNames } from './history.ts';
import { ask, countFound, fittedCalls, refuseFound, withSession } from './inspect-found.ts';
import { guardMetadata } from './metadata.ts';
import { cannotInspect } from './open-body.ts';
import { isChanged } from './redaction.ts';
import { changesBySegment } from './whole-texts.ts';

/** What AIDR is asked about one text, from `start` to `end`, in UTF-16 code units. */
export interface Window {
  start: number;
  end: number;
}

export interface InspectedWindow {
  /** In the whole text's offsets, in order. */
  changes: ReadonlyMap<Segment, Change[]>;
  /** Why some of it has no verdict, where it may pass without one. */
  failure?: Failure;
}

/** Calls of one round that are under way at once: there are many rounds, of many streams. */
const MAX_PARALLEL = 2;

/**
 * @param windows texts without one are not asked about
 * @returns a decision where nothing more is to be sent, or nothing more to be asked
 */
export async function inspectWindow(
  guard: Guard,
  found: Extraction,
  windows: ReadonlyMap<Segment, Window>,
  inquiry: Inquiry & Pick<Legacy, 'history'>,
  facts: Facts,
): Promise<InspectedWindow | Decision> {
  const { config } = guard;
  countFound(found, facts);
  const refused = refuseFound('response', guard, found);
  if (refused) return refused;
  const metadata = { event_type: 'output' as const, ...guardMetadata(config, inquiry.caller, found.model) };
  const { history } = inquiry;
  const news = history ? await withoutKnownNames(guard.history, history, found) : found;
  const calls = fittedCalls(
    planOutput(news).flatMap((call) => withinWindows(call, windows)),
    metadata,
  );
  if (!calls) return cannotInspect('response', guard, 'too_many_texts');
  if (calls.length === 0) return { changes: new Map() };
  return withSession(guard, inquiry, facts, async (session) => {
    const asked = await ask(session, metadata, calls, facts, MAX_PARALLEL);
    const judged = judge('response', config, asked);
    if ('outcome' in judged) return judged;
    const failure = judged.failure ? { failure: judged.failure } : {};
    if (config.operation === 'validate') {
      facts.wouldRedact ||= judged.returned.some(isChanged);
      return { changes: new Map(), ...failure };
    }
    const changes = changesBySegment(judged.returned);
    if (!changes) return failClosed('response', { class: 'unappliable_redaction', detail: NOT_FITTING });
    return { changes, ...failure };
  });
}

function withinWindows({ parts, tools }: PlannedCall, windows: ReadonlyMap<Segment, Window>): PlannedCall[] {
  const within = parts.flatMap((part) => {
    const window = windows.get(part.segment);
    if (!window) return [];
    return [{ ...part, text: part.whole.slice(window.start, window.end), start: window.start }];
  });
  return within.length > 0 ? [{ parts: within, tools }] : [];
}
