/** `aidr-kong replay`: a recording through the plugins' own pipeline, and what would have become of it. */
import { createReadStream } from 'node:fs';
import { open, stat, writeFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { readDryRun } from '../dry-run/options.ts';
import { PolicyError } from '../dry-run/policy-error.ts';
import type { ReplayItem } from './exchange.ts';
import { readFileLog } from './file-log.ts';
import { readFolder } from './folder.ts';
import { readHar } from './har.ts';
import { htmlReplay } from './html-replay.ts';
import type { ReplayOptions, Source } from './options.ts';
import { replay } from './replay.ts';
import { titleOf } from './rows.ts';
import { textReplay } from './text-replay.ts';

interface Surroundings {
  env: Readonly<Record<string, string | undefined>>;
  stdin: Readable;
}

/**
 * @returns what goes to stdout
 * @throws PolicyError where there is nothing to replay, or nothing to replay it by
 */
export async function runReplay(options: ReplayOptions, { env, stdin }: Surroundings): Promise<string> {
  const rules = { ...(await readDryRun(options, env)), ...pick(options) };
  const totals = await replay(readable(await itemsOf(options, stdin), options.input), rules);
  const title = titleOf(options.input);
  const isReal = rules.against !== undefined;
  if (options.html !== undefined) await writeFile(options.html, htmlReplay(totals, { title, isReal }));
  return options.form === 'json'
    ? `${JSON.stringify({ against: isReal ? 'aidr' : 'patterns', ...totals }, undefined, 2)}\n`
    : textReplay(totals, { title, isReal });
}

function pick({ routes, fallback, showsContent }: ReplayOptions) {
  return { routes, fallback, showsContent };
}

async function itemsOf(
  { input, source, path }: ReplayOptions,
  stdin: Readable,
): Promise<AsyncIterable<ReplayItem>> {
  switch (source ?? (await sourceOf(input))) {
    case 'folder':
      return readFolder(input, path);
    case 'har':
      return readHar(bytesOf(input, stdin));
    case 'kong-log':
      return readFileLog(bytesOf(input, stdin));
  }
}

function bytesOf(input: string, stdin: Readable): AsyncIterable<Buffer> {
  return input === '-' ? stdin : createReadStream(input, { highWaterMark: 1_048_576 });
}

/** A HAR is one object that begins with `log`; a log has such objects, one a line, with other keys. */
async function sourceOf(input: string): Promise<Source> {
  if (input === '-') return 'kong-log';
  try {
    if ((await stat(input)).isDirectory()) return 'folder';
    const file = await open(input);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD), 0, HEAD, 0);
      return HAR_START.test(buffer.toString('utf8', 0, bytesRead)) ? 'har' : 'kong-log';
    } finally {
      await file.close();
    }
  } catch {
    throw unreadable(input);
  }
}

const HEAD = 4_096;
const HAR_START = /^\uFEFF?\s*\{\s*"log"\s*:\s*\{/;

async function* readable(items: AsyncIterable<ReplayItem>, input: string): AsyncGenerator<ReplayItem> {
  try {
    yield* items;
  } catch (error) {
    const isOfSystem = error instanceof Error && 'syscall' in error;
    throw isOfSystem ? unreadable(input) : error;
  }
}

function unreadable(input: string): PolicyError {
  return new PolicyError(`the recording cannot be read: ${input}`);
}
