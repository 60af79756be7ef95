/**
 * Every body format on mutated bodies: what is not declared to be no text is inspected, what is hidden leaves no trace
 * where it was inspected, and every other byte stays.
 */
import { constantFrom, record } from 'fast-check';
import { type JsonDocument, parseJson } from '../../src/body/json/document.ts';
import type { Path } from '../../src/body/json/edit.ts';
import type { Direction } from '../../src/config/schema.ts';
import { type Reading, readRequest, readResponse } from '../../src/formats/read.ts';
import { type RouteFormats, routeFormats } from '../../src/formats/registry.ts';
import { type Extraction, isObject } from '../../src/formats/segment.ts';
import { type BodySample, bodies } from '../../testkit/samples/index.ts';
import { coverage } from '../covered.ts';
import { isInspectable, missedLeaves, withHiddenMarkers } from '../inspected.ts';
import { anySpelling, type Spelling, spell } from '../json-spellings.ts';
import { holdsMarker, MARKER } from '../marker.ts';
import { anyMutations, type Mutation, mutate } from '../mutations.ts';
import { differenceOutside } from '../same-text.ts';
import { leavesOf } from '../string-leaves.ts';
import type { Growth, Target } from '../target.ts';

interface Input {
  sample: BodySample;
  mutations: Mutation[];
  spelling: Spelling;
}

/** How a body is read; a test plants a bug here. */
export type Read = (
  formats: RouteFormats,
  direction: Direction,
  value: unknown,
  path: string,
) => Reading | undefined;

export const wire = wireTarget(readBody);

export function wireTarget(read: Read): Target<Input> {
  return {
    name: 'wire',
    inputs: record({ sample: constantFrom(...bodies), mutations: anyMutations, spelling: anySpelling }),
    show: ({ sample: { body, ...sample }, mutations, spelling }) =>
      JSON.stringify({ ...sample, body: spell(mutate(body, mutations), spelling) }),
    start: async () => ({ check: (input) => checkBody(input, read), growth }),
  };
}

export function readBody(
  formats: RouteFormats,
  direction: Direction,
  value: unknown,
  path: string,
): Reading | undefined {
  if (direction === 'response') return readResponse(formats, value, path);
  return isObject(value) ? readRequest(formats, value, path) : undefined;
}

function checkBody({ sample, mutations, spelling }: Input, read: Read): void {
  const text = spell(mutate(sample.body, mutations), spelling);
  const parsed = parseJson(Buffer.from(text, 'utf8'));
  if (!parsed.ok) throw new Error(`JSON is refused: ${parsed.problem}`);
  const { document } = parsed;
  const formats = routeFormats(...sample.route);
  const reading = formats && read(formats, sample.direction, document.value, sample.path);
  if (!isInspectable(reading)) return;
  const isCovered = coverage(reading.extraction);
  const [missed] = missedLeaves(document.value, sample.direction, sample, isCovered);
  if (missed)
    throw new Error(`not inspected: ${missed.path.join('/')} of ${sample.name}, ${sample.direction}`);
  checkHiding(sample, text, document, reading.extraction, isCovered);
}

function checkHiding(
  { name, direction }: BodySample,
  text: string,
  document: JsonDocument,
  found: Extraction,
  isCovered: (path: Path) => boolean,
): void {
  const hidden = withHiddenMarkers(direction, document, found);
  if (!hidden) return;
  const changed = Buffer.from(hidden).toString('utf8');
  const left = leavesOf(JSON.parse(changed)).find(
    (leaf) => leaf.text.includes(MARKER) && isCovered(leaf.path),
  );
  if (left) throw new Error(`not hidden: ${left.path.join('/')} of ${name}, ${direction}`);
  const difference = differenceOutside(text, changed, isChangeable(found, document.value));
  if (difference !== undefined)
    throw new Error(`changed for no reason: ${difference}, in ${name}, ${direction}`);
}

/** What held a marker, and what repeats a text that did. */
function isChangeable({ segments }: Extraction, value: unknown): (path: Path) => boolean {
  const touched = segments.filter(({ text }) => text.includes(MARKER));
  const derived = touched.flatMap((segment) => segment.derived.flat().map(({ path }) => path));
  const marked = leavesOf(value).filter(({ text }) => holdsMarker(text));
  const changeable = new Set(
    [...derived, ...marked.map(({ path }) => path)].map((path) => JSON.stringify(path)),
  );
  return (path) => changeable.has(JSON.stringify(path));
}

/** Conversations of many messages, and long texts with much to hide in them. */
const growth: Growth = {
  pieces: [
    '"},{"role":"user","content":"',
    '"},{"role":"assistant","content":"',
    '"},{"role":"tool","content":"{\\"a\\":\\"b\\"}","tool_calls":[],"x":"',
    `${MARKER}. `,
    MARKER,
    'Some other words. ',
    '\\u00e9',
    '\\n',
    'data:text/plain;base64,QQ==',
    'a',
    ' ',
  ],
  read(body) {
    const text = `{"messages":[{"role":"user","content":"${Buffer.from(body).toString('utf8')}"}]}`;
    const parsed = parseJson(Buffer.from(text, 'utf8'));
    const formats = routeFormats('openai', '/v1/chat/completions');
    if (!parsed.ok || !formats) throw new Error('no body');
    const reading = readBody(formats, 'request', parsed.document.value, '/v1/chat/completions');
    if (isInspectable(reading)) withHiddenMarkers('request', parsed.document, reading.extraction);
  },
};
