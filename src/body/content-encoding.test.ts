import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBody } from './content-encoding.ts';

const text = Buffer.from('{"messages":[{"role":"user","content":"héllo"}]}');
const MAX = 1000;

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
