/**
 * Streamed answers in each framing: chunks and their sizes mean nothing, damage is noticed or harmless, whatever an event
 * says is inspected, and what is hidden is hidden in that event alone.
 */
import { isDeepStrictEqual } from 'node:util';
import { constant, constantFrom, nat, oneof, option, record } from 'fast-check';
import { AWS } from '../../src/body/stream/aws-event-stream.ts';
import type { ParsedStream, StreamDocument } from '../../src/body/stream/document.ts';
import { FrameSplitter } from '../../src/body/stream/frame-splitter.ts';
import type { Framing } from '../../src/body/stream/framing.ts';
import { parseList, parseStream } from '../../src/body/stream/index.ts';
import { NDJSON } from '../../src/body/stream/ndjson.ts';
import { SSE } from '../../src/body/stream/sse.ts';
import { type Reading, readResponse, readStream } from '../../src/formats/read.ts';
import { routeFormats } from '../../src/formats/registry.ts';
import { STREAMS, type StreamSample } from '../../testkit/samples/index.ts';
import { anyCuts, anyFlips, chunksOf, type Flip, flipped } from '../bytes.ts';
import { coverage } from '../covered.ts';
import { isInspectable, missedLeaves, withHiddenMarkers } from '../inspected.ts';
import { holdsMarker, MARKER } from '../marker.ts';
import { anyMutations, type Mutation, mutate } from '../mutations.ts';
import { holdsHalf, splitMarkerIn } from '../split-marker.ts';
import { anyStyle, CONTENT_TYPES, encodeStream, type Style } from '../stream-bytes.ts';
import { leavesOf } from '../string-leaves.ts';
import type { Growth, Target } from '../target.ts';

interface Input {
  sample: StreamSample;
  mutations: Mutation[];
  style: Style;
  /** Which text the marker is cut in; undefined: none. */
  split: number | undefined;
  cuts: number[];
  flips: Flip[];
}

export const streams: Target<Input> = {
  name: 'streams',
  inputs: record({
    sample: constantFrom(...STREAMS),
    mutations: anyMutations,
    style: anyStyle,
    split: option(nat(9), { nil: undefined }),
    cuts: anyCuts,
    flips: oneof(constant<Flip[]>([]), anyFlips),
  }),
  show: (input) => {
    const { sample, cuts } = input;
    const { name, route, path, framing } = sample;
    const base64 = bytesOf(input).toString('base64');
    return JSON.stringify({ name, route, path, framing, cuts, base64 });
  },
  start: async () => ({ check: checkStream, growth }),
};

/** A list is one JSON value. */
const FRAMINGS: Record<StreamSample['framing'], Framing | undefined> = {
  sse: SSE,
  ndjson: NDJSON,
  list: undefined,
  aws: AWS,
};

function bytesOf({ sample, split, mutations, style, flips }: Input): Buffer {
  const events = sample.events.map(({ value }) => value);
  const values = mutate(split === undefined ? events : splitMarkerIn(events, split), mutations);
  return flipped(encodeStream(sample, Array.isArray(values) ? values : [values], style), flips);
}

function checkStream(input: Input): void {
  const { sample, flips, cuts } = input;
  const bytes = bytesOf(input);
  const framing = FRAMINGS[sample.framing];
  if (framing) checkCuts(bytes, framing, cuts);
  const parsed = parse(bytes, sample);
  if (!parsed?.ok) return;
  const { document } = parsed;
  if (!bytes.equals(document.apply([]))) throw new Error('without an edit the bytes are not what they were');
  const reading = read(sample, document);
  if (!isInspectable(reading)) return;
  if (flips.length === 0) checkReading(sample, document, reading);
  checkHiding(sample, document, reading);
}

function parse(bytes: Uint8Array, { framing }: StreamSample): ParsedStream | undefined {
  return parseStream(bytes, CONTENT_TYPES[framing]) ?? parseList(bytes);
}

function read({ route, path }: StreamSample, document: StreamDocument): Reading | undefined {
  const formats = routeFormats(...route);
  if (!formats) return undefined;
  const asStream = readStream(formats, document.events, path);
  return asStream.isRecognised ? asStream : readResponse(formats, document.value, path);
}

