/** What a mock provider answers, and how it gets on the wire. */
import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import * as zlib from 'node:zlib';

/** The content codings that are understood, both ways. */
export type Encoding = 'gzip' | 'deflate' | 'br' | 'zstd';

/** One answer. Without a `content-type` header it is JSON, or an event stream if it comes in chunks. */
export type Answer = {
  /** Default 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** Compresses the body and says so in `content-encoding`. */
  readonly encoding?: Encoding;
} & (
  | {
      /** Strings and bytes go out as they are, other objects as JSON; with a content-length. */
      readonly body: string | Uint8Array | object;
    }
  | {
      /** Written one by one, each flushed, also through an encoding. */
      readonly chunks: readonly (string | Uint8Array)[];
      /** Milliseconds between two chunks; default 0. */
      readonly delayMs?: number;
    }
);

/** `deflate` is the zlib format, as RFC 9110 has it. */
const CODECS = {
  gzip: { encode: zlib.gzipSync, decode: zlib.gunzipSync, stream: zlib.createGzip },
  deflate: { encode: zlib.deflateSync, decode: zlib.inflateSync, stream: zlib.createDeflate },
  br: {
    encode: zlib.brotliCompressSync,
    decode: zlib.brotliDecompressSync,
    stream: zlib.createBrotliCompress,
  },
  zstd: {
    encode: zlib.zstdCompressSync,
    decode: zlib.zstdDecompressSync,
    stream: zlib.createZstdCompress,
  },
} as const;

/** Undoes a content-encoding; bytes under an unknown or no encoding come back as they are. Throws on damaged data. */
export function decode(bytes: Buffer, encoding: string | undefined): Buffer {
  return isEncoding(encoding) ? CODECS[encoding].decode(bytes) : bytes;
}

/** Sends an answer. Rejects if the client goes away before its end. */
export async function send(answer: Answer, response: ServerResponse): Promise<void> {
  const { status = 200, headers, encoding } = answer;
  const head = { ...(encoding && { 'content-encoding': encoding }), ...headers };
  if ('chunks' in answer) {
    response.writeHead(status, { 'content-type': 'text/event-stream', ...head });
    return sendChunks(answer.chunks, answer.delayMs ?? 0, encoding, response);
  }
  const bytes = toBytes(answer.body);
  const coded = encoding ? CODECS[encoding].encode(bytes) : bytes;
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': coded.length,
    ...head,
  });
  response.end(coded);
}

async function sendChunks(
  chunks: readonly (string | Uint8Array)[],
  delayMs: number,
  encoding: Encoding | undefined,
  response: ServerResponse,
): Promise<void> {
  response.flushHeaders();
  const coder = encoding && CODECS[encoding].stream();
  const sent = coder && pipeline(coder as Duplex, response).catch(() => response.destroy());
  for (const [index, chunk] of chunks.entries()) {
    if (index > 0 && delayMs > 0) await sleep(delayMs);
    if (response.destroyed) return;
    await written(coder ?? response, chunk);
    if (coder) await new Promise<void>((resolve) => coder.flush(resolve));
  }
  (coder ?? response).end();
  await sent;
}

async function written(target: NodeJS.WritableStream, chunk: string | Uint8Array): Promise<void> {
  await new Promise<void>((resolve, reject) =>
    target.write(chunk, (error) => (error ? reject(error) : resolve())),
  );
}

function toBytes(body: string | Uint8Array | object): Uint8Array {
  if (body instanceof Uint8Array) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

function isEncoding(name: string | undefined): name is Encoding {
  return name !== undefined && Object.hasOwn(CODECS, name);
}
