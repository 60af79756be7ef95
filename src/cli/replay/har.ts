/**
 * A HAR: what browsers, proxies and HTTP clients record.
 *
 * @see http://www.softwareishard.com/blog/har-12-spec/
 */
import * as z from 'zod';
import { type Exchange, MAX_ITEM, type ReplayItem } from './exchange.ts';
import { harEntries } from './har-entries.ts';
import { jsonIn } from './json-in.ts';

const headers = z.array(z.looseObject({ name: z.string(), value: z.string() })).default([]);

const entry = z.looseObject({
  startedDateTime: z.string().optional(),
  request: z.looseObject({
    method: z.string(),
    url: z.string(),
    headers,
    postData: z.looseObject({ text: z.string().optional(), encoding: z.string().optional() }).optional(),
  }),
  response: z
    .looseObject({
      status: z.number(),
      headers,
      content: z.looseObject({ text: z.string().optional(), encoding: z.string().optional() }).optional(),
    })
    .optional(),
});

export async function* readHar(input: AsyncIterable<Buffer>): AsyncGenerator<ReplayItem> {
  let count = 0;
  for await (const piece of harEntries(input, MAX_ITEM)) {
    const position = `entry ${++count}`;
    if (piece.kind !== 'entry') yield { kind: 'broken', position, why: piece.kind };
    else yield itemOf(piece.bytes, position);
  }
}

function itemOf(bytes: Buffer, position: string): ReplayItem {
  const value = jsonIn(bytes);
  if (value === undefined) return { kind: 'broken', position, why: 'not_json' };
  const read = entry.safeParse(value);
  const url =
    read.success && URL.canParse(read.data.request.url) ? new URL(read.data.request.url) : undefined;
  if (!read.success || !url) return { kind: 'broken', position, why: 'not_an_exchange' };
  return { kind: 'exchange', exchange: exchangeOf(read.data, url, position) };
}

function exchangeOf(
  { startedDateTime, request, response }: z.infer<typeof entry>,
  url: URL,
  position: string,
): Exchange {
  const at = Date.parse(startedDateTime ?? '');
  return {
    position,
    ...(Number.isNaN(at) ? {} : { at }),
    ...{ method: request.method, host: url.hostname, path: url.pathname },
    headers: headerMap(request.headers),
    body: bodyOf(request.postData) ?? (hasBody(request.method) ? undefined : new Uint8Array()),
    answer: response && {
      status: response.status,
      headers: headerMap(response.headers),
      body: bodyOf(response.content),
    },
  };
}

function hasBody(method: string): boolean {
  return !['GET', 'HEAD', 'OPTIONS', 'DELETE'].includes(method.toUpperCase());
}

function bodyOf(content: { text?: string | undefined; encoding?: string | undefined } | undefined) {
  if (content?.text === undefined) return undefined;
  return Buffer.from(content.text, content.encoding === 'base64' ? 'base64' : 'utf8');
}

function headerMap(all: z.infer<typeof headers>): Map<string, string> {
  return new Map(all.map(({ name, value }) => [name.toLowerCase(), value]));
}
