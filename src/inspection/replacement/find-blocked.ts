/**
 * Which of the texts of a blocked prompt AIDR blocks alone. A verdict is on all texts of a call, and names detectors: only
 * where it names one text as well, that is the one.
 */
import type { Failure } from '../../aidr/failure.ts';
import type { AidrSession } from '../../aidr/session.ts';
import type { Verdict } from '../../aidr/verdict.ts';
import type { Config } from '../../config/schema.ts';
import type { Segment } from '../../formats/segment.ts';
import type { AskedCall, GuardCallMetadata } from '../calls/ask.ts';
import { planInput } from '../calls/plan-calls.ts';
import { ask, fittedCalls } from '../inspect-extraction.ts';
import { isViolation } from '../policy/enforcement.ts';
import type { InspectionStats } from '../report/inspection-stats.ts';

export interface Suspect {
  segments: readonly Segment[];
}

export interface Search {
  session: AidrSession;
  config: Config;
  metadata: GuardCallMetadata;
  stats: InspectionStats;
}

/** What AIDR says of each that it blocks; or why that is not known. */
export type Found<One> = { ok: true; blocked: Map<One, Verdict> } | { ok: false; failure?: Failure };

/** Groups that a blocked group is cut into, and that are asked about at once. */
const GROUPS = 8;
/** Groups that are asked about for one prompt: a caller can write any number of them. */
const MAX_ASKED = 64;

/** @returns the only one that a verdict names, if all other calls passed */
export function namedIn<One extends Suspect>(
  suspects: readonly One[],
  asked: readonly AskedCall[],
  config: Config,
): Map<One, Verdict> | undefined {
  const [only, ...others] = asked.filter(({ inspected }) => !inspected.ok || isViolation(config, inspected));
  if (!only?.inspected.ok || others.length > 0 || only.call.isCut) return undefined;
  const { verdict } = only.inspected;
  const [index, ...more] = verdict.messages ?? [];
  const segment = index === undefined || more.length > 0 ? undefined : only.call.parts[index]?.segment;
  const suspect = segment && suspects.find(({ segments }) => segments.includes(segment));
  return suspect && new Map([[suspect, verdict]]);
}

/** Few are asked about one by one. Many are asked about in groups, and then those of the blocked groups. */
export async function findBlocked<One extends Suspect>(
  suspects: readonly One[],
  search: Search,
): Promise<Found<One>> {
  const blocked = new Map<One, Verdict>();
  let asked = 0;
  for (let groups = groupsOf(suspects); groups.length > 0; ) {
    asked += groups.length;
    if (asked > MAX_ASKED) return { ok: false };
    const verdicts = await verdictsOn(groups, search);
    const failed = verdicts.find((one) => one !== undefined && !one.ok);
    if (failed && !failed.ok) return { ok: false, ...(failed.failure ? { failure: failed.failure } : {}) };
    groups = groups.flatMap((group, index) => {
      const violating = verdicts[index];
      if (!violating?.ok) return [];
      const [only, ...others] = group;
      if (!only || others.length > 0) return groupsOf(group);
      blocked.set(only, violating.verdict);
      return [];
    });
  }
  return { ok: true, blocked };
}

function groupsOf<One>(all: readonly One[]): One[][] {
  const size = Math.ceil(all.length / GROUPS);
  const groups: One[][] = [];
  for (let from = 0; from < all.length; from += size) groups.push(all.slice(from, from + size));
  return groups;
}

/** A group's violation, or why it has no verdict; undefined where it passes. */
type GroupVerdict = { ok: true; verdict: Verdict } | { ok: false; failure?: Failure } | undefined;

async function verdictsOn(groups: readonly Suspect[][], search: Search): Promise<GroupVerdict[]> {
  const verdicts: GroupVerdict[] = [];
  for (let from = 0; from < groups.length; from += GROUPS) {
    const some = groups.slice(from, from + GROUPS);
    verdicts.push(...(await Promise.all(some.map((group) => verdictOn(group, search)))));
  }
  return verdicts;
}

async function verdictOn(group: Suspect[], search: Search): Promise<GroupVerdict> {
  const { session, config, metadata, stats } = search;
  const current = group.flatMap(({ segments }) => segments);
  const calls = fittedCalls(planInput({ current, earlier: [] }, []), metadata);
  if (!calls) return { ok: false };
  const asked = await ask(session, metadata, calls, stats, 1);
  for (const { inspected } of asked)
    if (inspected.ok && isViolation(config, inspected)) return { ok: true, verdict: inspected.verdict };
  const failed = asked.find(({ inspected }) => !inspected.ok)?.inspected;
  return failed && !failed.ok ? { ok: false, failure: failed.failure } : undefined;
}
