/** Whether the provider's own client reads a rewritten stream as it read the original, but for the changed texts. */
import { isDeepStrictEqual } from 'node:util';
import type { Path } from '../src/body/json/edit.ts';
import { readEmbedded } from '../src/body/json/embedded-json.ts';
import { changesByPiece, changesInPieces, withChanges } from '../src/body/text-changes.ts';
import type { Segment } from '../src/formats/segment.ts';
import { eventTypeOf, grownTexts } from '../testkit/corpus/accumulate-deltas.ts';
import type { SdkReader } from '../testkit/corpus/sdk-readers.ts';
import { DISTINCTIVE_LENGTH, isReplaceable, type SdkReport } from './places.ts';

/** A stream after every text that can be changed was. */
export interface Rewritten {
  rewrites: { segment: Segment; text: string }[];
  /** Where something changed. */
  paths: Path[];
  bytes: Uint8Array;
}

export async function checkSdk(
  { name, read }: SdkReader,
  original: Uint8Array,
  segments: readonly Segment[],
  { rewrites, bytes }: Rewritten,
): Promise<SdkReport> {
  const [before, after] = [await read(original), await read(bytes)];
  const [types, typesAfter] = [before.events.map(eventTypeOf), after.events.map(eventTypeOf)];
  const texts = grownTexts(before.events);
  const changes = changesOf(segments, rewrites);
  const problems = [
    ...(isDeepStrictEqual(types, typesAfter) ? [] : [`reads ${types.length} events as: ${typesAfter}`]),
    ...(isDeepStrictEqual(before.errors, after.errors) ? [] : [`raises ${after.errors}`]),
    ...wrongTexts(texts, grownTexts(after.events), changes),
    ...wrongValues(before.accumulated, after.accumulated, changes),
  ];
  return {
    sdk: name,
    events: types.length,
    texts: texts.filter((text) => text !== '').length,
    isAccumulated: before.accumulated !== undefined,
    isRefused: before.errors.length > 0,
    problems: problems.map((problem) => `${name} ${problem}`),
  };
}

/** What each text may have become: texts that are equal may have been changed each in its own way. */
type Changes = ReadonlyMap<string, readonly string[]>;

function changesOf(
  segments: readonly Segment[],
  rewrites: readonly { segment: Segment; text: string }[],
): Changes {
  const kept = segments
    .filter((segment) => !isReplaceable(segment))
    .map((segment) => ({ segment, text: segment.text }));
  const changes = new Map([['', ['']]]);
  const add = (old: string, changed: string) => changes.set(old, [...(changes.get(old) ?? []), changed]);
  for (const { segment, text } of [...rewrites, ...kept]) {
    add(segment.text, text);
    if (segment.separator === undefined) continue;
    const pieces = segment.pieces.map((piece) => piece.text);
    const changed = changesInPieces(pieces, text, segment.separator);
    changesByPiece(pieces, changed, segment.separator).forEach((own, index) => {
      const piece = pieces[index] ?? '';
      add(piece, withChanges(piece, own));
    });
  }
  return changes;
}

/** Several that stand one after the other may have been changed as one. */
function wrongTexts(originals: readonly string[], rewritten: readonly string[], changes: Changes): string[] {
  const before = originals.map(asRead);
  const after = rewritten.map(asRead);
  if (before.length !== after.length) return [`reads ${after.length} texts instead of ${before.length}`];
  for (let start = 0; start < before.length; ) {
    let [old, changed, end] = ['', '', start];
    do {
      old += before[end];
      changed += after[end];
      end++;
    } while (end < before.length && !changes.get(old)?.includes(changed));
    if (!changes.get(old)?.includes(changed))
      return [`reads ${JSON.stringify(after[start])} for ${JSON.stringify(before[start]?.slice(0, 60))}`];
    start = end;
  }
  return [];
}

function asRead(text: string): string {
  return readEmbedded([text])?.shown ?? text;
}

/** OpenAI's client knows no such key and keeps its last delta; what grows from the deltas is compared in full. */
const LAST_PIECE_ONLY = 'reasoning_content';

/** What a client accumulated: all as it was but for the texts, and for what goes with them. */
function wrongValues(before: unknown, after: unknown, changes: Changes): string[] {
  const old: string[] = [];
  const changed: string[] = [];
  const problems: string[] = [];
  const compare = (was: unknown, is: unknown, place: string) => {
    if (isDeepStrictEqual(was, is)) {
      problems.push(...unchangedIn(was, changes).map((text) => `still has ${text} in ${place}`));
    } else if (typeof was === 'string' && typeof is === 'string') {
      old.push(was);
      changed.push(is);
    } else if (isContainer(was) && isContainer(is) && !isChangedJson(was, is, changes)) {
      for (const key of new Set([...Object.keys(was), ...Object.keys(is)]))
        if (key !== LAST_PIECE_ONLY) compare(was[key], is[key], `${place}/${key}`);
    } else if (!isEmpty(is) && !isChangedJson(was, is, changes)) {
      problems.push(`has another value at ${place}`);
    }
  };
  compare(before, after, '');
  return [...problems, ...wrongTexts(old, changed, changes)];
}

function unchangedIn(value: unknown, changes: Changes): string[] {
  if (isContainer(value)) return Object.values(value).flatMap((item) => unchangedIn(item, changes));
  if (typeof value !== 'string' || value.length < DISTINCTIVE_LENGTH) return [];
  return changes.get(value)?.includes(value) === false ? [value] : [];
}

/** Tool arguments that the client parsed. */
function isChangedJson(was: unknown, is: unknown, changes: Changes): boolean {
  // Arguments that break off are read as far as they go.
  const isValueOf = (value: unknown, text: string) =>
    text.startsWith('{') && isDeepStrictEqual(jsonIn(text) ?? value, value);
  return [...changes].some(
    ([old, changed]) => isValueOf(was, old) && changed.some((text) => isValueOf(is, text)),
  );
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** What repeats a text goes when the text is changed. */
function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (isContainer(value) && Object.keys(value).length === 0);
}
