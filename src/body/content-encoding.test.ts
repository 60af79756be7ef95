import { hash } from 'node:crypto';
import {
  brotliCompressSync,
  constants,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBody } from './content-encoding.ts';

const text = Buffer.from('{"messages":[{"role":"user","content":"héllo"}]}');
const MAX = 1000;

const CODINGS = [
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  [
    'br',
    (bytes: Uint8Array) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
  ],
  ['zstd', zstdCompressSync],
] as const;

/** Prose of which no two lines are alike. */
const FILE = Array.from({ length: 3_000 }, (_, line) => `${hash('md5', String(line))} ${line}`).join('\n');

/** What clients send by the megabyte, and can be said in a few bytes. */
const HONEST = {
  'rows of a table': rows((id) => ({
    id,
    status: 'active',
    region: 'eu-central-1',
    tags: ['a', 'b'],
    owner: null,
  })),
  'indented values': rows((id) => ({ id, a: { b: { c: { d: { value: null, other: false } } } } }), 4),
  'files that were read again and again': bytesOf(
    Array.from({ length: 25 }, (_, turn) => ({ turn, content: FILE })),
  ),
  'lines of a log': bytesOf(
    Array.from({ length: 40_000 }, (_, id) => `12:${id % 60} INFO [main] Service - request ${id} in 12 ms`),
  ),
};

function rows(row: (id: number) => object, indent?: number): Buffer {
  return bytesOf(
    Array.from({ length: 30_000 }, (_, id) => row(id)),
    indent,
  );
}

/** The best quality takes seconds. */
function quickBrotli(bytes: Uint8Array): Buffer {
  return brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } });
}

function bytesOf(value: unknown, indent?: number): Buffer {
  return Buffer.from(JSON.stringify(value, null, indent));
}

describe('a body', () => {
  it.each([
    ['no coding', undefined, text, false],
    ['an empty header', '', text, false],
    ['identity', 'identity', text, false],
    ['gzip', 'gzip', gzipSync(text), true],
    ['x-gzip in capitals', ' X-GZIP ', gzipSync(text), true],
    ['deflate with a zlib header', 'deflate', deflateSync(text), true],
    ['br', 'br', brotliCompressSync(text), true],
    ['zstd', 'zstd', zstdCompressSync(text), true],
    ['two codings, undone from the last', 'gzip, br', brotliCompressSync(gzipSync(text)), true],
  ])('in %s is decoded', async (_name, encoding, bytes, wasEncoded) => {
    const decoded = await decodeBody(bytes, encoding, MAX);
    expect(decoded).toMatchObject({ ok: true, wasEncoded });
    expect(decoded.ok && Buffer.from(decoded.bytes).equals(text)).toBe(true);
  });

  it.each([
    ['an unknown coding', 'rot13', text, 'unknown_encoding'],
    ['a name every object has', 'constructor', text, 'unknown_encoding'],
    ['three codings', 'gzip, gzip, gzip', text, 'unknown_encoding'],
    ['plain bytes called gzip', 'gzip', text, 'corrupt'],
    ['a gzip body cut short', 'gzip', gzipSync(text).subarray(0, 30), 'corrupt'],
    ['deflate without its zlib header', 'deflate', deflateRawSync(text), 'corrupt'],
    ['bytes behind gzip', 'gzip', Buffer.concat([gzipSync(text), text]), 'corrupt'],
    ['bytes behind deflate', 'deflate', Buffer.concat([deflateSync(text), text]), 'corrupt'],
    ['bytes behind br', 'br', Buffer.concat([brotliCompressSync(text), text]), 'corrupt'],
    ['bytes behind zstd', 'zstd', Buffer.concat([zstdCompressSync(text), text]), 'corrupt'],
    ['more bytes than allowed', undefined, Buffer.alloc(MAX + 1), 'too_large'],
    ['a gzip bomb', 'gzip', gzipSync(Buffer.alloc(10_000_000)), 'too_large'],
    ['a br bomb', 'br', brotliCompressSync(Buffer.alloc(1_000_000)), 'too_large'],
    ['a zstd bomb', 'zstd', zstdCompressSync(Buffer.alloc(1_000_000)), 'too_large'],
    ['a bomb inside a bomb', 'gzip, gzip', gzipSync(gzipSync(Buffer.alloc(500_000))), 'too_large'],
  ])('with %s is refused', async (_name, encoding, bytes, problem) => {
    expect(await decodeBody(bytes, encoding, MAX)).toEqual({ ok: false, problem });
  });

  it.each([
    ['gzip', gzipSync, 2_097_153],
    ['br', quickBrotli, 2_097_153],
    ['zstd', zstdCompressSync, 8_000_000],
  ] as const)('that is a bomb that is not too large is refused, of %s', async (coding, code, size) => {
    const problem = 'too_much_expansion';
    expect(await decodeBody(code(Buffer.alloc(size)), coding, 8_388_608)).toEqual({ ok: false, problem });
    const twice = gzipSync(code(Buffer.alloc(size)));
    expect(await decodeBody(twice, `${coding}, gzip`, 8_388_608)).toEqual({ ok: false, problem });
  });

  it.each(Object.entries(HONEST))(
    'passes where it repeats itself as %s do, in each coding',
    async (_name, content) => {
      for (const [coding, code] of CODINGS) {
        const decoded = await decodeBody(code(content), coding, 8_388_608);
        expect({ coding, size: decoded.ok && decoded.bytes.length }).toEqual({
          coding,
          size: content.length,
        });
      }
    },
  );

  it('passes up to 2 MiB whatever it repeats', async () => {
    const one = Buffer.alloc(2_097_152, 'a');
    for (const [coding, code] of CODINGS)
      expect(await decodeBody(code(one), coding, 8_388_608)).toMatchObject({ ok: true });
  });

  it('of exactly the allowed size passes, coded or not', async () => {
    const exact = Buffer.alloc(MAX, 'a');
    expect(await decodeBody(exact, undefined, MAX)).toMatchObject({ ok: true });
    expect(await decodeBody(gzipSync(exact), 'gzip', MAX)).toMatchObject({ ok: true });
  });
});

it('a stream is the same however its server cuts it into gzip members', async () => {
  const stream = Buffer.from('data: {"t":"h\u00e9llo"}\r\n\r\ndata: [DONE]\n\n');
  const sizes = fc.array(fc.integer({ min: 1, max: stream.length }), { minLength: 1, maxLength: 9 });
  await fc.assert(
    fc.asyncProperty(sizes, async (lengths) => {
      const ends = [0, ...lengths.sort((a, b) => a - b), stream.length];
      const members = ends.map((end, index) => gzipSync(stream.subarray(ends[index - 1] ?? 0, end)));
      const decoded = await decodeBody(Buffer.concat(members), 'gzip', MAX);
      expect(decoded.ok && Buffer.from(decoded.bytes)).toEqual(stream);
    }),
  );
});
