/**
 * Undoes HTTP content codings, with a cap on the decoded size, alone and beside the coded one.
 *
 * Strict on purpose: what decodes here must be what the provider decodes. Bytes behind the coded data, or `deflate`
 * without its zlib header, let one body mean two things to two readers.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-8.4
 */
import { brotliDecompress, gunzip, inflate, zstdDecompress } from 'node:zlib';
import { isOneZstdFrame } from './zstd-frame.ts';

export type DecodedBody =
  | { ok: true; bytes: Uint8Array; wasEncoded: boolean }
  | { ok: false; problem: 'too_large' | 'too_much_expansion' | 'unknown_encoding' | 'corrupt' };

/** zlib's functions with `info` tell how many bytes of the input they read. */
type Decompress = (
  bytes: Uint8Array,
  options: { maxOutputLength: number; info: true },
  done: (error: Error | null, result: unknown) => void,
) => void;

const decoders: Record<string, Decompress> = {
  gzip: gunzip as Decompress,
  'x-gzip': gunzip as Decompress,
  deflate: inflate as Decompress,
  br: brotliDecompress as Decompress,
  zstd: (bytes, options, done) => {
    if (isOneZstdFrame(bytes)) (zstdDecompress as Decompress)(bytes, options, done);
    else done(new Error('not one frame'), undefined);
  },
};

/** Nobody stacks more than two codings; each layer is another chance for a bomb. */
const MAX_CODINGS = 2;

/**
 * How many times its own size a body may become. Rows of a table that differ in a number become 120 times as large at most,
 * deeply indented JSON 215 times, one sentence over and over 340 times in gzip; a bomb, thousands of times.
 */
const MAX_EXPANSION = 400;
/** Bytes up to which that does not matter. */
const ALWAYS_ALLOWED = 2_097_152;

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
  const most = Math.min(maxSize, Math.max(MAX_EXPANSION * bytes.length, ALWAYS_ALLOWED));
  let decoded = bytes;
  for (const coding of codings.reverse()) {
    const decompress = decoders[coding];
    if (!decompress) return { ok: false, problem: 'unknown_encoding' };
    try {
      decoded = await decodeWhole(decompress, decoded, most);
    } catch (error) {
      if (!isTooLarge(error)) return { ok: false, problem: 'corrupt' };
      return { ok: false, problem: most < maxSize ? 'too_much_expansion' : 'too_large' };
    }
  }
  return { ok: true, bytes: decoded, wasEncoded: codings.length > 0 };
}

/** Rejects when the coded data ends before the input does. */
function decodeWhole(
  decompress: Decompress,
  bytes: Uint8Array,
  maxOutputLength: number,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    decompress(bytes, { maxOutputLength, info: true }, (error, result) => {
      const { buffer, engine } = (result ?? {}) as { buffer?: Uint8Array; engine?: { bytesWritten: number } };
      if (error) reject(error);
      else if (!buffer || engine?.bytesWritten !== bytes.length)
        reject(new Error('bytes behind the coded data'));
      else resolve(buffer);
    });
  });
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
}
