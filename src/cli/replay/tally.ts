/** What a replay counts. All of it is bounded, however long the recording is. */
import type { Direction } from '../../config/schema.ts';
import type { Inspection } from '../../inspection/inspector.ts';
import { changedBody } from '../../inspection/policy/decision.ts';
import { isBlock } from '../../inspection/refusal/refusal-codes.ts';
import type { BrokenWhy } from './exchange.ts';

/** `refused`: for another reason than the content. `unread`: its body was not recorded. */
export type Outcome =
  | 'allowed'
  | 'redacted'
  | 'blocked'
  | 'refused'
  | 'skipped'
  | 'failed_open'
  | 'unread'
  | 'not_asked';

export interface DirectionTally {
  outcomes: Partial<Record<Outcome, number>>;
  /** Of refusals, by their codes. */
  codes: Record<string, number>;
  detectors: Record<string, number>;
  /** What the plugins themselves recorded then. */
  recorded: Record<string, number>;
  /** Of the bodies. */
  bytes: number;
  texts: number;
  opaque: number;
  calls: number;
  /** Of all calls to AIDR together. */
  callBytes: number;
  /** Turns and definitions that AIDR was not asked about again. */
  known: number;
}

export interface RouteTally {
  route: string;
  /** Undefined for the sum of those that are too many. */
  provider?: string;
  endpoint?: string;
  exchanges: number;
  request: DirectionTally;
  response: DirectionTally;
}

export interface Finding {
  position: string;
  route: string;
  direction: Direction;
  outcome: Outcome;
  code?: string;
  detectors: string[];
  /** Only if it was asked for. */
  reason?: string;
  content?: string[];
}

export interface Totals {
  exchanges: number;
  broken: Partial<Record<BrokenWhy, number>>;
  /** To hosts that are no LLM provider. */
  otherTraffic: number;
  routes: RouteTally[];
  findings: Finding[];
  /** Findings beyond those that are listed. */
  moreFindings: number;
}

const MAX_ROUTES = 500;
const MAX_FINDINGS = 1_000;
/** Names of one map: of detectors, of outcomes. */
const MAX_NAMES = 100;
const OTHERS = '(others)';

export class Tally {
  readonly #routes = new Map<string, RouteTally>();
  readonly #totals: Omit<Totals, 'routes'> = {
    ...{ exchanges: 0, broken: {}, otherTraffic: 0, findings: [], moreFindings: 0 },
  };

  broken(why: BrokenWhy): void {
    this.#totals.broken[why] = (this.#totals.broken[why] ?? 0) + 1;
  }

  otherTraffic(): void {
    this.#totals.exchanges++;
    this.#totals.otherTraffic++;
  }

  exchange(name: string, provider: string, endpoint: string): RouteTally {
    this.#totals.exchanges++;
    const key = JSON.stringify([name, provider, endpoint]);
    const known = this.#routes.get(key) ?? this.#newRoute(key, { route: name, provider, endpoint });
    known.exchanges++;
    return known;
  }

  #newRoute(key: string, about: Pick<RouteTally, 'route' | 'provider' | 'endpoint'>): RouteTally {
    const isTooMany = this.#routes.size >= MAX_ROUTES;
    const others = isTooMany ? this.#routes.get(OTHERS) : undefined;
    if (others) return others;
    const counts = { exchanges: 0, request: emptyTally(), response: emptyTally() };
    const tally = { ...(isTooMany ? { route: OTHERS } : about), ...counts };
    this.#routes.set(isTooMany ? OTHERS : key, tally);
    return tally;
  }

  finding(finding: Finding): void {
    if (this.#totals.findings.length < MAX_FINDINGS) this.#totals.findings.push(finding);
    else this.#totals.moreFindings++;
  }

  totals(): Totals {
    return { ...this.#totals, routes: [...this.#routes.values()] };
  }
}

function emptyTally(): DirectionTally {
  const counts = { bytes: 0, texts: 0, opaque: 0, calls: 0, callBytes: 0, known: 0 };
  return { outcomes: {}, codes: {}, detectors: {}, recorded: {}, ...counts };
}

export function addOutcome(tally: DirectionTally, outcome: Outcome): void {
  tally.outcomes[outcome] = (tally.outcomes[outcome] ?? 0) + 1;
}

export function addNames(counts: Record<string, number>, names: Iterable<string>): void {
  for (const name of names) {
    const key = Object.hasOwn(counts, name) || Object.keys(counts).length < MAX_NAMES ? name : OTHERS;
    counts[key] = (counts[key] ?? 0) + 1;
  }
}

/** @param calls bytes of each call */
export function addInspection(
  tally: DirectionTally,
  { decision, stats }: Inspection,
  calls: readonly number[],
): void {
  addOutcome(tally, outcomeOf(decision));
  if ('rejection' in decision) addNames(tally.codes, [decision.rejection.code]);
  addNames(tally.detectors, stats.detectors);
  tally.bytes += stats.bytes;
  tally.texts += stats.segments;
  tally.opaque += stats.opaque;
  tally.calls += calls.length;
  tally.callBytes += calls.reduce((sum, bytes) => sum + bytes, 0);
  tally.known += stats.knownTurns + stats.knownRecurring;
}

export function outcomeOf(decision: Inspection['decision']): Outcome {
  switch (decision.outcome) {
    case 'blocked':
      return isBlock(decision.rejection.code) ? 'blocked' : 'refused';
    case 'failed_closed':
      return 'refused';
    case 'failed_open':
      return changedBody(decision) ? 'redacted' : 'failed_open';
    default:
      return decision.outcome;
  }
}
