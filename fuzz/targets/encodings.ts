/**
 * Content codings, whole and damaged, one in the other, and bombs: what is decoded is what every decoder makes of it, no
 * larger than the limit; anything else is refused.
 */
import * as zlib from 'node:zlib';
import { type Arbitrary, array, constantFrom, nat, oneof, record, uint8Array } from 'fast-check';
import { decodeBody } from '../../src/body/content-encoding.ts';
import { anyFlips, type Flip, flipped } from '../bytes.ts';
import type { Target } from '../target.ts';

interface Input {
  content: Uint8Array;
  /** The content comes so often: bombs are made of the same again and again. */
  times: number;
  codings: Coding[];
  /** How the header spells them. */
  header: Spelling;
  damage: Damage;
}

type Coding = keyof typeof CODERS;
type Spelling = (typeof SPELLINGS)[number];
type Damage =
  | { kind: 'none' }
  | { kind: 'cut'; at: number }
  | { kind: 'more'; bytes: Uint8Array }
  | { kind: 'flip'; flips: Flip[] };

const CODERS = {
  gzip: { encode: zlib.gzipSync, decode: zlib.gunzipSync },
  deflate: { encode: zlib.deflateSync, decode: zlib.inflateSync },
  br: { encode: quickBrotli, decode: zlib.brotliDecompressSync },
  zstd: { encode: zlib.zstdCompressSync, decode: zlib.zstdDecompressSync },
};
const SPELLINGS = ['plain', 'upper', 'spaced', 'identity', 'unknown'] as const;

/** Bytes that a body may have, decoded. */
const MAX_SIZE = 262_144;

/** The best quality takes seconds for a bomb. */
function quickBrotli(bytes: Uint8Array): Buffer {
  return zlib.brotliCompressSync(bytes, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } });
}

export const encodings: Target<Input> = {
  name: 'encodings',
  inputs: record({
    content: uint8Array({ maxLength: 300 }),
    times: constantFrom(1, 1, 1, 1, 7, 900, 20_000),
    codings: array(constantFrom<Coding[]>('gzip', 'deflate', 'br', 'zstd'), { maxLength: 3 }),
    header: constantFrom(...SPELLINGS),
    damage: anyDamage(),
  }),
  show: (input) => JSON.stringify({ header: headerOf(input), base64: coded(input).toString('base64') }),
  start: async () => ({ check: checkDecoding }),
};

function anyDamage(): Arbitrary<Damage> {
  return oneof(
    record({ kind: constantFrom('none' as const) }),
    record({ kind: constantFrom('cut' as const), at: nat(5_000) }),
    record({ kind: constantFrom('more' as const), bytes: uint8Array({ minLength: 1, maxLength: 20 }) }),
    record({ kind: constantFrom('flip' as const), flips: anyFlips }),
  );
}

async function checkDecoding(input: Input): Promise<void> {
  const bytes = coded(input);
  const decoded = await decodeBody(bytes, headerOf(input), MAX_SIZE);
  if (!decoded.ok) {
    if (isDueToDecode(input, bytes)) throw new Error(`refused as ${decoded.problem}`);
    return;
  }
  if (decoded.bytes.length > MAX_SIZE) throw new Error('more than the limit was decoded');
  if (input.header === 'unknown') throw new Error('an unknown coding was taken for none');
  const { codings, damage } = input;
  const isExact = damage.kind === 'none' && Buffer.compare(decoded.bytes, plain(input)) !== 0;
  if (isExact) throw new Error('what was decoded is something else than what was coded');
  if (damage.kind === 'more' && codings.length > 0)
    throw new Error('bytes behind the coded data were passed over');
  if (
    codings.length > 0 &&
    bytes.length > 0 &&
    Buffer.compare(decoded.bytes, otherwiseDecoded(bytes, codings)) !== 0
  )
    throw new Error('another decoder reads something else');
}

/** What is whole, in two codings at most, and within the limit on the way. */
function isDueToDecode(input: Input, bytes: Uint8Array): boolean {
  const { codings, damage, header } = input;
  const isSmall = plain(input).length <= MAX_SIZE && bytes.length <= MAX_SIZE;
  return isSmall && damage.kind === 'none' && header !== 'unknown' && codings.length <= 2;
}

function plain({ content, times }: Input): Buffer {
  return Buffer.concat(Array.from({ length: times }, () => content));
}

function coded(input: Input): Buffer {
  const whole = input.codings.reduce((bytes, coding) => CODERS[coding].encode(bytes), plain(input));
  return damaged(whole, input.damage);
}

function damaged(bytes: Buffer, damage: Damage): Buffer {
  switch (damage.kind) {
    case 'none':
      return bytes;
    case 'cut':
      return bytes.subarray(0, damage.at % (bytes.length + 1));
    case 'more':
      return Buffer.concat([bytes, damage.bytes]);
    case 'flip':
      return flipped(bytes, damage.flips);
  }
}

/** The last coding is undone first. */
function otherwiseDecoded(bytes: Buffer, codings: readonly Coding[]): Buffer {
  return codings.reduceRight<Buffer>((rest, coding) => CODERS[coding].decode(rest), bytes);
}

function headerOf({ codings, header }: Input): string | undefined {
  switch (header) {
    case 'plain':
      return codings.length === 0 ? undefined : codings.join(', ');
    case 'upper':
      return codings.join(',').toUpperCase();
    case 'spaced':
      return ` ${codings.join(' ,\t')} , `;
    case 'identity':
      return ['identity', ...codings].join(', ');
    case 'unknown':
      return [...codings, 'compress'].join(', ');
  }
}
