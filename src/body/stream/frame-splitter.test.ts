import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeChunk, encodeFrame } from '../../../testkit/streams/encode-frames.ts';
import { AWS } from './aws-event-stream.ts';
import { FrameSplitter } from './frame-splitter.ts';
import { type Framing, parseFrames } from './framing.ts';
import { NDJSON } from './ndjson.ts';
import { SSE } from './sse.ts';

interface Split {
  /** Bytes as latin1, which the tests compare faster. */
  frames: string[];
  rest: string;
  problem: string | undefined;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

/** What is left at the end is a frame where nothing more can belong to it. */
function split(framing: Framing, chunks: readonly Uint8Array[], limit?: number): Split {
  const splitter = new FrameSplitter(framing.frameEnds(), limit);
  const frames = chunks.flatMap((chunk) => [...splitter.split(chunk)].map(latin1));
  const { bytes, isWhole } = splitter.end();
  const last = latin1(bytes);
  return {
    frames: isWhole ? [...frames, last] : frames,
    rest: isWhole ? '' : last,
    problem: splitter.problem,
  };
}

/** Chunks of these sizes over and over; where they are used up, what is left. */
function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let start = 0;
  for (let turn = 0; start < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? bytes.length;
    chunks.push(bytes.slice(start, start + size));
    start += size;
  }
  return chunks;
}

const lines = fc.array(
  fc.constantFrom(
    ...[
      'data: {"t":"\u00e9\u{1f600}"}',
      'data:1',
      'data',
      'event: a',
      ': c',
      'id:',
      'unknown',
      ' ',
      '\ufeff',
      '',
    ],
    ...['{"t":"x"}', '{"t":["\\\\\\""]}', '{', 'null', '[1,"]"]', ',', '[', ']', '"a"', '"', '\\'],
  ),
  { maxLength: 12 },
);
const lineEnds = fc.array(fc.constantFrom('\n', '\r', '\r\n', '\n\n', '\r\n\r\n', '', ' '), {
  minLength: 1,
  maxLength: 4,
});
const text = fc
  .tuple(lines, lineEnds)
  .map(([parts, ends]) => Buffer.from(parts.map((part, i) => part + ends[i % ends.length]).join('')));

const binary = fc
  .array(
    fc.oneof(
      fc.json({ maxDepth: 1 }).map((json) => encodeFrame({ headers: { ':event-type': 'e' }, payload: json })),
      fc.json({ maxDepth: 1 }).map((json) => encodeChunk(json)),
      fc.constant(encodeFrame({})),
      fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
    ),
    { maxLength: 6 },
  )
  .chain((frames) => {
    const bytes = Buffer.concat(frames);
    return fc.nat(20).map((missing) => bytes.subarray(0, Math.max(0, bytes.length - missing)));
  });

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 });

describe.each([
  ['SSE', SSE, text],
  ['NDJSON', NDJSON, text],
  ['AWS event stream', AWS, binary],
])('%s', (_, framing, bodies) => {
  test('however a stream is cut into chunks, its frames, its rest and its problem are the same', () => {
    fc.assert(
      fc.property(
        bodies,
        sizes,
        fc.option(fc.integer({ min: 12, max: 60 }), { nil: undefined }),
        (body, cuts, limit) => {
          const whole = split(framing, [body], limit);
          expect(split(framing, cut(body, cuts), limit)).toEqual(whole);
          expect(split(framing, cut(body, [1]), limit)).toEqual(whole);
          if (whole.problem === undefined) expect(whole.frames.join('') + whole.rest).toBe(latin1(body));
        },
      ),
    );
  });

  test('the frames are the events of the whole body', () => {
    fc.assert(
      fc.property(bodies, sizes, (body, cuts) => {
        const parsed = parseFrames(body, framing);
        if (!parsed.ok) return;
        const { frames, rest } = split(framing, cut(body, cuts));
        const budget = { left: 1000 };
        const events = [...frames, rest].flatMap((frame, index) => {
          const position = { isFirst: index === 0, breaksOff: index === frames.length };
          return framing.readFrame(Buffer.from(frame, 'latin1'), position, budget) ?? [];
        });
        expect(events).toEqual(parsed.document.events);
      }),
    );
  });
});

test.each([
  ['SSE', SSE, 'data: "', '"\r\n\r\n'],
  ['NDJSON', NDJSON, '"', '"\n'],
])('%s: a frame of a megabyte can arrive byte by byte', (_, framing, before, after) => {
  const frame = Buffer.from(before + 'x'.repeat(1_000_000) + after);
  expect(split(framing, cut(frame, [1])).frames).toEqual([latin1(frame)]);
});

test.each([
  ['SSE', SSE, Buffer.from('data: 1\n\ndata: 123\n\n')],
  ['NDJSON', NDJSON, Buffer.from('12345678\n1234567890\n')],
  ['AWS event stream', AWS, Buffer.concat([encodeFrame({}), encodeFrame({ payload: '12' })])],
])('%s: a frame that is too large is a problem before it is whole, and stays one', (_, framing, body) => {
  const limit = framing === AWS ? 16 : 9;
  const splitter = new FrameSplitter(framing.frameEnds(), limit);
  expect([...splitter.split(body.subarray(0, body.length - 1))]).toHaveLength(1);
  expect(splitter.problem).toBe('too_complex');
  expect([...splitter.split(body)]).toEqual([]);
  expect(splitter.problem).toBe('too_complex');
});

test('a blank line that ends with CR is waited for: the next byte may belong to it', () => {
  const splitter = new FrameSplitter(SSE.frameEnds());
  const framesIn = (chunk: string) =>
    [...splitter.split(Buffer.from(chunk))].map((frame) => Buffer.from(frame).toString());
  expect(framesIn('data: 1\r\n\r')).toEqual([]);
  expect(framesIn('\n')).toEqual(['data: 1\r\n\r\n']);
  expect(framesIn('data: 2\r\r')).toEqual([]);
  expect(framesIn('d')).toEqual(['data: 2\r\r']);
});
