/**
 * Format-preserving encryption: AIDR encrypts a value in the prompt, the model works with the ciphertext, and the
 * client reads the value in clear again. Only what this request's own verdicts encrypted is decrypted.
 */
import type { AidrClient, Session } from '../aidr/client.ts';
import type { Encrypted } from '../aidr/verdict.ts';
import { changesBetween } from '../body/text-changes.ts';

export interface Encryption {
  /** What AIDR decrypts the values with. */
  context: string;
  /** The ciphertexts. */
  values: string[];
}

/** A shorter value would be found where nobody put it. */
const MIN_LENGTH = 4;
/** Values of one verdict, and contexts of one request: an answer is searched for all of them. */
const MAX_VALUES = 256;
export const MAX_ENCRYPTIONS = 16;

/** @returns undefined when no text has a value that was encrypted */
export function encryptionOf(
  { fpeContext, found }: Encrypted,
  texts: readonly { old: string; changed: string }[],
): Encryption | undefined {
  const values = new Set(texts.flatMap(({ old, changed }) => valuesIn(old, changed, found)));
  if (values.size === 0) return undefined;
  return { context: fpeContext, values: [...values].slice(0, MAX_VALUES) };
}

/** Encryption keeps the format, so a value and its ciphertext are equally long. */
function valuesIn(old: string, changed: string, found: readonly string[]): string[] {
  const values: string[] = [];
  let shift = 0;
  for (const change of changesBetween(old, changed)) {
    const { start, end } = entityAround(old, change, found);
    const before = change.start - start;
    const after = end - change.end;
    const from = change.start + shift - before;
    const value = changed.slice(from, change.start + shift + change.text.length + after);
    if (value.length === end - start && value.length >= MIN_LENGTH) values.push(value);
    shift += change.text.length - (change.end - change.start);
  }
  return values;
}

/** The difference of two texts is often less than the value: its first digits may have stayed the same. */
function entityAround(text: string, change: { start: number; end: number }, found: readonly string[]) {
  for (const value of found) {
    const first = text.lastIndexOf(value, change.start);
    if (first !== -1 && first + value.length >= change.end && value.length > 0) {
      return { start: first, end: first + value.length };
    }
  }
  let { start, end } = change;
  while (start > 0 && IN_WORD.test(text.charAt(start - 1))) start -= 1;
  while (end < text.length && IN_WORD.test(text.charAt(end))) end += 1;
  return { start, end };
}

const IN_WORD = /[\p{L}\p{N}@_-]/u;

/** Ciphertexts and what they stand for. */
export type ClearValues = ReadonlyMap<string, string>;

/**
 * @param texts of the answer
 * @returns what could be decrypted, and whether that is all that stands in the texts
 */
export async function decrypt(
  client: AidrClient,
  session: Session,
  encryptions: readonly Encryption[],
  texts: readonly string[],
): Promise<{ clear: ClearValues; isComplete: boolean }> {
  const clear = new Map<string, string>();
  const asked = encryptions.map(async ({ context, values }) => {
    const holding = texts.filter((text) => values.some((value) => text.includes(value)));
    if (holding.length === 0) return true;
    const answer = await client.unredact(holding, context, session);
    if (!answer.ok || !Array.isArray(answer.data) || answer.data.length !== holding.length) return false;
    const returned: unknown[] = answer.data;
    return holding.every((text, index) => learnValues(text, returned[index], values, clear));
  });
  const complete = await Promise.all(asked);
  return { clear, isComplete: complete.every(Boolean) };
}

/** @returns false when AIDR changed anything but the values */
function learnValues(
  text: string,
  decrypted: unknown,
  values: readonly string[],
  clear: Map<string, string>,
): boolean {
  if (typeof decrypted !== 'string' || decrypted.length !== text.length) return false;
  const learned = new Map<string, string>();
  let end = 0;
  for (const { value, at } of occurrences(text, values)) {
    if (decrypted.slice(end, at) !== text.slice(end, at)) return false;
    end = at + value.length;
    learned.set(value, decrypted.slice(at, end));
  }
  if (decrypted.slice(end) !== text.slice(end)) return false;
  for (const [value, plain] of learned) clear.set(value, plain);
  return true;
}

/** In reading order, without overlaps; of values that begin together, the longest. */
function* occurrences(text: string, values: Iterable<string>): Generator<{ value: string; at: number }> {
  const byLength = [...values].sort((a, b) => b.length - a.length);
  const next = new Map(byLength.map((value) => [value, text.indexOf(value)]));
  for (let from = 0; ; ) {
    let first: { value: string; at: number } | undefined;
    for (const value of byLength) {
      let at = next.get(value) ?? -1;
      if (at !== -1 && at < from) {
        at = text.indexOf(value, from);
        next.set(value, at);
      }
      if (at !== -1 && (first === undefined || at < first.at)) first = { value, at };
    }
    if (!first) return;
    yield first;
    from = first.at + first.value.length;
  }
}

export function inClear(text: string, clear: ClearValues): string {
  let result = '';
  let end = 0;
  for (const { value, at } of occurrences(text, clear.keys())) {
    result += text.slice(end, at) + clear.get(value);
    end = at + value.length;
  }
  return result + text.slice(end);
}
