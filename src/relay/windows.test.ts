import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseStream } from '../body/stream/index.ts';
import { type Change, changesBetween } from '../body/text-changes.ts';
import { readStream } from '../wire/read.ts';
import { routeFormats } from '../wire/registry.ts';
import { writeBack } from '../wire/write-back.ts';
import { STREAM_SAMPLES, type StreamSample } from './testing.ts';
import { type Round, WindowedStream } from './windows.ts';

/** What AIDR hides, wherever it stands whole, and what it puts there. */
const SECRETS: Record<string, string> = {
  '234-56-7890': '*******7890',
  aaaa: '<A>',
  'jörg@example.org': '****@example.org',
  '🔑🔑': '',
  abab: 'a***',
};
const LONGEST = Math.max(...Object.keys(SECRETS).map((secret) => secret.length));

function redacted(text: string): string {
  return text.replaceAll(/234-56-7890|aaaa|jörg@example\.org|🔑🔑|abab/g, (secret) => SECRETS[secret] ?? '');
}

function verdictOf({ windows }: Round) {
  return new Map(
    [...windows].map(([segment, { start, end }]) => [
      segment,
      changesIn(segment.text.slice(start, end)).map((change) => ({
        ...change,
        start: change.start + start,
        end: change.end + start,
      })),
    ]),
  );
}

/** As they are found in AIDR's answer, which is a text. */
function changesIn(text: string): Change[] {
  return changesBetween(text, redacted(text));
}

function readerOf({ route }: StreamSample) {
  const formats = routeFormats(...route);
  if (!formats) throw new Error('no such route');
  return (events: Parameters<typeof readStream>[1]) => readStream(formats, events, '/');
}

function streamOf(sample: StreamSample, windowChars: number, overlapChars: number): WindowedStream {
  return new WindowedStream({ framing: sample.framing, windowChars, overlapChars, read: readerOf(sample) });
}

function settled(stream: WindowedStream, round: Round | undefined): Uint8Array {
  if (!round) return new Uint8Array();
  const released = stream.settle(round, verdictOf(round));
  if (!released.ok) throw new Error(released.detail);
  return Buffer.concat(released.bytes);
}

/** @param latency chunks that arrive while AIDR thinks */
function runThrough(stream: WindowedStream, chunks: readonly Uint8Array[], latency: number): Uint8Array[] {
  const sent: Uint8Array[] = [];
  let round: Round | undefined;
  let left = 0;
  for (const chunk of chunks) {
    stream.push(chunk);
    if (round && --left <= 0) {
      sent.push(settled(stream, round));
      round = undefined;
    }
    if (!round && stream.isDue) {
      round = stream.begin(false);
      left = latency;
    }
  }
  sent.push(settled(stream, round));
  stream.end();
  const last = stream.begin(true);
  expect(last).toBeDefined();
  sent.push(settled(stream, last));
  return sent;
}

/** What buffered mode makes of it. */
function buffered(sample: StreamSample, bytes: Uint8Array): Uint8Array {
  const parsed = parseStream(bytes, sample.contentType);
  if (!parsed?.ok) throw new Error('not a stream');
  const { found } = readerOf(sample)(parsed.document.events);
  const rewrites = found.segments
    .map((segment) => ({ segment, text: redacted(segment.text) }))
    .filter(({ segment, text }) => text !== segment.text);
  const written = writeBack(parsed.document.value, rewrites);
  if (!written.ok) throw new Error(written.detail);
  return parsed.document.apply(written.edits);
}

function textsIn(sample: StreamSample, bytes: Uint8Array): string[] {
  const parsed = parseStream(bytes, sample.contentType);
  if (!parsed?.ok) throw new Error('not a stream');
  return readerOf(sample)(parsed.document.events).found.segments.map(
    ({ role, kind, text }) => `${role} ${kind} ${text}`,
  );
}

function bytesOf(frames: readonly (string | Uint8Array)[]): Uint8Array {
  return Buffer.concat(frames.map((frame) => Buffer.from(frame)));
}

function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const size = sizes[index % sizes.length] ?? 1;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

/** Deltas between which secrets are cut anywhere, but for halves of a character. */
const pieces = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom('the ', 'a', 'ab', '. ', '7') },
      fc.constantFrom(...Object.keys(SECRETS)),
    ),
    {
      minLength: 1,
      maxLength: 40,
    },
  )
  .chain((words) =>
    fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }).map((sizes) => {
      const characters = [...words.join('')];
      const list: string[] = [];
      for (let at = 0, index = 0; at < characters.length; index++) {
        const size = sizes[index % sizes.length] ?? 1;
        list.push(characters.slice(at, at + size).join(''));
        at += size;
      }
      return list;
    }),
  );

describe.each(STREAM_SAMPLES.map((sample) => [sample.name, sample] as const))('%s', (_name, sample) => {
  test('the client gets what it would get buffered, however windows and chunks are cut', () => {
    fc.assert(
      fc.property(
        fc.array(pieces, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 120 }),
        fc.integer({ min: LONGEST, max: 60 }),
        fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 8 }),
        (texts, windowChars, overlapChars, sizes, latency) => {
          const bytes = bytesOf(sample.frames(texts));
          const stream = streamOf(sample, windowChars, overlapChars);
          const sent = Buffer.concat(runThrough(stream, cut(bytes, sizes), latency));
          expect(textsIn(sample, sent)).toEqual(textsIn(sample, buffered(sample, bytes)));
          expect(stream.isLate).toBe(false);
        },
      ),
    );
  });

  test('without a redaction, every byte leaves as it came', () => {
    const bytes = bytesOf(
      sample.frames([
        ['clean ', 'text'],
        ['more ', 'of it'],
        ['and ', 'more'],
      ]),
    );
    const sent = runThrough(streamOf(sample, 5, 2), cut(bytes, [7]), 1);
    expect(Buffer.concat(sent).toString('latin1')).toBe(Buffer.from(bytes).toString('latin1'));
  });
});
