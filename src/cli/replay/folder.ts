/**
 * A folder of bodies, and those below it. `<name>.request.<type>` and `<name>.response.<type>` are one exchange; every other file
 * is a prompt. Each folder is a route of its own.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, posix, relative, sep } from 'node:path';
import { MAX_ITEM, type RecordedAnswer, type ReplayItem } from './exchange.ts';

const TYPES: Record<string, string> = {
  sse: 'text/event-stream',
  ndjson: 'application/x-ndjson',
  bin: 'application/vnd.amazon.eventstream',
};

/** Paths below the folder. */
interface Pair {
  request?: string;
  response?: string;
}

export async function* readFolder(folder: string, path: string): AsyncGenerator<ReplayItem> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const pairs = new Map<string, Pair>();
  for (const file of files.sort()) {
    const name = relative(folder, file).split(sep).join(posix.sep);
    const { stem, direction } = partsOf(name);
    pairs.set(stem, { ...pairs.get(stem), [direction]: name });
  }
  for (const pair of pairs.values()) yield await itemOf(folder, pair, path);
}

function partsOf(name: string): { stem: string; direction: keyof Pair } {
  const match = /^(.*)\.(request|response)(?:\.[^./]*)?$/.exec(name);
  const [, stem = name, direction] = match ?? [];
  return { stem, direction: direction === 'response' ? 'response' : 'request' };
}

async function itemOf(folder: string, { request, response }: Pair, path: string): Promise<ReplayItem> {
  const position = request ?? response ?? '';
  const [body, answer] = [await bytesOf(folder, request), await bytesOf(folder, response)];
  if (body === 'too_large' || answer === 'too_large') return { kind: 'broken', position, why: 'too_large' };
  const place = posix.dirname(position);
  return {
    kind: 'exchange',
    exchange: {
      ...{ position, method: 'POST', host: '', path, headers: new Map(), body },
      answer: response !== undefined && answer ? answerIn(response, answer) : undefined,
      kong: { route: place === '.' ? undefined : place },
    },
  };
}

function answerIn(name: string, body: Uint8Array): RecordedAnswer {
  const type = TYPES[name.slice(name.lastIndexOf('.') + 1)];
  return { status: 200, headers: new Map(type === undefined ? [] : [['content-type', type]]), body };
}

async function bytesOf(folder: string, name: string | undefined): Promise<Buffer | 'too_large' | undefined> {
  if (name === undefined) return undefined;
  const file = join(folder, name);
  const { size } = await stat(file);
  return size > MAX_ITEM ? 'too_large' : readFile(file);
}
