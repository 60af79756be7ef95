/**
 * Streamed answers in live mode, read while they are written: whatever chunks and windows they come in, what leaves holds no
 * marker, in no text and not cut over two deltas.
 */
import { constantFrom, integer, nat, record } from 'fast-check';
import { parseFrames } from '../../src/body/stream/framing.ts';
import { framingOfType } from '../../src/body/stream/index.ts';
import { readStream } from '../../src/formats/read.ts';
import { routeFormats } from '../../src/formats/registry.ts';
import { WindowedStream } from '../../src/live/windows.ts';
import { STREAMS, type StreamSample } from '../../testkit/samples/index.ts';
import { throughWindows } from '../../testkit/streams/through-windows.ts';
import { anyCuts, chunksOf } from '../bytes.ts';
import { HIDDEN, MARKER } from '../marker.ts';
import { anyMutations, type Mutation, mutate } from '../mutations.ts';
import { splitMarkerIn } from '../split-marker.ts';
import { anyStyle, CONTENT_TYPES, encodeStream, type Style } from '../stream-bytes.ts';
import type { Target } from '../target.ts';

interface Input {
  sample: StreamSample;
  /** Which text the marker is cut in. */
  turn: number;
  mutations: Mutation[];
  style: Style;
  cuts: number[];
  windowChars: number;
  /** Chunks that arrive while AIDR thinks. */
  latency: number;
}

/** Longer than the marker, as an operator has to choose it. */
const OVERLAP = 40;

export const windows: Target<Input> = {
  name: 'windows',
  inputs: record({
    // A list is one JSON value to the relay.
    sample: constantFrom(...STREAMS.filter(({ framing }) => framing !== 'list')),
    turn: nat(9),
    mutations: anyMutations,
    style: anyStyle,
    cuts: anyCuts,
    windowChars: integer({ min: 1, max: 300 }),
    latency: integer({ min: 1, max: 6 }),
  }),
  show: (input) => {
    const { sample, cuts, windowChars, latency } = input;
    const { name, route, path, framing } = sample;
    const base64 = bytesOf(input).toString('base64');
    return JSON.stringify({ name, route, path, framing, cuts, windowChars, latency, base64 });
  },
  start: async () => ({ check: checkWindows }),
};

function bytesOf({ sample, turn, mutations, style }: Input): Buffer {
  const events = splitMarkerIn(
    sample.events.map(({ value }) => value),
    turn,
  );
  const values = mutate(events, mutations);
  return encodeStream(sample, Array.isArray(values) ? values : [values], style);
}

function checkWindows(input: Input): void {
  const { sample, cuts, windowChars, latency } = input;
  const [framing, formats] = [framingOfType(CONTENT_TYPES[sample.framing]), routeFormats(...sample.route)];
  if (!framing || !formats) throw new Error('no framing, or no format');
  const read = (events: Parameters<typeof readStream>[1]) => readStream(formats, events, sample.path);
  const stream = new WindowedStream({ framing, windowChars, overlapChars: OVERLAP, read });
  const hide = (text: string) => text.replaceAll(MARKER, HIDDEN);
  let isLate = false;
  const onLate = () => {
    isLate = true;
  };
  const sent = throughWindows(stream, [...chunksOf(bytesOf(input), cuts)], latency, hide, onLate);
  if (!sent) return;
  const parsed = parseFrames(sent, framing);
  if (!parsed.ok) throw new Error('what leaves cannot be read');
  const left = read(parsed.document.events).extraction.segments.find(({ text }) => text.includes(MARKER));
  if (left) throw new Error(`the marker leaves ${isLate ? 'late ' : ''}in ${left.kind} of ${sample.name}`);
}
