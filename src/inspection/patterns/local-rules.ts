/**
 * Applies the operator's own patterns to each prompt before AIDR is called: what ai-prompt-guard does in Kong, for every
 * body format. A prompt is rejected if it matches a deny pattern, or if there are allow patterns and it matches none.
 *
 * `prompt-views.ts` says which texts are looked at, `linear-pattern.ts` what a pattern may be.
 */
import { setImmediate as otherRequests } from 'node:timers/promises';
import { ConfigurationError } from '../../config/load.ts';
import type { AnyConfig } from '../../config/mcp-schema.ts';
import type { Segment } from '../../formats/segment.ts';
import { denied, type Rejection, uninspectable } from '../refusal/rejection.ts';
import { compilePattern, type LinearPattern } from './linear-pattern.ts';
import { promptViews, textsFor, type View } from './prompt-views.ts';

export interface LocalRules {
  /** @returns undefined when the prompt may go on to AIDR */
  (segments: readonly Segment[], rest?: Rest): Promise<Rejection | undefined>;
  /** Instructions of the largest pattern: a character takes at most so many steps before others get their turn. */
  readonly largest: number;
}

/** Lets others have their turn. */
type Rest = () => Promise<unknown>;

/** Instructions of all patterns together; `.{0,200}` alone is 400. */
const MAX_PROGRAM_SIZE = 5_000;
/** Characters of one prompt. One call to AIDR takes at most half as many bytes. */
const MAX_TEXT_LENGTH = 2_097_152;
/** Instructions times characters of one pattern on one text: two seconds at worst, for texts made to be slow. */
const MAX_SCAN_STEPS = 200_000_000;
/** The same of all patterns on all texts of a prompt: ten seconds at worst, in which other requests get their turns. */
const MAX_STEPS = 1_000_000_000;
/** The fixed cost of each text, in steps: about one microsecond. */
const STEPS_TO_BEGIN = 100;
/** Milliseconds of matching after which other requests get their turn. Matching one pattern on one text is not interrupted. */
const MAX_STRETCH = 5;

/**
 * @returns undefined without patterns
 * @throws ConfigurationError a pattern cannot run in linear time, or the settings contradict each other
 */
export function localRules(config: AnyConfig): LocalRules | undefined {
  const deny = compileAll('deny_patterns', config.deny_patterns ?? []);
  const allow = compileAll('allow_patterns', config.allow_patterns ?? []);
  refuseTooLarge([...deny, ...allow]);
  if (config.match_all_roles && config.allow_all_conversation_history) {
    throw new ConfigurationError(
      'match_all_roles: cannot be set together with allow_all_conversation_history',
    );
  }
  if (deny.length + allow.length === 0) return undefined;
  const check = async (segments: readonly Segment[], rest: Rest = otherRequests) => {
    const reason = await denial(deny, allow, segments, config, new Pace(rest));
    if (reason === TOO_LONG) return uninspectable('request', config, 'too_long_for_patterns');
    return reason === undefined ? undefined : denied(config, reason);
  };
  return Object.assign(check, { largest: Math.max(...[...deny, ...allow].map(({ size }) => size)) });
}

function compileAll(field: 'deny_patterns' | 'allow_patterns', sources: string[]): LinearPattern[] {
  return sources.map((source, index) => {
    const compiled = compilePattern(source);
    if (compiled.ok) return compiled.pattern;
    throw new ConfigurationError(`${field}: rule ${index + 1} ${compiled.reason}`);
  });
}

function refuseTooLarge(patterns: LinearPattern[]): void {
  const size = patterns.reduce((sum, pattern) => sum + pattern.size, 0);
  if (size <= MAX_PROGRAM_SIZE) return;
  throw new ConfigurationError(
    `deny_patterns, allow_patterns: together they compile to ${size} instructions, more than ${MAX_PROGRAM_SIZE}`,
  );
}

const TOO_LONG = Symbol('too long');

async function denial(
  deny: LinearPattern[],
  allow: LinearPattern[],
  segments: readonly Segment[],
  config: AnyConfig,
  pace: Pace,
): Promise<string | typeof TOO_LONG | undefined> {
  if (lengthOf(segments.map(({ text }) => text)) > MAX_TEXT_LENGTH) return TOO_LONG;
  const views = promptViews(segments, config);
  if (isTooMuch([...scans(deny, [views.deny]), ...scans(allow, views.allow)])) return TOO_LONG;
  const denying = await firstMatch(deny, views.deny, pace);
  if (denying !== undefined) return `denied by deny_patterns rule ${denying + 1}`;
  if (allow.length === 0) return undefined;
  for (const view of views.allow) {
    if ((await firstMatch(allow, view, pace)) === undefined) return 'no allow_patterns rule matches';
  }
  return undefined;
}

/** The most steps that a pattern can take on all of its texts, and on one of them. */
interface Scan {
  all: number;
  longest: number;
}

function scans(patterns: LinearPattern[], views: View[]): Scan[] {
  return views.flatMap((view) => {
    const [plain, anchored] = [extentOf(view.plain), extentOf(view.anchored)];
    return patterns.map(({ size, isAnchored }) => {
      const { texts, length, longest } = isAnchored ? anchored : plain;
      return { all: size * length + texts * STEPS_TO_BEGIN, longest: size * longest };
    });
  });
}

function extentOf(texts: readonly string[]): { texts: number; length: number; longest: number } {
  const longest = texts.reduce((most, { length }) => Math.max(most, length), 0);
  return { texts: texts.length, length: lengthOf(texts), longest };
}

function isTooMuch(scans: readonly Scan[]): boolean {
  const isOneTooMuch = scans.some(({ longest }) => longest > MAX_SCAN_STEPS);
  return isOneTooMuch || scans.reduce((sum, { all }) => sum + all, 0) > MAX_STEPS;
}

function lengthOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + text.length, 0);
}

/** @returns the index of the first pattern that matches */
async function firstMatch(patterns: LinearPattern[], view: View, pace: Pace): Promise<number | undefined> {
  for (const [index, pattern] of patterns.entries()) {
    for (const text of textsFor(pattern, view)) {
      if (pattern.matches(text)) return index;
      await pace.rest();
    }
  }
  return undefined;
}

/** Only matching can keep the event loop busy for long here. */
class Pace {
  readonly #rest: Rest;
  #since = performance.now();

  constructor(rest: Rest) {
    this.#rest = rest;
  }

  async rest(): Promise<void> {
    if (performance.now() - this.#since < MAX_STRETCH) return;
    await this.#rest();
    this.#since = performance.now();
  }
}
