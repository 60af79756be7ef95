/**
 * Finds out which values AIDR encrypted in a text. AIDR returns its findings and the whole changed text.
 *
 * The difference of the two texts is not the value. Some digits of the value can be the same by chance. And values that are
 * close together can look like one difference, with something between them that was masked and has another length now.
 */
import { findText } from '../../body/find-text.ts';
import { type Change, changesBetween } from '../../body/text-changes.ts';
import type { ValueFinder } from './value-finder.ts';

/** A shorter value would be found in unrelated text. */
const MIN_LENGTH = 4;
/** A longer value has no known format; a mail address has at most 254 characters. */
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

/** @returns whether a value is long enough to be found again without mistakes, and short enough to be one */
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

/** If only encryption changed a text, everything is at the same place. */
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
 * A ciphertext can look like the value after it. Then a plain difference would continue at the wrong place.
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

/** If no detector names a finding, the words around the difference are the value. */
function ofWords(text: string, cluster: Cluster): Cluster {
  if (cluster.found.length > 0) return cluster;
  let { start, end } = cluster;
  while (start > cluster.start - MAX_WORD && IN_WORD.test(text.charAt(start - 1))) start -= 1;
  while (end < cluster.end + MAX_WORD && IN_WORD.test(text.charAt(end))) end += 1;
  return { ...cluster, start, end, found: [{ start, end }] };
}

const IN_WORD = /[\p{L}\p{N}@_-]/u;

/** The text between the findings is unchanged, and so shows where each of them is in the changed text. */
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

/** @returns where a text is: at the expected place, or at the first other one; -1 if it is nowhere */
function positionOf(text: string, part: string, from: number, expected: number): number {
  return text.startsWith(part, expected) ? expected : findText(text, part, from);
}
