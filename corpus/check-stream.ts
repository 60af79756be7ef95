/** One streamed answer: are all texts found, and does a change of each arrive in every copy and nowhere else? */
import { decodeBody } from '../src/body/content-encoding.ts';
import type { Path } from '../src/body/json/edit.ts';
import type { StreamDocument } from '../src/body/stream/document.ts';
import { parseList, parseStream } from '../src/body/stream/index.ts';
import { readStreamOrList } from '../src/formats/read.ts';
import { routeFormats } from '../src/formats/registry.ts';
import { isSealed } from '../src/formats/sealed.ts';
import type { Segment } from '../src/formats/segment.ts';
import { type Unwritable, writeBack } from '../src/formats/write-back.ts';
import { framesOf } from '../testkit/corpus/frames.ts';
import { routeOf, type Sample } from '../testkit/corpus/manifest.ts';
import { sdkReaderOf } from '../testkit/corpus/sdk-readers.ts';
import { checkSdk, type Rewritten } from './check-sdk.ts';
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

export async function checkStream(sample: Sample, bytes: Uint8Array): Promise<Report> {
  const report: Report = { expected: sample.texts.length, found: 0, names: 0, extra: 0, problems: [] };
  const decoded = await decodeBody(bytes, sample.content_encoding, 100_000_000);
  if (!decoded.ok) return { ...report, problems: [`cannot be read: ${decoded.problem}`] };
  const document = parse(sample, decoded.bytes);
  if (typeof document === 'string') return { ...report, problems: [`cannot be read: ${document}`] };
  const route = routeOf(sample);
  const formats = route && routeFormats(...route);
  if (!formats) return { ...report, problems: ['no body format'] };
  const [path = ''] = sample.api_uri.split('?');
  const { extraction, isRecognised } = readStreamOrList(formats, document.events, path);
  if (!isRecognised && sample.texts.length > 0) report.problems.push('not recognised');
  compare(sample, extraction.segments, report);
  const { segments } = extraction;
  const rewritten = rewrite(document, segments);
  if ('detail' in rewritten) {
    report.problems.push(`cannot be written back: ${rewritten.detail}`);
    return report;
  }
  report.problems.push(...roundTrip(sample, decoded.bytes, document, segments, rewritten));
  const reader = sdkReaderOf(sample);
  if (!reader) return report;
  const sdk = await checkSdk(reader, decoded.bytes, segments, rewritten);
  report.problems.push(...sdk.problems);
  return { ...report, sdk };
}

function parse(sample: Sample, bytes: Uint8Array): StreamDocument | string {
  const stream = parseStream(bytes, sample.content_type) ?? parseList(bytes);
  if (!stream) return 'no stream';
  return stream.ok ? stream.document : stream.problem;
}

function compare(sample: Sample, segments: Segment[], report: Report): void {
  const texts = sample.texts.map((text) => ({ ...text, places: placesOf(text.pieces) }));
  for (const { kind, path, text, places } of texts) {
    if (segments.some((segment) => holds(segment, places, text))) report.found++;
    else report.problems.push(`missed ${kind} ${path}: ${JSON.stringify(text.slice(0, 60))}`);
  }
  const rewritten = new Set(segments.flatMap(placesIn));
  const emptied = segments.flatMap(({ derived }) => derived.flat().map(({ path }) => pointerOf(path)));
  const echoes = sample.texts.flatMap((text) => text.echoes.map(spotPointer));
  for (const echo of echoes) {
    if (!rewritten.has(echo) && !emptied.some((pointer) => `${echo}/`.startsWith(`${pointer}/`)))
      report.problems.push(`echo not rewritten: ${echo}`);
  }
  const known = new Set([
    ...texts.flatMap(({ places }) => places),
    ...echoes,
    ...sample.aux.map(spotPointer),
  ]);
  const unknown = segments.filter((segment) => !placesIn(segment).some((place) => known.has(place)));
  report.names = unknown.filter(({ kind }) => kind === 'label').length;
  report.extra = unknown.length - report.names;
  const opaque = new Set(sample.opaque.map(spotPointer));
  // What a recording has cut short, or made up, is text.
  const sealedPlaces = new Set(segments.filter(({ text }) => isSealed(text)).flatMap(placesIn));
  for (const place of sealedPlaces) {
    if (opaque.has(place)) report.problems.push(`opaque value sent as text: ${place}`);
  }
}

