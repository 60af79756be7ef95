/**
 * Format-preserving encryption: AIDR encrypts a value in the prompt, the model works with the ciphertext, and the
 * client reads the value in clear again. Only what this request's own verdicts encrypted is decrypted.
 */
import type { AidrClient, Session } from '../aidr/client.ts';
import type { Encrypted } from '../aidr/verdict.ts';
import { type Change, changesBetween } from '../body/text-changes.ts';
import { ValueFinder } from './value-finder.ts';

export interface Encryption {
  /** What AIDR decrypts the values with. */
  context: string;
  /** The ciphertexts. */
  values: string[];
}

/** A shorter value would be found where nobody put it. */
const MIN_LENGTH = 4;
/** Values of one context, and contexts of one request: an answer is searched for all of them. */
const MAX_VALUES = 256;
const MAX_ENCRYPTIONS = 16;
/** Of what the detectors of one verdict found; a prompt of one mebibyte can hold far more. */
const MAX_FOUND = 4_096;
/** UTF-16 code units that are looked at on each side of a difference for the rest of its word. */
const MAX_WORD = 64;

/** What became of a text, as AIDR changed it; undefined when no value in it was encrypted. */
type EncryptionIn = (old: string, changed: string) => Encryption | undefined;

/** @returns what finds the values of this verdict in each of its texts */
export function encryptionBy({ fpeContext, found }: Encrypted): EncryptionIn {
  const entities = new ValueFinder(found.slice(0, MAX_FOUND).filter(({ length }) => length >= MIN_LENGTH));
  return (old, changed) => {
    const values = new Set(valuesIn(old, changed, entities));
    if (values.size === 0) return undefined;
    return { context: fpeContext, values: [...values].slice(0, MAX_VALUES) };
  };
}

/** One encryption for each context, the last ones first to stay. */
export function mergedByContext(encryptions: readonly Encryption[]): Encryption[] {
  const byContext = Map.groupBy(encryptions, ({ context }) => context);
  const merged = [...byContext].map(([context, same]) => ({
    context,
    values: [...new Set(same.flatMap(({ values }) => values))].slice(0, MAX_VALUES),
  }));
  return merged.slice(-MAX_ENCRYPTIONS);
}

/** Encryption keeps the format, so a value and its ciphertext are equally long. */
function valuesIn(old: string, changed: string, entities: ValueFinder): string[] {
  const changes = old.length === changed.length ? changesInPlace(old, changed) : changesBetween(old, changed);
  const values: string[] = [];
  const explained = new Set<Change>();
  let [first, shift] = [0, 0];
  for (const { value, at } of entities.in(old)) {
    for (let change = changes[first]; change && isBefore(change, at); change = changes[first]) {
      shift += growth(change);
      first += 1;
    }
    const { inside, from, to } = placeIn(changes, first, shift, at, at + value.length);
    for (const change of inside) explained.add(change);
    const ciphertext = changed.slice(from, to);
    if (ciphertext.length === value.length && ciphertext !== value) values.push(ciphertext);
  }
  const others = changes.filter((change) => !explained.has(change));
  return [...values, ...wordsIn(old, changed, changes, new Set(others))];
}

/** Where nothing but encryption changed a text, everything kept its place. */
function changesInPlace(old: string, changed: string): Change[] {
  const changes: Change[] = [];
  for (let start = 0; start < old.length; start++) {
    let end = start;
    while (end < old.length && old.charCodeAt(end) !== changed.charCodeAt(end)) end++;
    if (end === start) continue;
    changes.push({ start, end, text: changed.slice(start, end) });
    start = end;
  }
  return changes;
}

function isBefore({ start, end }: Change, at: number): boolean {
  return end < at || (end === at && start < at);
}

function growth({ start, end, text }: Change): number {
  return text.length - (end - start);
}

/**
 * Where the text between two offsets stands after the changes. The difference of two texts is often less than a value,
 * of which some digits can have stayed the same, or more, when values stand close together.
 *
 * @param first the first change that is not before `start`
 * @param shift of the changes before it
 * @returns an empty place when a change that reaches over an end does not tell what became of it
 */
function placeIn(changes: readonly Change[], first: number, shift: number, start: number, end: number) {
  const inside: Change[] = [];
  let to = end + shift;
  let isTold = true;
  for (let index = first; index < changes.length; index++) {
    const change = changes[index];
    if (!change || change.start > end || (change.start === end && change.end > end)) break;
    inside.push(change);
    if (change.start >= start && change.end <= end) to += growth(change);
    else isTold &&= growth(change) === 0;
  }
  return isTold ? { inside, from: start + shift, to } : { inside, from: 0, to: 0 };
}

/** What was changed where no detector says that it found something: the words around each difference. */
function wordsIn(old: string, changed: string, changes: readonly Change[], wanted: Set<Change>): string[] {
  const words: string[] = [];
  let shift = 0;
  for (const change of changes) {
    if (wanted.has(change)) {
      const [start, end] = wordAround(old, change);
      const word = changed.slice(start + shift, end + shift + growth(change));
      if (word.length === end - start && word.length >= MIN_LENGTH) words.push(word);
    }
    shift += growth(change);
  }
  return words;
}

function wordAround(text: string, change: Change): [start: number, end: number] {
  let { start, end } = change;
  while (start > change.start - MAX_WORD && IN_WORD.test(text.charAt(start - 1))) start -= 1;
  while (end < change.end + MAX_WORD && IN_WORD.test(text.charAt(end))) end += 1;
  return [start, end];
}

const IN_WORD = /[\p{L}\p{N}@_-]/u;

/** Ciphertexts and what they stand for. */
export interface ClearValues {
  readonly size: number;
  readonly plain: ReadonlyMap<string, string>;
  readonly finder: ValueFinder;
}

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
  const plain = new Map<string, string>();
  const asked = encryptions.map(async ({ context, values }) => {
    const finder = new ValueFinder(values);
    const holding = texts.filter((text) => finder.isIn(text));
    if (holding.length === 0) return true;
    const answer = await client.unredact(holding, context, session);
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
    // What this context did not encrypt may be another one's.
    if (clear !== value) plain.set(value, clear);
  }
  return true;
}

export function inClear(text: string, { plain, finder }: ClearValues): string {
  let result = '';
  let end = 0;
  for (const { value, at } of finder.in(text)) {
    result += text.slice(end, at) + (plain.get(value) ?? value);
    end = at + value.length;
  }
  return result + text.slice(end);
}
