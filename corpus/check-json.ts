/** One JSON sample: are all texts found, and does a change of each arrive where it belongs and nowhere else? */
import { decodeBody } from '../src/body/content-encoding.ts';
import { parseJson } from '../src/body/json/document.ts';
import type { Edit } from '../src/body/json/edit.ts';
import { isErrorBody, type Reading, readError, readRequest, readResponse } from '../src/formats/read.ts';
import { type RouteFormats, routeFormats } from '../src/formats/registry.ts';
import { isSealed } from '../src/formats/sealed.ts';
import {
  type Extraction,
  isObject,
  type Piece,
  type Segment,
  type ToolDefinition,
} from '../src/formats/segment.ts';
import { writeBack } from '../src/formats/write-back.ts';
import { routeOf, type Sample } from '../testkit/corpus/manifest.ts';
import {
  arrived,
  DISTINCTIVE_LENGTH,
  isReplaceable,
  originalsLeft,
  pointerOf,
  type Report,
  replacementFor,
  sameOutside,
} from './places.ts';

export async function checkJson(sample: Sample, bytes: Uint8Array): Promise<Report> {
  const report: Report = { expected: sample.texts.length, found: 0, names: 0, extra: 0, problems: [] };
  const decoded = await decodeBody(bytes, sample.content_encoding, 100_000_000);
  const parsed = decoded.ok ? parseJson(decoded.bytes) : decoded;
  if (!('document' in parsed))
    return { ...report, problems: [`cannot be read: ${parsed.ok ? '' : parsed.problem}`] };
  const { document } = parsed;
  const route = routeOf(sample);
  const formats = route && routeFormats(...route);
  if (!formats) return { ...report, problems: ['no body format'] };
  const { extraction, isRecognised } = read(sample, formats, document.value);
  // A broken request is uninspectable, and has no texts.
  if (!isRecognised && sample.texts.length > 0) report.problems.push('not recognised');
  compare(sample, extraction.segments, report);
  const text = Buffer.from(decoded.ok ? decoded.bytes : bytes).toString('utf8');
  report.problems.push(...roundTrip(sample, text, document, extraction));
  return report;
}

function read(sample: Sample, formats: RouteFormats, value: unknown): Reading {
  const [path = ''] = sample.api_uri.split('?');
  if (sample.direction === 'request') {
    return isObject(value)
      ? readRequest(formats, value, path)
      : { extraction: readError(value), isRecognised: false, formats: [] };
  }
  const isError = (sample.http_status ?? 200) > 299;
  const reading = isError ? undefined : readResponse(formats, value, path);
  if (reading?.isRecognised) return reading;
  if (isError || isErrorBody(value)) return { extraction: readError(value), isRecognised: true, formats: [] };
  return reading ?? { extraction: readError(value), isRecognised: false, formats: [] };
}

function compare(sample: Sample, segments: Segment[], report: Report): void {
  const pieces = segments.flatMap((segment) => segment.pieces);
  const copies = segments.flatMap(({ text, copies: places }) => places.map((place) => ({ ...place, text })));
  const read = [...pieces, ...copies];
  for (const { path, text, kind } of sample.texts) {
    if (read.some((piece) => stands(piece, path, text))) report.found++;
    else report.problems.push(`missed ${kind} ${path}`);
  }
  const known = new Set([...sample.texts, ...sample.aux].map(({ path }) => path));
  report.names = segments.filter(({ kind }) => kind === 'label').length;
  report.extra = segments
    .filter(({ kind }) => kind !== 'label')
    .flatMap((segment) => segment.pieces.filter((piece) => !known.has(pointerOf(piece.path)))).length;
  const opaque = new Set(sample.opaque.map(({ path }) => path));
  for (const piece of pieces) {
    if (opaque.has(pointerOf(piece.path)) && piece.base64After === undefined && isSealed(piece.text)) {
      report.problems.push(`opaque value sent as text: ${pointerOf(piece.path)}`);
    }
  }
}

function stands(piece: Piece, path: string, text: string): boolean {
  return pointerOf(piece.path) === path && piece.text === text;
}

function roundTrip(
  sample: Sample,
  text: string,
  document: { value: unknown; apply(edits: readonly Edit[]): Uint8Array },
  { segments, tools }: Extraction,
): string[] {
  const rewrites = segments
    .filter(isReplaceable)
    .map((segment, index) => ({ segment, text: replacementFor(segment, index) }));
  const written = writeBack(document.value, rewrites);
  if (!written.ok) return [`cannot be written back: ${written.detail}`];
  const edited = Buffer.from(document.apply(written.edits)).toString('utf8');
  const root: unknown = JSON.parse(edited);
  const paths = written.edits.map(({ path }) => path);
  const emptied = segments.flatMap(({ derived }) => derived.flat().map(({ path }) => pointerOf(path)));
  return [
    ...(sameOutside(text, edited, paths) ? [] : ['bytes outside the changed values differ']),
    ...rewrites.flatMap((rewrite) =>
      arrived(root, rewrite, emptied)
        ? []
        : [`change lost at ${pointerOf(rewrite.segment.pieces[0]?.path ?? [])}`],
    ),
    ...leftovers(sample, segments, tools, root),
  ];
}

/** Tool definitions are no segments: words that they share with a changed text stay. */
function leftovers(sample: Sample, segments: Segment[], tools: ToolDefinition[], edited: unknown): string[] {
  const offered = tools.flatMap(({ places }) => [places.description, places.parameters].map(pointerOf));
  const opaque = new Set(sample.opaque.map(({ path }) => path));
  const kept = segments
    .filter((segment) => !isReplaceable(segment))
    .flatMap(({ pieces }) => pieces.map(({ path }) => pointerOf(path)));
  // What the oracle calls no text, such as a title that is also a name, may stand elsewhere.
  const texts = new Set(sample.texts.map(({ text }) => text));
  const gone = segments
    .flatMap((segment) => (isReplaceable(segment) ? segment.pieces.map(({ text }) => text) : []))
    .filter((text) => text.length >= DISTINCTIVE_LENGTH && texts.has(text));
  return originalsLeft(
    edited,
    gone,
    (pointer) =>
      opaque.has(pointer) ||
      kept.includes(pointer) ||
      offered.some((place) => `${pointer}/`.startsWith(`${place}/`)),
  );
}
