import { beforeAll, describe, expect, it } from 'vitest';
import { type JsonDocument, parseJson } from '../src/body/json/document.ts';
import type { Reading } from '../src/formats/read.ts';
import { protocolNamed } from '../src/protocols/index.ts';
import type { ReadMessage } from '../src/protocols/protocol.ts';
import { plantEverywhere } from '../testkit/formats/plant-everywhere.ts';
import { readSdkTypes, type SdkTypes } from '../testkit/sdk/sdk-types.ts';

/** The 1.x line has what was until 2025-11-25, the 2.x line what came with 2026-07-28. */
const OLD = '@modelcontextprotocol/sdk/dist/esm/spec.types.d.ts';
const NEW = '@modelcontextprotocol/server/dist/index.d.mts';

const ASKED = ['ClientRequest', 'ClientNotification', 'ServerRequest', 'ServerNotification'];
const ANSWERED = ['ClientResult', 'ServerResult'];
const OF_2026 = ['DiscoverResult', 'InputRequiredResult', 'SubscriptionsListenResult', 'CallToolResult'];

const DECLARED: [file: string, type: string, wrap: (sample: unknown) => unknown][] = [
  ...[OLD, NEW].flatMap((file) => [
    ...ASKED.map((type) => [file, type, asked] as (typeof DECLARED)[number]),
    ...ANSWERED.map((type) => [file, type, answered] as (typeof DECLARED)[number]),
  ]),
  ...OF_2026.map((type) => [NEW, type, answered] as (typeof DECLARED)[number]),
  [OLD, 'Error', failed],
];

function asked(sample: unknown): unknown {
  return { jsonrpc: '2.0', id: 1, ...Object(sample) };
}

function answered(sample: unknown): unknown {
  return { jsonrpc: '2.0', id: 1, result: sample };
}

function failed(sample: unknown): unknown {
  return { jsonrpc: '2.0', id: 1, error: sample };
}

describe("what the official SDKs' types of MCP declare", () => {
  let types: SdkTypes;
  beforeAll(() => {
    types = readSdkTypes([OLD, NEW]);
  });

  it.each(DECLARED)('is seen in every leaf, or refused: %s %s', (file, type, wrap) => {
    const samples = types.bodiesOf(file, type);
    expect(samples).not.toEqual([]);
    const unseen = new Set<string>();
    const done = new Set<string>();
    let kinds = 0;
    for (const sample of samples) {
      const planted = plantEverywhere(wrap(sample), read, done);
      kinds += planted.kinds.size;
      for (const place of planted.unseen) unseen.add(place);
    }
    expect([...unseen]).toEqual([]);
    expect(kinds).toBeGreaterThan(1);
  });
});

function read(value: unknown): Reading {
  const parsed = parseJson(Buffer.from(JSON.stringify(value)));
  if (!parsed.ok) throw new Error('a sample is no JSON');
  const { document } = parsed;
  return readingOf([...both(document)]);
}

/** As a client's body, and as a server's. */
function* both(document: JsonDocument): Generator<ReadMessage[] | undefined> {
  const mcp = protocolNamed('mcp');
  yield mcp.readRequest(document, { method: 'POST', path: '/mcp', headers: {} });
  yield mcp.readAnswer(document, { protocol: 'mcp', pending: [], readsReply: true });
}

/** What both see. */
function readingOf([request, answer]: (ReadMessage[] | undefined)[]): Reading {
  const seen = (request ?? []).map(({ found }) => found);
  expect((answer ?? []).map(({ found }) => textsOf(found))).toEqual(seen.map(textsOf));
  const extraction = {
    segments: seen.flatMap(({ segments }) => segments),
    tools: seen.flatMap(({ tools }) => tools),
    opaque: seen.reduce((sum, { opaque }) => sum + opaque, 0),
    unreadable: seen.reduce((sum, { unreadable }) => sum + unreadable, 0),
    isTooMuch: seen.some(({ isTooMuch }) => isTooMuch),
    ...(seen.some(({ isUnaccounted }) => isUnaccounted) ? { isUnaccounted: true as const } : {}),
  };
  expect(extraction.isUnaccounted).toBeUndefined();
  return { extraction, isRecognised: request !== undefined, formats: [] };
}

function textsOf({ segments }: ReadMessage['found']): string[] {
  return segments.map(({ text }) => text).sort();
}