/** A framing's frames are the same however they arrive, and together with the rest they are the stream. */
function checkCuts(bytes: Uint8Array, framing: Framing, cuts: readonly number[]): void {
  const whole = framesOf([bytes], framing);
  const inPieces = framesOf(chunksOf(bytes, cuts), framing);
  if (!isDeepStrictEqual(whole, inPieces)) throw new Error('cut into chunks, the frames are others');
  if (
    whole.problem === undefined &&
    whole.frames.join('') + whole.rest !== Buffer.from(bytes).toString('latin1')
  )
    throw new Error('the frames are not the stream');
}

function framesOf(chunks: Iterable<Uint8Array>, framing: Framing) {
  const splitter = new FrameSplitter(framing.frameEnds());
  const frames: string[] = [];
  for (const chunk of chunks)
    for (const frame of splitter.split(chunk)) frames.push(Buffer.from(frame).toString('latin1'));
  const { bytes, isWhole } = splitter.end();
  return { frames, rest: Buffer.from(bytes).toString('latin1'), isWhole, problem: splitter.problem };
}

function checkReading(sample: StreamSample, document: StreamDocument, { extraction }: Reading): void {
  const [missed] = missedLeaves(document.value, 'response', sample, coverage(extraction), true);
  if (missed) throw new Error(`not inspected: ${missed.path.join('/')} of ${sample.name}`);
  const isNoted = extraction.segments.some(
    ({ immutableBecause, text }) => immutableBecause === 'frame' && text.includes(MARKER),
  );
  if (!isNoted && document.events.some(({ beside }) => beside?.includes(MARKER)))
    throw new Error(`not inspected: beside the JSON of ${sample.name}`);
}

function checkHiding(sample: StreamSample, document: StreamDocument, { extraction }: Reading): void {
  const hidden = withHiddenMarkers('response', document, extraction);
  if (!hidden) return;
  const again = parse(hidden, sample);
  if (!again?.ok) throw new Error(`what was hidden broke the stream: ${again?.problem}`);
  if (again.document.events.length !== document.events.length)
    throw new Error('there are other events than before');
  const isCovered = coverage(extraction);
  for (const [number, { value }] of again.document.events.entries()) {
    const left = leavesOf(value, [number]).find(({ path, text }) => text.includes(MARKER) && isCovered(path));
    if (left) throw new Error(`not hidden: ${left.path.join('/')} of ${sample.name}`);
  }
  const joined = read(sample, again.document)?.extraction.segments.find(({ text }) => text.includes(MARKER));
  if (joined) throw new Error(`not hidden: ${joined.kind} in pieces, of ${sample.name}`);
  checkOtherEvents(
    document,
    again.document,
    extraction.segments.flatMap(({ derived }) => derived.flat().map(({ path }) => path[0])),
  );
}

/** @param derived numbers of the events that repeat something: they may lose it */
function checkOtherEvents(before: StreamDocument, after: StreamDocument, derived: readonly unknown[]): void {
  for (const [number, { value }] of before.events.entries()) {
    const isTouched =
      derived.includes(number) || leavesOf(value).some(({ text }) => holdsMarker(text) || holdsHalf(text));
    if (!isTouched && !isDeepStrictEqual(value, after.events[number]?.value))
      throw new Error(`event ${number} changed for no reason`);
  }
}

const growth: Growth = {
  pieces: [
    ...[
      'data: ',
      'data:{"choices":[{"delta":{"content":"a"}}]}',
      'data',
      '{"a":1}',
      '[',
      ']',
      '{',
      '}',
      '"',
      '\\',
    ],
    ...[
      '\n',
      '\r',
      '\r\n',
      '\n\n',
      ': note',
      'event: x',
      'id: 1',
      ',',
      'x',
      ' ',
      'data: [DONE]',
      '\u00e9',
      '1',
    ],
  ],
  read(body) {
    for (const type of ['text/event-stream', 'application/x-ndjson', undefined]) {
      const parsed = parseStream(body, type) ?? parseList(body);
      const formats = routeFormats('kong', 'auto');
      if (parsed?.ok && formats) readStream(formats, parsed.document.events, '');
    }
  },
};
