import { decode, encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BodyBudget } from './body-budget.ts';
import { type Frame, FrameReader, MalformedFrame } from './frame-reader.ts';

const MEGABYTE = 1_048_576;

function readAll(chunks: Uint8Array[], budget = new BodyBudget(64 * MEGABYTE)): Frame[] {
  const frames: Frame[] = [];
  const reader = new FrameReader(budget, (frame) => frames.push(frame));
  for (const chunk of chunks) reader.push(chunk);
  return frames;
}

function pieces(bytes: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
    bytes.subarray(i * size, (i + 1) * size),
  );
}

/** Cuts bytes at the given fractions of their length. */
function cut(bytes: Uint8Array, at: number[]): Uint8Array[] {
  const places = [
    0,
    ...at.map((fraction) => Math.floor(fraction * bytes.length)).sort((a, b) => a - b),
    bytes.length,
  ];
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

const anyValue = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true }),
    fc.string({ unit: 'binary', maxLength: 300 }).map((text) => text.toWellFormed()),
    fc.uint8Array({ maxLength: 300 }),
    fc.array(tie('value'), { maxLength: 20 }),
    fc.dictionary(
      fc.string({ maxLength: 10 }).filter((key) => key !== '__proto__'),
      tie('value'),
      { maxKeys: 20 },
    ),
  ),
})).value;

