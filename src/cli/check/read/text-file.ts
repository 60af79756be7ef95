/** A file, a pipe or standard input as text. */
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { Unreadable } from './unreadable.ts';

/** Bytes; Kong's own limit on a configuration that it is sent is far below. */
const MAX_FILE = 67_108_864;

/**
 * @param path `-` is standard input
 * @throws Unreadable
 */
export async function readText(path: string, stdin: Readable): Promise<string> {
  const stream = path === '-' ? stdin : createReadStream(path, { end: MAX_FILE });
  const bytes = await bytesOf(stream).catch((error) => {
    const code = error instanceof Error && 'code' in error ? error.code : 'unknown error';
    throw new Unreadable(
      path,
      `it cannot be read: ${code}`,
      'give the path of a file that this user may read',
    );
  });
  if (bytes.length > MAX_FILE)
    throw new Unreadable(path, `it is larger than ${MAX_FILE} bytes`, 'give a smaller file');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Unreadable(path, 'it is not UTF-8 text', 'give a file of UTF-8 text');
  }
}

async function bytesOf(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_FILE) break;
  }
  return Buffer.concat(chunks);
}
