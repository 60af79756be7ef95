/**
 * Regular expressions that run in time proportional to the text, whatever the text: a caller writes it.
 *
 * Kong runs its patterns with PCRE, which backtracks; re2js does not, and cannot run all that PCRE can. A pattern that
 * it cannot run, or would read otherwise than PCRE, is refused when an instance starts, not guessed at. A pattern that
 * both run matches the same texts, but for what PCRE does with bytes: here a character is a character.
 *
 * @see https://github.com/google/re2/wiki/Syntax
 */
import { RE2JS, RE2JSSyntaxException, RE2Set } from 're2js';

export interface LinearPattern {
  /** Number of instructions of the compiled program: matching takes at most this many steps for each character. */
  size: number;
  /** It has an anchor, so its matches depend on what is joined to a text. */
  isAnchored: boolean;
  matches(text: string): boolean;
}

export type CompiledPattern = { ok: true; pattern: LinearPattern } | { ok: false; reason: string };

/**
 * Bytes for the states that a pattern caches between texts. Callers' texts decide how many there are, and states that do not
 * fit are computed again. re2js's default of 8 MiB would be reserved for every pattern of every instance.
 */
const MAX_STATE_MEMORY = 1_048_576;

/** @returns a reason that names constructs, never the pattern's text */
export function compilePattern(source: string): CompiledPattern {
  if (isReadOtherwise(source))
    return { ok: false, reason: 'uses \\v, \\10 or {,n}, which engines read differently' };
  try {
    const size = RE2JS.compile(source).programSize();
    const set = new RE2Set(RE2Set.UNANCHORED, 0, MAX_STATE_MEMORY);
    set.add(source);
    set.compile();
    const matches = (text: string) => set.match(text).length > 0;
    return { ok: true, pattern: { size, isAnchored: ANCHOR.test(source), matches } };
  } catch (error) {
    return { ok: false, reason: reasonOf(error) };
  }
}

/** Negated classes look like anchors too. Treating them as anchors costs only time. */
const ANCHOR = /[\^$]|\\[Az]/;

/** PCRE: any vertical space; a back-reference, where there are so many groups; at most n times, since 10.43. */
function isReadOtherwise(source: string): boolean {
  const tokens = source.matchAll(/\\[1-9]\d|\\.|\{[\s\d,]*\}/gs);
  return [...tokens].some(([token]) => token === '\\v' || /^\\\d\d|^\{\s*,|^\{.*\s/.test(token));
}

/** What re2js cannot run, by the syntax at which it fails. */
const UNSUPPORTED: [at: RegExp, construct: string][] = [
  [/^\(\?<?[=!]/, 'lookaround'],
  [/^\\[1-9gk]|^\(\?P$/, 'a back-reference'],
  [/^\(\?>|^([*+?]|\{.*\})\+/, 'an atomic group or a possessive quantifier'],
];

function reasonOf(error: unknown): string {
  if (!(error instanceof RE2JSSyntaxException)) return 'cannot be compiled';
  const at = error.getPattern() ?? '';
  const construct = UNSUPPORTED.find(([start]) => start.test(at))?.[1];
  if (construct) return `needs ${construct}, which cannot run in linear time`;
  return `is not a regular expression that runs in linear time: ${error.getDescription()}`;
}
