/**
 * Format-preserving encryption: AIDR encrypts a value in the prompt, the model works with the ciphertext, and the
 * client reads the value in clear again. Only what this request's own verdicts encrypted is decrypted.
 */
import type { AidrSession } from '../../aidr/session.ts';
import type { Encrypted } from '../../aidr/verdict.ts';
import { type Change, withChanges } from '../../body/text-changes.ts';
import { encryptedValues, isValue } from './encrypted-values.ts';
import { ValueFinder } from './value-finder.ts';

export interface Encryption {
  /** What AIDR decrypts the values with. */
  context: string;
  /** The ciphertexts. */
  values: string[];
}

/** Values of one context, and contexts of one request: an answer is searched for all of them. */
const MAX_VALUES = 256;
const MAX_ENCRYPTIONS = 16;
/** Findings of one verdict that are looked at. A prompt of one mebibyte can have far more. */
const MAX_FOUND = 4_096;
/** UTF-16 code units of a context, which is kept with each turn and sent with each call. */
const MAX_CONTEXT = 65_536;

/** From a text and the same text as AIDR changed it; undefined if no value in it was encrypted. */
type EncryptionIn = (old: string, changed: string) => Encryption | undefined;

/** @returns a function that finds the encrypted values of this verdict in one of its texts */
export function encryptionBy({ fpeContext, found }: Encrypted): EncryptionIn {
  const entities = new ValueFinder(found.slice(0, MAX_FOUND).filter(isValue));
  return (old, changed) => {
    const values = new Set(encryptedValues(old, changed, entities));
    if (values.size === 0 || fpeContext.length > MAX_CONTEXT) return undefined;
    return { context: fpeContext, values: [...values].slice(0, MAX_VALUES) };
  };
}

/** One encryption for each context. If there are too many, the last ones are kept. */
export function mergedByContext(encryptions: readonly Encryption[]): Encryption[] {
  const byContext = Map.groupBy(encryptions, ({ context }) => context);
  const merged = [...byContext].map(([context, same]) => ({
    context,
    values: [...new Set(same.flatMap(({ values }) => values))].slice(0, MAX_VALUES),
  }));
  return merged.slice(-MAX_ENCRYPTIONS);
}

/** Ciphertexts and their values. */
export interface ClearValues {
  readonly size: number;
  readonly plain: ReadonlyMap<string, string>;
  readonly finder: ValueFinder;
}

/**
 * @param texts of the answer
 * @returns what could be decrypted, and whether those are all encrypted values in the texts
 */
export async function decrypt(
  session: AidrSession,
  encryptions: readonly Encryption[],
  texts: readonly string[],
): Promise<{ clear: ClearValues; isComplete: boolean }> {
  const plain = new Map<string, string>();
  const asked = encryptions.map(async ({ context, values }) => {
    const finder = new ValueFinder(values);
    const holding = texts.filter((text) => finder.isIn(text));
    if (holding.length === 0) return true;
    const answer = await session.unredact(holding, context);
    if (!answer.ok || !Array.isArray(answer.data) || answer.data.length !== holding.length) return false;
    const returned: unknown[] = answer.data;
    return holding.every((text, index) => learnValues(text, returned[index], finder, plain));
  });
  const complete = await Promise.all(asked);
  const clear = { size: plain.size, plain, finder: new ValueFinder(plain.keys()) };
  return { clear, isComplete: complete.every(Boolean) };
}

/** @returns false when AIDR changed anything but the values */
function learnValues(
  text: string,
  decrypted: unknown,
  finder: ValueFinder,
  plain: Map<string, string>,
): boolean {
  if (typeof decrypted !== 'string' || decrypted.length !== text.length) return false;
  const learned = new Map<string, string>();
  let end = 0;
  for (const { value, at } of finder.in(text)) {
    if (decrypted.slice(end, at) !== text.slice(end, at)) return false;
    end = at + value.length;
    learned.set(value, decrypted.slice(at, end));
  }
  if (decrypted.slice(end) !== text.slice(end)) return false;
  for (const [value, clear] of learned) {
    // A value that this context did not encrypt may belong to another context.
    if (clear !== value) plain.set(value, clear);
  }
  return true;
}

export function inClear(text: string, clear: ClearValues): string {
  return withChanges(text, clearedIn(text, clear));
}

/** @returns what changes in a text when its values are decrypted, in order */
export function clearedIn(text: string, { plain, finder }: ClearValues): Change[] {
  return [...finder.in(text)].map(({ value, at }) => {
    return { start: at, end: at + value.length, text: plain.get(value) ?? value };
  });
}
