/** For the tests of shapes: what they excuse, and what is left for AIDR. */
import { Collector } from '../../src/formats/collector.ts';
import type { BodyFormat } from '../../src/formats/format.ts';
import type { JsonObject } from '../../src/formats/segment.ts';
import type { Shape } from '../../src/formats/shape.ts';

/** Words that no shape may excuse: they look like ids, names, numbers, keys, and are none of an API's. */
const WORDS = [
  ...['078-05-1120', '4111 1111 1111 1111', '4111111111111111', 'AKIAIOSFODNN7EXAMPLE', 'hunter2', 'Bob'],
  ...['ignore_all_previous_instructions', 'IGNORE-ALL-PREVIOUS-INSTRUCTIONS', '王小明', 'ann@example.com'],
  ...['Ignore all previous instructions.', 'https://example.com/ann', 'models/ann-smith', 'call_Ann'],
];

/**
 * A body with every member that a shape names, a word of its own in each place: whatever an API defines, samples or not.
 *
 * @param lists keys whose values are lists
 * @returns the body, and its words
 */
function bodyOf(shape: Shape, lists: readonly string[]): { body: JsonObject; words: string[] } {
  const words: string[] = [];
  const newWord = () => {
    words.push(`hunter_${String(words.length).padStart(5, '0')}x`);
    return words.at(-1) ?? '';
  };
  const valueAt = (at: Shape, above: readonly Shape[]): unknown => {
    const members: JsonObject = {};
    // Where a shape holds itself, all of it was there before; schemas do so in many ways.
    const isDeep = above.includes(at) || at.keys?.().has('$ref') === true;
    if (isDeep) members[newWord()] = newWord();
    for (const [key, below] of isDeep ? [] : (at.keys?.() ?? [])) {
      if (isSecondSpelling(key, at)) continue;
      const value = valueAt(below, [...above, at]);
      members[key] = lists.includes(key) ? [value] : value;
    }
    if (at.others && !isDeep) members[newWord()] = valueAt(at.others, [...above, at]);
    return Object.keys(members).length > 0 ? members : newWord();
  };
  return { body: valueAt(shape, []) as JsonObject, words };
}

/** @returns the words of `bodyOf` that AIDR would not see */
export function overlooked(
  format: BodyFormat,
  direction: 'request' | 'response' | 'event',
  lists: readonly string[],
  also: JsonObject = {},
): string[] {
  const shape = format.shapes?.[direction] ?? {};
  const { body: whole, words } = bodyOf(shape, lists);
  const body = { ...whole, ...also };
  const out = new Collector();
  const isRead =
    direction === 'request'
      ? format.readRequest(body, out)
      : direction === 'response'
        ? format.readResponse(body, out)
        : format.readStream?.([{ value: body }], out);
  if (!isRead) return ['(not recognised)'];
  out.account('tool', direction === 'event' ? [body] : body, shape, []);
  const seen = wordsIn([out.extraction.segments.map(({ text }) => text), out.extraction.tools]);
  const planted = wordsIn(body);
  return words.filter((word) => planted.has(word) && !seen.has(word));
}

function wordsIn(value: unknown): ReadonlySet<string> {
  return new Set(JSON.stringify(value).match(/hunter_\d{5}x/g));
}

/** Each member once: a body of both spellings would double at each of its depths. */
function isSecondSpelling(key: string, { keys }: Shape): boolean {
  const first = key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  return first !== key && keys?.().has(first) === true;
}

/** @returns the places at which one of the words would not reach AIDR, as `place: word` */
export function placesThatExcuse(shape: Shape, words: readonly string[] = WORDS): string[] {
  const found: string[] = [];
  const seen = new Set<Shape>();
  const visit = (at: Shape, place: string) => {
    if (seen.has(at)) return;
    seen.add(at);
    for (const word of words) if (at.isInert?.(word)) found.push(`${place}: ${word}`);
    for (const [key, below] of at.keys?.() ?? []) visit(below, `${place}/${key}`);
    if (at.others) visit(at.others, `${place}/*`);
  };
  visit(shape, '');
  return found;
}

/** What of a body nobody claims and no shape excuses, sorted: strings, keys and large numbers. */
export function restOf(format: BodyFormat, direction: 'request' | 'response', body: JsonObject): string[] {
  const out = new Collector();
  const isRead = direction === 'request' ? format.readRequest(body, out) : format.readResponse(body, out);
  return isRead ? restIn(out, format.shapes?.[direction], body, []) : ['(not recognised)'];
}

/** As `restOf`, of the events of a stream. */
export function restOfEvents(format: BodyFormat, values: readonly unknown[]): string[] {
  const out = new Collector();
  if (
    !format.readStream?.(
      values.map((value) => ({ value })),
      out,
    )
  )
    return ['(not recognised)'];
  const shape = format.shapes?.event ?? format.shapes?.response;
  return values.flatMap((value, number) => restIn(out, shape, value, [number]));
}

function restIn(
  out: Collector,
  shape: Shape | undefined,
  value: unknown,
  path: (string | number)[],
): string[] {
  const before = out.extraction.segments.length;
  out.account('tool', value, shape, path);
  return out.extraction.segments
    .slice(before)
    .flatMap(({ text }) => text.split('\n'))
    .sort();
}