/** A segment may be longer: blocks that the reader sees as one are joined. */
function holds(segment: Segment, places: string[], text: string): boolean {
  const wanted = new Set(places);
  const pieces = segment.pieces.filter(({ path }) => wanted.has(pointerOf(path)));
  if (pieces.length > 0 && pieces.map((piece) => piece.text).join('') === text) return true;
  if (segment.text === text) return placesIn(segment).some((place) => isAt(place, wanted));
  if (places.every((place) => WHOLE_MESSAGE.test(place)))
    return wanted.has(pointerOf(segment.pieces[0]?.path ?? []));
  // What is read string by string inside a JSON string was found too.
  return pieces.some(({ inner }) => inner !== undefined);
}

/** Anthropic's message_start can carry a whole message; the corpus joins those of several messages to one text. */
const WHOLE_MESSAGE = /^\/\d+\/message\/content\//;

/** The same event is near enough where the text is equal. */
function isAt(place: string, wanted: ReadonlySet<string>): boolean {
  const [, event] = place.split('/');
  return [...wanted].some((pointer) => pointer.startsWith(`/${event}/`));
}

function placesIn({ pieces, copies }: Segment): string[] {
  return [...pieces, ...copies].map(({ path }) => pointerOf(path));
}

/** Of `3-5,8` and `/delta`: `/3/delta`, `/4/delta`, `/5/delta`, `/8/delta`. */
function placesOf(pieces: Sample['texts'][number]['pieces']): string[] {
  return pieces.flatMap(({ path, events }) =>
    events.split(',').flatMap((range) => {
      const [first = 0, last = first] = range.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) =>
        spotPointer({ event: first + index, path }),
      );
    }),
  );
}

function spotPointer({ event, path }: { event?: number | undefined; path: string }): string {
  return `/${event}${path.replace('/bytes#b64json', '')}`;
}

/** Every text that can be changed is. */
function rewrite(document: StreamDocument, segments: Segment[]): Rewritten | Unwritable {
  const rewrites = segments
    .filter(isReplaceable)
    .map((segment, index) => ({ segment, text: replacementFor(segment, index) }));
  const written = writeBack(document.value, rewrites);
  if (!written.ok) return written;
  return {
    rewrites,
    paths: written.edits.map(({ path }) => path),
    bytes: document.apply(written.edits),
  };
}

function roundTrip(
  sample: Sample,
  bytes: Uint8Array,
  document: StreamDocument,
  segments: Segment[],
  { rewrites, paths, bytes: edited }: Rewritten,
): string[] {
  const again = parse(sample, edited);
  if (typeof again === 'string') return [`cannot be read again: ${again}`];
  const emptied = segments.flatMap(({ derived }) => derived.flat().map(({ path }) => pointerOf(path)));
  return [
    ...(again.events.length === document.events.length ? [] : ['there are more or fewer events']),
    ...changesOutside(sample, bytes, edited, paths),
    ...rewrites
      .filter((rewrite) => !arrived(again.value, rewrite, emptied))
      .map(({ segment }) => `change lost at ${pointerOf(segment.pieces[0]?.path ?? [])}`),
    ...leftovers(sample, segments, again.value),
  ];
}

function changesOutside(sample: Sample, before: Uint8Array, after: Uint8Array, paths: Path[]): string[] {
  const [old, changed] = [framesOf(before, sample.file), framesOf(after, sample.file)];
  if (!old || !changed) {
    const isSame = sameOutside(Buffer.from(before).toString(), Buffer.from(after).toString(), paths);
    return isSame ? [] : ['bytes outside the changed values differ'];
  }
  if (old.length !== changed.length) return ['there are more or fewer frames'];
  const problems: string[] = [];
  let event = 0;
  old.forEach((frame, index) => {
    const inside = paths.filter(([number]) => number === event).map(([, ...path]) => path);
    const next = changed[index];
    const isSame =
      inside.length === 0 ? frame.json === next?.json : sameOutside(frame.json, next?.json ?? '', inside);
    if (!isSame || frame.shell !== next?.shell) problems.push(`frame ${index} differs outside its texts`);
    if (frame.json !== '' || sample.file.endsWith('.bin')) event++;
  });
  return problems;
}

function leftovers(sample: Sample, segments: Segment[], edited: unknown): string[] {
  const opaque = new Set(sample.opaque.map(spotPointer));
  const kept = segments.filter((segment) => !isReplaceable(segment));
  const keptPlaces = new Set(kept.flatMap(placesIn));
  const keptTexts = new Set(kept.map(({ text, raw }) => raw ?? text));
  const gone = sample.texts
    .map(({ text }) => text)
    .filter((text) => text.length >= DISTINCTIVE_LENGTH && !keptTexts.has(text));
  return originalsLeft(edited, gone, (pointer) => opaque.has(pointer) || keptPlaces.has(pointer));
}
