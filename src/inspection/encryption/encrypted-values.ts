/**
 * Which values AIDR encrypted in a text: it tells what it found, and returns the whole text as it became.
 *
 * The difference of the two texts is not the value. Some of its digits can have stayed the same, and values that stand
 * close together differ in one piece, with something in between that was masked and is no longer as long.
 */
import { findText } from '../../body/find-text.ts';
import { type Change, changesBetween } from '../../body/text-changes.ts';
import type { ValueFinder } from './value-finder.ts';

/** A shorter value would be found where nobody put it. */
const MIN_LENGTH = 4;
/** A longer one is no value with a format; a mail address has 254 at most. */
const MAX_LENGTH = 256;
/** UTF-16 code units that are looked at on each side of a difference for the rest of its word. */
const MAX_WORD = 64;

/** A part of the old text, in UTF-16 code units. */
interface Range {
  start: number;
  end: number;
}

/** Differences that touch, together with the findings that they touch. */
interface Cluster extends Range {
  found: Range[];
  /** How much longer this part is in the changed text. */
  growth: number;
}

/** @returns whether a value can be found again without taking something else for it, or holding a text in its place */
export function isValue({ length }: string): boolean {
  return length >= MIN_LENGTH && length <= MAX_LENGTH;
}

/**
 * Encryption keeps the format, so a value and its ciphertext are equally long.
 *
 * @param entities what AIDR's detectors found
 */
export function encryptedValues(old: string, changed: string, entities: ValueFinder): string[] {
  const found = [...entities.in(old)].map(({ value, at }) => ({ start: at, end: at + value.length }));
  const changes =
    old.length === changed.length
      ? changesInPlace(old, changed)
      : (changesInFound(old, changed, found) ?? changesBetween(old, changed));
  const values: string[] = [];
  let shift = 0;
  for (const cluster of clusters(old, changes, found)) {
    const { start, end, growth } = cluster;
    const become = changed.slice(start + shift, end + shift + growth);
    for (const value of aligned(old, become, cluster)) if (isValue(value)) values.push(value);
    shift += growth;
  }
  return values;
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

/**
 * A ciphertext can look like the value after it, and the difference would then go on at the wrong place.
 *
 * @returns undefined when the texts differ in anything but the findings
 */
function changesInFound(old: string, changed: string, found: readonly Range[]): Change[] | undefined {
  const changes: Change[] = [];
  let at = found[0]?.start ?? 0;
  if (!changed.startsWith(old.slice(0, at))) return undefined;
  for (const [index, { start, end }] of found.entries()) {
    const following = found[index + 1];
    const between = old.slice(end, following?.start);
    const ended = following
      ? positionOf(changed, between, at, at + end - start)
      : changed.length - between.length;
    if (ended < at || !changed.startsWith(between, ended)) return undefined;
    const text = changed.slice(at, ended);
    if (text !== old.slice(start, end)) changes.push({ start, end, text });
    at = ended + between.length;
  }
  return at === changed.length ? changes : undefined;
}

/** @param found in reading order, without overlaps */
function* clusters(old: string, changes: readonly Change[], found: readonly Range[]): Generator<Cluster> {
  let cluster: Cluster | undefined;
  let next = 0;
  for (const change of changes) {
    if (cluster && change.start > cluster.end) {
      yield ofWords(old, cluster);
      cluster = undefined;
    }
    cluster ??= { start: change.start, end: change.end, found: [], growth: 0 };
    cluster.growth += change.text.length - (change.end - change.start);
    cluster.end = Math.max(cluster.end, change.end);
    for (let one = found[next]; one && one.start < cluster.end; one = found[++next]) {
      if (one.end <= cluster.start) continue;
      cluster.found.push(one);
      cluster.start = Math.min(cluster.start, one.start);
      cluster.end = Math.max(cluster.end, one.end);
    }
  }
  if (cluster) yield ofWords(old, cluster);
}

/** Where no detector says that it found something, the words around the difference are the value. */
function ofWords(text: string, cluster: Cluster): Cluster {
  if (cluster.found.length > 0) return cluster;
  let { start, end } = cluster;
  while (start > cluster.start - MAX_WORD && IN_WORD.test(text.charAt(start - 1))) start -= 1;
  while (end < cluster.end + MAX_WORD && IN_WORD.test(text.charAt(end))) end += 1;
  return { ...cluster, start, end, found: [{ start, end }] };
}

const IN_WORD = /[\p{L}\p{N}@_-]/u;

/** What is between the findings is in the changed text as well, and tells where each of them is there. */
function* aligned(old: string, become: string, { start, end, found }: Cluster): Generator<string> {
  const [first] = found;
  let at = first ? first.start - start : 0;
  for (const [index, one] of found.entries()) {
    const following = found[index + 1];
    const between = old.slice(one.end, following?.start ?? end);
    const asLong = at + one.end - one.start;
    const ended = following ? positionOf(become, between, at, asLong) : become.length - between.length;
    if (ended < at) return;
    const value = become.slice(at, ended);
    if (ended === asLong && value !== old.slice(one.start, one.end)) yield value;
    at = ended + between.length;
  }
}

/** @returns where a text stands: where it is expected, or else the first place; -1 when it is nowhere */
function positionOf(text: string, part: string, from: number, expected: number): number {
  return text.startsWith(part, expected) ? expected : findText(text, part, from);
}
