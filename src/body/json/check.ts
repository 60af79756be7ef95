/**
 * What JSON.parse does not refuse: nesting that overflows recursive readers, masses of values, and duplicate keys, which two readers
 * can read as two different prompts.
 *
 * One linear pass over the text, before anything is built from it. The text need not be valid JSON: JSON.parse
 * decides that afterwards.
 */
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from './characters.ts';

/** Deeper than any tool schema seen in the wild, far below any reader's stack. */
export const MAX_DEPTH = 256;

/** 10,000 rows of ten members are ordinary; each value costs memory and time wherever it is read. */
export const MAX_VALUES = 150_000;

/** An answer full of embeddings or log probabilities has some hundred thousand. */
export const MAX_ANSWER_VALUES = 1_000_000;

/** More keys than any object has that is one. */
export const MAX_KEYS = 20_000;

/** UTF-16 code units. V8 tells longer strings of one length apart by comparing each with each. */
export const MAX_KEY_LENGTH = 16_000;

/**
 * How many containers all values of a text may stand in, counted for each of them: whoever reads a value goes through
 * these. So many are free, enough for one that stands as deep as may be; beyond that it may be so many for a character,
 * and for each value that there may be.
 */
const FREE_LEVELS = 40_000;
const LEVELS_PER_CHARACTER = 4;
const LEVELS_PER_VALUE = 16;

/** How many values there may still be; texts that are kept together have one in common. */
export interface ValueBudget {
  left: number;
}

export function findJsonHazard(
  text: string,
  budget: ValueBudget = { left: MAX_VALUES },
): 'too_complex' | 'duplicate_key' | undefined {
  /** The keys seen at each depth; `undefined` marks an array. Sets are kept and emptied: objects are many. */
  const keysAt: (Set<string> | undefined)[] = [];
  const spareSets: Set<string>[] = [];
  let depth = 0;
  let levels = FREE_LEVELS + Math.min(text.length * LEVELS_PER_CHARACTER, budget.left * LEVELS_PER_VALUE);
  let expectKey = false;
  let hasDuplicateKey = false;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE: {
        const end = endOfString(text, i);
        if (expectKey) {
          if (end - i > MAX_KEY_LENGTH) return 'too_complex';
          const keys = keysAt[depth];
          const key = decodeKey(text, i, end);
          const known = keys?.size ?? 0;
          if (known >= MAX_KEYS) return 'too_complex';
          if (keys?.add(key).size === known) hasDuplicateKey = true;
          expectKey = false;
        }
        i = end;
        break;
      }
      case OPEN_BRACE: {
        if (++depth > MAX_DEPTH || --budget.left < 0) return 'too_complex';
        levels -= depth;
        const keys = spareSets[depth] ?? new Set();
        spareSets[depth] = keys;
        keys.clear();
        keysAt[depth] = keys;
        expectKey = true;
        break;
      }
      case OPEN_BRACKET:
        if (++depth > MAX_DEPTH || --budget.left < 0) return 'too_complex';
        levels -= depth;
        keysAt[depth] = undefined;
        expectKey = false;
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        // No JSON.
        if (--depth < 0) return undefined;
        expectKey = false;
        break;
      case COMMA:
        levels -= depth;
        if (--budget.left < 0 || levels < 0) return 'too_complex';
        expectKey = keysAt[depth] !== undefined;
        break;
    }
  }
  return hasDuplicateKey ? 'duplicate_key' : undefined;
}

/**
 * @param start offset of the opening quote
 * @returns offset of the closing quote, or of the text's last character where there is none
 */
export function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(quote - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return quote;
  }
  return text.length - 1;
}

function decodeKey(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end);
  if (!raw.includes('\\')) return raw;
  try {
    return JSON.parse(`"${raw}"`);
  } catch {
    return raw;
  }
}