describe('frames', () => {
  it('are the same however many stand in a row and however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(anyValue, { minLength: 1, maxLength: 5 }),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 }),
        (values, cuts) => {
          const encoded = values.map((value) => encode(value));
          const frames = readAll(cut(Buffer.concat(encoded), cuts));
          expect(frames.map(({ bytes }) => Buffer.from(bytes))).toEqual(
            encoded.map((bytes) => Buffer.from(bytes)),
          );
        },
      ),
      { numRuns: 200 },
    );
  });

  it('arrive byte by byte', () => {
    const message = encode([
      0,
      7,
      'plugin.Step',
      [{ Data: new Uint8Array(70_000).fill(7), EventId: 2 ** 46 }],
    ]);
    const [frame, ...others] = readAll([...message].map((byte) => Uint8Array.of(byte)));
    expect(others).toEqual([]);
    expect(frame && Buffer.compare(frame.bytes, message)).toBe(0);
  });

  it('hold their bodies in the budget until somebody releases them', () => {
    const budget = new BodyBudget(MEGABYTE);
    const [frame] = readAll([encode({ Data: new Uint8Array(100_000) })], budget);
    expect(frame).toMatchObject({ bodies: { amount: 100_000 }, isTruncated: false });
    expect(budget.held).toBe(100_000);
    frame?.bodies?.release();
    expect(budget.held).toBe(0);
  });

  it.each([1, 3, 100, 65_536, 10 ** 7])(
    'over the budget arrive without their body, read in pieces of %i bytes',
    (size) => {
      const budget = new BodyBudget(120_000);
      const message = encode([0, 7, 'plugin.Step', [{ Data: new Uint8Array(200_000), EventId: 5 }]]);
      const next = encode([0, 8, 'plugin.Step', [{ Data: new Uint8Array(100_000), EventId: 6 }]]);
      const bytes = Buffer.concat([message, next]);
      const [refused, taken] = readAll(pieces(bytes, size), budget);
      expect(refused && decode(refused.bytes)).toEqual([0, 7, 'plugin.Step', [{ Data: null, EventId: 5 }]]);
      expect(refused).toMatchObject({ bodies: undefined, isTruncated: true });
      expect(taken).toMatchObject({ bodies: { amount: 100_000 }, isTruncated: false });
      expect(budget.held).toBe(100_000);
    },
  );

  it.each([1, 3, 100, 65_536, 10 ** 7])(
    'lose the body that is arriving to a smaller one, read in pieces of %i bytes',
    (size) => {
      const budget = new BodyBudget(240_000);
      const large = encode([0, 7, 'plugin.Step', [{ Data: new Uint8Array(200_000), EventId: 5 }]]);
      const [begun, left] = [large.subarray(0, 100_000), large.subarray(100_000)];
      const frames: Frame[] = [];
      const reader = new FrameReader(budget, (frame) => frames.push(frame));
      for (const chunk of pieces(begun, size)) reader.push(chunk);
      const [small] = readAll([encode({ Data: new Uint8Array(190_000) })], budget);
      expect(small).toMatchObject({ bodies: { amount: 190_000 }, isTruncated: false });
      for (const chunk of pieces(left, size)) reader.push(chunk);
      expect(frames.map(({ bytes }) => decode(bytes))).toEqual([
        [0, 7, 'plugin.Step', [{ Data: null, EventId: 5 }]],
      ]);
      expect(frames[0]).toMatchObject({ bodies: undefined, isTruncated: true });
      expect(budget.held).toBe(190_000);
    },
  );

  it('of many connections at once hold no more than there is room for, and are each whole or without a body', () => {
    const anyBody = fc.oneof(fc.integer({ min: 65_537, max: 300_000 }), fc.integer({ min: 0, max: 65_536 }));
    fc.assert(
      fc.property(
        fc.array(anyBody, { minLength: 1, maxLength: 12 }),
        fc.infiniteStream(fc.nat()),
        (sizes, order) => {
          const budget = new BodyBudget(400_000);
          const waiting = sizes.map((size, index) => {
            const frames: Frame[] = [];
            const reader = new FrameReader(budget, (frame) => frames.push(frame));
            return {
              index,
              size,
              frames,
              reader,
              chunks: pieces(encode([index, new Uint8Array(size), 'end']), 50_000),
            };
          });
          const done: Frame[] = [];
          for (
            let left = [...waiting];
            left.length > 0;
            left = left.filter(({ chunks }) => chunks.length > 0)
          ) {
            const next = left[order.next().value % left.length];
            if (!next) break;
            const { index, size, frames, reader, chunks } = next;
            reader.push(chunks.shift() ?? new Uint8Array());
            expect(budget.held).toBeLessThanOrEqual(500_000);
            const [frame] = frames;
            if (!frame) continue;
            done.push(frame);
            const [first, body, last] = decode(frame.bytes) as [number, Uint8Array | null, string];
            expect([first, last]).toEqual([index, 'end']);
            // One that lost its room between its last byte and the end of the message is still there, and counts as truncated.
            expect(frame.isTruncated ? [null, size] : [size]).toContain(body?.length ?? null);
            expect(frame.bodies === undefined).toBe(frame.isTruncated || size <= 65_536);
            if (size <= 65_536) expect(frame.isTruncated).toBe(false);
          }
          expect(done).toHaveLength(sizes.length);
          for (const { bodies } of done) bodies?.release();
          expect(budget.held).toBe(0);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('that never end give back what they held', () => {
    const budget = new BodyBudget(MEGABYTE);
    const reader = new FrameReader(budget, () => undefined);
    reader.push(encode({ Data: new Uint8Array(100_000) }).subarray(0, 80_000));
    expect(budget.held).toBe(100_000);
    reader.close();
    expect(budget.held).toBe(0);
  });

  it.each([
    ['the byte that MessagePack never uses', Uint8Array.of(0xc1)],
    ['nesting without end', new Uint8Array(100).fill(0x91)],
    ['nested empty lists without end', new Uint8Array(100).fill(0x92)],
    [
      'a list of four billion values',
      Buffer.concat([Uint8Array.of(0xdd, 255, 255, 255, 255), new Uint8Array(5 * MEGABYTE)]),
    ],
  ])('are refused: %s', (_name, bytes) => {
    expect(() => readAll(cut(bytes, [0.1, 0.5, 0.9]))).toThrow(MalformedFrame);
  });
});
