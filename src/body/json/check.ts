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

/** Each value costs memory when the text is parsed; an answer full of embeddings has some hundred thousand. */
export const MAX_VALUES = 1_000_000;

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
  let expectKey = false;
  let hasDuplicateKey = false;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE: {
        const end = endOfString(text, i);
        if (expectKey) {
          const keys = keysAt[depth];
          const key = decodeKey(text, i, end);
          const known = keys?.size;
          if (keys?.add(key).size === known) hasDuplicateKey = true;
          expectKey = false;
        }
        i = end;
        break;
      }
      case OPEN_BRACE: {
        if (++depth > MAX_DEPTH) return 'too_complex';
        const keys = spareSets[depth] ?? new Set();
        spareSets[depth] = keys;
        keys.clear();
        keysAt[depth] = keys;
        expectKey = true;
        break;
      }
      case OPEN_BRACKET:
        if (++depth > MAX_DEPTH) return 'too_complex';
        keysAt[depth] = undefined;
        expectKey = false;
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        depth--;
        expectKey = false;
        break;
      case COMMA:
        if (--budget.left < 0) return 'too_complex';
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
