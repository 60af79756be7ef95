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
  const sought = [...new Set(found)].slice(0, MAX_VALUES);
  const values = new Set(texts.flatMap(({ old, changed }) => valuesIn(old, changed, sought)));
  if (values.size === 0) return undefined;
  return { context: fpeContext, values: [...values].slice(0, MAX_VALUES) };
}

/** A part of a text, in UTF-16 code units. */
interface Range {
  start: number;
  end: number;
}

function valuesIn(old: string, changed: string, found: readonly string[]): string[] {
  const values: string[] = [];
  const places = occurrences(old, found);
  let first = 0;
  let shift = 0;
  for (const change of changesBetween(old, changed)) {
    while (places.length > first && isBefore(places[first], change)) first += 1;
    const entities = entitiesAround(old, change, places, first);
    const start = Math.min(change.start, entities[0]?.start ?? change.start);
    const end = Math.max(change.end, entities.at(-1)?.end ?? change.end);
    const grown = change.text.length - (change.end - change.start);
    const within = entities.map((entity) => ({ start: entity.start - start, end: entity.end - start }));
    const become = changed.slice(start + shift, end + shift + grown);
    for (const value of encryptedIn(old.slice(start, end), become, within)) values.push(value);
    shift += grown;
  }
  return values;
}

function isBefore(place: Range | undefined, change: Range): boolean {
  return place !== undefined && place.end <= change.start;
}

/**
 * Encryption keeps the format, so a value and its ciphertext are equally long.
 *
 * @param entities of the old text; what is between them is in the changed one as well
 */
function encryptedIn(old: string, changed: string, entities: readonly Range[]): string[] {
  const values: string[] = [];
  let at = entities[0]?.start ?? 0;
  for (const [index, { start, end }] of entities.entries()) {
    const following = entities[index + 1];
    const between = old.slice(end, following?.start);
    const asLong = at + end - start;
    const ended = following ? placeOf(changed, between, at, asLong) : changed.length - between.length;
    if (ended < at) break;
    const value = changed.slice(at, ended);
    if (ended === asLong && value.length >= MIN_LENGTH && value !== old.slice(start, end)) values.push(value);
    at = ended + between.length;
  }
  return values;
}

/** @returns where a text stands: where it is expected, or else the first place; -1 when it is nowhere */
function placeOf(text: string, part: string, from: number, expected: number): number {
  return text.startsWith(part, expected) ? expected : text.indexOf(part, from);
}

/**
 * The difference of two texts is not the value: its first digits may have stayed the same, and values that stand
 * close together differ in one piece.
 */
function entitiesAround(text: string, change: Range, places: readonly Range[], first: number): Range[] {
  let last = first;
  while ((places[last]?.start ?? text.length) < change.end) last += 1;
  return last > first ? places.slice(first, last) : [wordsAround(text, change)];
}

function wordsAround(text: string, change: Range): Range {
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
  for (const occurrence of occurrences(text, values)) {
    const { value, start } = occurrence;
    if (decrypted.slice(end, start) !== text.slice(end, start)) return false;
    end = occurrence.end;
    learned.set(value, decrypted.slice(start, end));
  }
  if (decrypted.slice(end) !== text.slice(end)) return false;
  for (const [value, plain] of learned) clear.set(value, plain);
  return true;
}

interface Occurrence extends Range {
  value: string;
}

/** In reading order, without overlaps; of values that begin together, the longest. */
function occurrences(text: string, values: Iterable<string>): Occurrence[] {
  const all: Occurrence[] = [];
  for (const value of values) {
    if (value.length < MIN_LENGTH) continue;
    for (let start = text.indexOf(value); start !== -1; start = text.indexOf(value, start + 1)) {
      all.push({ value, start, end: start + value.length });
    }
  }
  all.sort((a, b) => a.start - b.start || b.end - a.end);
  let end = 0;
  return all.filter((one) => {
    if (one.start < end) return false;
    end = one.end;
    return true;
  });
}

export function inClear(text: string, clear: ClearValues): string {
  let result = '';
  let end = 0;
  for (const occurrence of occurrences(text, clear.keys())) {
    result += text.slice(end, occurrence.start) + clear.get(occurrence.value);
    end = occurrence.end;
  }
  return result + text.slice(end);
}
