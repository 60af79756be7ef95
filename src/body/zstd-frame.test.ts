import { constants, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isOneZstdFrame } from './zstd-frame.ts';

const SKIPPABLE = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 9]);

const { ZSTD_c_compressionLevel, ZSTD_c_checksumFlag, ZSTD_c_contentSizeFlag } = constants;

/** Runs, text and noise: compressed, repeated and raw blocks. */
const content = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.tuple(fc.nat(255), fc.nat(200_000)).map(([byte, length]) => new Uint8Array(length).fill(byte)),
      fc.string({ maxLength: 200 }).map((text) => Buffer.from(text.repeat(20))),
    ),
    { maxLength: 5 },
  )
  .map((parts) => Buffer.concat(parts));

const frame = fc
  .tuple(content, fc.integer({ min: 1, max: 6 }), fc.boolean(), fc.boolean())
  .map(([bytes, level, hasChecksum, hasSize]) =>
    zstdCompressSync(bytes, {
      params: {
        [ZSTD_c_compressionLevel]: level,
        [ZSTD_c_checksumFlag]: Number(hasChecksum),
        [ZSTD_c_contentSizeFlag]: Number(hasSize),
      },
    }),
  );

it('a frame is one, whatever is in it, and however it was written', () => {
  fc.assert(fc.property(frame, (bytes) => isOneZstdFrame(bytes)));
});

it('a frame with anything behind it, before it, or without its end is none', () => {
  fc.assert(
    fc.property(frame, fc.uint8Array({ minLength: 1, maxLength: 20 }), fc.nat(), (bytes, more, at) => {
      const others = [
        Buffer.concat([bytes, more]),
        Buffer.concat([bytes, bytes]),
        Buffer.concat([bytes, SKIPPABLE]),
        Buffer.concat([SKIPPABLE, bytes]),
        bytes.subarray(0, at % bytes.length),
      ];
      expect(others.map(isOneZstdFrame)).toEqual(others.map(() => false));
    }),
  );
});

it('any bytes are looked at without an error, from anywhere in a buffer', () => {
  const magic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      expect(isOneZstdFrame(Buffer.concat([Buffer.from('x'), magic, bytes]).subarray(1))).toBeTypeOf(
        'boolean',
      );
    }),
  );
});
