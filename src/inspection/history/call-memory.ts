/**
 * Calls of tools that are known by what they say, however a client writes them back: an answer may bring the arguments as one
 * string, in pieces, and the next request the same as an object, with its keys in another order.
 *
 * A call is known as a whole, and only as an assistant's call of the same tools. What of it had to be redacted is never known
 * in this way: it is known text by text, with its replacements (history.ts).
 */
import { canonicalJsonText, canonicalJsonWith } from '../../body/json/canonical-json.ts';
import { isAtOrBelow, PathMap } from '../../body/json/path-map.ts';
import type { Change } from '../../body/text-changes.ts';
import type { Piece, Segment, ToolCall, ToolInput } from '../../formats/segment.ts';
import { rawTextWith } from '../../formats/write-back.ts';
import { isTextCall } from '../calls/read-together.ts';
import { type HistoryCache, type HistoryScope, type KeptTurn, keyOf, type TurnKey } from './history.ts';

/** What a verdict changes in a segment. */
type ChangesOf = (segment: Segment) => readonly Change[];

const UNCHANGED: ChangesOf = () => [];

/**
 * @param unknown what is not known text by text
 * @returns those that belong to a call which is known
 */
export async function recallCalls(
  cache: HistoryCache,
  scope: HistoryScope,
  unknown: readonly Segment[],
): Promise<ReadonlySet<Segment>> {
  const known = new Set<Segment>();
  const calls = callsIn(unknown).flatMap(([call, segments]) => {
    const value = callValue(call, segments, UNCHANGED);
    return value ? [{ segments, key: callKey(scope, call, value) }] : [];
  });
  if (calls.length === 0) return known;
  const turns = await cache.recall(calls.map(({ key }) => key));
  for (const [index, { segments }] of calls.entries()) {
    const turn = turns[index];
    if (!turn || turn.changes) continue;
    for (const segment of segments) if (isPlain(segment)) known.add(segment);
  }
  return known;
}

/** Calls of an answer, as the client gets them: all of the segments have a verdict. */
export function answeredCalls(
  scope: HistoryScope,
  segments: readonly Segment[],
  changesOf: ChangesOf,
): KeptTurn[] {
  return callsIn(segments).flatMap(([call, own]) => kept(scope, call, callValue(call, own, changesOf), {}));
}

/** Calls of earlier turns: all of the segments have a verdict. */
export function inspectedCalls(
  scope: HistoryScope,
  segments: readonly Segment[],
  changesOf: ChangesOf,
): KeptTurn[] {
  return callsIn(segments).flatMap(([call, own]) => {
    // Whoever says it in clear later does not make it known.
    const isRedacted = own.some((segment) => changesOf(segment).length > 0);
    return kept(scope, call, callValue(call, own, UNCHANGED), isRedacted ? { changes: [] } : {});
  });
}

function callsIn(segments: readonly Segment[]): [ToolCall, Segment[]][] {
  const calls = new Map<ToolCall, Segment[]>();
  for (const segment of segments) {
    const { role, call } = segment;
    if (role !== 'assistant' || !call || call.names.length === 0) continue;
    const known = calls.get(call);
    if (known) known.push(segment);
    else calls.set(call, [segment]);
  }
  return [...calls];
}

/** What a call says, in one form for all ways to write it. */
interface CallValue {
  /**
   * In a string, keys and numbers are read with the rest. In an object they are accounted for elsewhere, so whoever has judged
   * its strings has not judged the same in a string.
   */
  isText: boolean;
  json: string;
}

function callValue(
  call: ToolCall,
  segments: readonly Segment[],
  changesOf: ChangesOf,
): CallValue | undefined {
  const { inputs: [input, ...others] = [] } = call;
  if (others.length > 0) return undefined;
  const isText = isTextCall(call);
  const json = isText ? jsonOfText(segments, changesOf) : jsonOfObject(input, segments, changesOf);
  return json === undefined ? undefined : { isText, json };
}

function jsonOfText([segment, ...others]: readonly Segment[], changesOf: ChangesOf): string | undefined {
  if (!segment || others.length > 0 || !isPlain(segment)) return undefined;
  const raw = rawTextWith(segment, changesOf(segment));
  return raw === undefined ? undefined : canonicalJsonText(raw);
}

/** Every string of the object has to be one of the texts: of others it is not known what becomes of them. */
function jsonOfObject(
  input: ToolInput | undefined,
  segments: readonly Segment[],
  changesOf: ChangesOf,
): string | undefined {
  if (!input) return undefined;
  const { path: root } = input;
  const texts = new PathMap<string>();
  for (const segment of segments) {
    const changes = changesOf(segment);
    if (!isPlain(segment)) continue;
    const [piece, ...others] = segment.pieces;
    if (changes.length > 0 && others.length > 0) return undefined;
    const isBelow = segment.pieces.every(({ path }) => isAtOrBelow(path, root));
    if (!isBelow) return undefined;
    for (const { path, text } of segment.pieces) texts.at(path.slice(root.length)).value = text;
    if (changes.length === 0 || !piece) continue;
    const raw = rawTextWith(segment, changes);
    if (raw === undefined) return undefined;
    texts.at(piece.path.slice(root.length)).value = raw;
  }
  return canonicalJsonWith(input.value, (_, path) => texts.at(path).value);
}

/** All of what was read stands in the JSON as it is: nothing was decoded, and nothing stands beside it. */
function isPlain({ pieces, immutableBecause }: Segment): boolean {
  const isString = ({ inner, base64After, isNumber }: Piece) =>
    !inner && base64After === undefined && !isNumber;
  return immutableBecause === undefined && pieces.every(isString);
}

function kept(
  scope: HistoryScope,
  call: ToolCall,
  value: CallValue | undefined,
  turn: KeptTurn['turn'],
): KeptTurn[] {
  if (!value) return [];
  const asObject = { key: callKey(scope, call, { ...value, isText: false }), turn };
  return value.isText ? [{ key: callKey(scope, call, value), turn }, asObject] : [asObject];
}

function callKey(scope: HistoryScope, { names }: ToolCall, { isText, json }: CallValue): TurnKey {
  return keyOf(scope, isText ? 'call-text' : 'call-object', `${JSON.stringify(names)} ${json}`);
}
