/**
 * Undoes HTTP content codings, with a cap on the decoded size.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-8.4
 */
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw, zstdDecompress } from 'node:zlib';

export type DecodedBody =
  | { ok: true; bytes: Uint8Array; wasEncoded: boolean }
  | { ok: false; problem: 'too_large' | 'unknown_encoding' | 'corrupt' };

type Decoder = (bytes: Uint8Array, options: { maxOutputLength: number }) => Promise<Buffer>;

const decoders: Record<string, Decoder> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: decodeDeflate,
  br: promisify(brotliDecompress),
  zstd: promisify(zstdDecompress),
};

/** Nobody stacks more than two codings; each layer is another chance for a bomb. */
const MAX_CODINGS = 2;

/**
 * @param contentEncoding the header's value; undefined, empty and `identity` mean that nothing is to be undone
 * @param maxSize bytes that the result, and every layer on the way to it, may have
 */
export async function decodeBody(
  bytes: Uint8Array,
  contentEncoding: string | undefined,
  maxSize: number,
): Promise<DecodedBody> {
  const codings = (contentEncoding ?? '')
    .split(',')
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== '' && coding !== 'identity');
  if (codings.length > MAX_CODINGS || codings.some((coding) => !Object.hasOwn(decoders, coding))) {
    return { ok: false, problem: 'unknown_encoding' };
  }
  if (bytes.length > maxSize) return { ok: false, problem: 'too_large' };
  if (bytes.length === 0) return { ok: true, bytes, wasEncoded: false };
  let decoded = bytes;
  for (const coding of codings.reverse()) {
    try {
      decoded = (await decoders[coding]?.(decoded, { maxOutputLength: maxSize })) ?? decoded;
    } catch (error) {
      return { ok: false, problem: isTooLarge(error) ? 'too_large' : 'corrupt' };
    }
  }
  return { ok: true, bytes: decoded, wasEncoded: codings.length > 0 };
}

/** `deflate` means zlib (RFC 1950), but some senders leave the zlib header out (RFC 1951). */
async function decodeDeflate(bytes: Uint8Array, options: { maxOutputLength: number }): Promise<Buffer> {
  const [first = 0, second = 0] = bytes;
  const hasZlibHeader = (first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0;
  return promisify(hasZlibHeader ? inflate : inflateRaw)(bytes, options);
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
}
