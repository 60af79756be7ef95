/**
 * The whole pipeline of both directions, from coded bytes to a decision, with an AIDR that looks for a marker: wherever it is
 * planted in whatever body, no body that passes holds it in a text.
 */

import * as zlib from 'node:zlib';
import { constantFrom, nat, record } from 'fast-check';
import type { Path } from '../../src/body/json/edit.ts';
import { parseList, parseStream } from '../../src/body/stream/index.ts';
import type { Direction } from '../../src/config/schema.ts';
import { createInspector } from '../../src/inspection/create-inspector.ts';
import { inspectAnswer } from '../../src/inspection/inspect-answer.ts';
import { inspectPrompt } from '../../src/inspection/inspect-prompt.ts';
import type { Inspection, Inspector } from '../../src/inspection/inspector.ts';
import type { HttpListener } from '../../testkit/harness/http-listener.ts';
import { bodies, type Route, STREAMS, type StreamSample } from '../../testkit/samples/index.ts';
import { spell } from '../json-spellings.ts';
import { MARKER } from '../marker.ts';
import { startMarkerAidr } from '../marker-aidr.ts';
import { anyMutations, type Mutation, mutate } from '../mutations.ts';
import { isDeclared } from '../non-text-fields.ts';
import { anyStyle, CONTENT_TYPES, encodeStream, type Style } from '../stream-bytes.ts';
import { leavesOf } from '../string-leaves.ts';
import type { Target } from '../target.ts';

interface Input {
  sample: Sample;
  mutations: Mutation[];
  /** Which of the strings the marker is planted in, counted round and round. */
  plant: number;
  style: Style;
  coding: keyof typeof CODERS;
  aidr: 'block' | 'hide';
}

type Sample = Route & { direction: Direction; body: unknown; stream?: StreamSample };

const SAMPLES: readonly Sample[] = [
  ...bodies,
  ...STREAMS.map((stream) => ({
    ...{ name: stream.name, route: stream.route, path: stream.path, direction: 'response' as const, stream },
    body: stream.events.map(({ value }) => value),
  })),
];

const CODERS = {
  identity: (bytes: Buffer) => bytes,
  gzip: (bytes: Buffer) => zlib.gzipSync(bytes),
  zstd: (bytes: Buffer) => zlib.zstdCompressSync(bytes),
};

export const passes: Target<Input> = {
  name: 'passes',
  inputs: record({
    sample: constantFrom(...SAMPLES),
    mutations: anyMutations,
    plant: nat(999),
    style: anyStyle,
    coding: constantFrom<(keyof typeof CODERS)[]>('identity', 'identity', 'gzip', 'zstd'),
    aidr: constantFrom('block' as const, 'hide' as const),
  }),
  show: (input) => {
    const { sample, coding, aidr } = input;
    const { name, direction, route, path } = sample;
    return JSON.stringify({
      name,
      direction,
      route,
      path,
      coding,
      aidr,

      body: bytesOf(input).toString('latin1'),
    });
  },
  async start() {
    const aidr = await startMarkerAidr();
    const inspectors = new Map<string, Inspector>();
    return {
      check: (input) => checkPass(input, inspectorFor(input, aidr, inspectors)),
      stop: () => aidr.stop(),
    };
  },
};

/** Kept from case to case, as Kong keeps an instance. */
function inspectorFor(
  { sample, aidr: action }: Input,
  aidr: HttpListener,
  inspectors: Map<string, Inspector>,
): Inspector {
  const [provider, api_uri] = sample.route;
  const key = JSON.stringify([provider, api_uri, sample.direction, action]);
  const known = inspectors.get(key);
  if (known) return known;
  const config = {
    ai_guard_api_key: 'pts_demo',
    ai_guard_api_base_url: `${aidr.url}/${action}`,
    upstream_llm: { provider, api_uri },
  };
  const { inspector } = createInspector(config, sample.direction);
  inspectors.set(key, inspector);
  return inspector;
}

function bytesOf({ sample, mutations, plant, style }: Input): Buffer {
  const mutated = mutate(sample.body, mutations);
  const value = planted(mutated, plant);
  if (!sample.stream) return Buffer.from(spell(value, style.spelling), 'utf8');
  return encodeStream(sample.stream, Array.isArray(value) ? value : [value], style);
}

/** In the middle of a string, so that nothing becomes text or data that was something else. */
function planted(value: unknown, plant: number): unknown {
  const leaves = leavesOf(value);
  const chosen = JSON.stringify(leaves[plant % Math.max(1, leaves.length)]?.path);
  const visit = (node: unknown, path: Path): unknown => {
    if (typeof node === 'string') return JSON.stringify(path) === chosen ? `${node} ${MARKER}` : node;
    if (Array.isArray(node)) return node.map((item, index) => visit(item, [...path, index]));
    if (typeof node !== 'object' || node === null) return node;
    return JSON.parse(
      `{${Object.entries(node)
        .map(([key, item]) => `${JSON.stringify(key)}:${JSON.stringify(visit(item, [...path, key]))}`)
        .join()}}`,
    );
  };
  return visit(value, []);
}

async function checkPass(input: Input, inspector: Inspector): Promise<void> {
  const { sample, coding } = input;
  const plain = bytesOf(input);
  const { decision, stats } = await inspect(input, inspector, CODERS[coding](plain));
  if ('rejection' in decision) return;
  const passed = 'body' in decision && decision.body ? Buffer.from(decision.body) : plain;
  if (decision.outcome === 'skipped' && !passed.includes(MARKER)) return;
  const left = valuesIn(passed, sample)
    .flatMap((value) => leavesOf(value))
    .find(
      ({ path, text }) => text.includes(MARKER) && !isDeclared(sample.route[0], sample.direction, path, text),
    );
  if (left) {
    const how = `${decision.outcome}, read as ${stats.formats.join() || 'nothing'}`;
    throw new Error(
      `the marker passed at ${left.path.join('/')} of ${sample.name}, ${sample.direction}: ${how}`,
    );
  }
}

function inspect({ sample, coding }: Input, inspector: Inspector, bytes: Buffer): Promise<Inspection> {
  const contentType = sample.stream ? CONTENT_TYPES[sample.stream.framing] : 'application/json';
  const encoding = coding === 'identity' ? undefined : coding;
  const body = { bytes, contentType, encoding, path: sample.path };
  if (sample.direction === 'request') return inspectPrompt(inspector, body, { caller: {} });
  const answer = { ...body, status: 200, requestHadBody: true };
  return inspectAnswer(inspector, answer, { caller: {} }, { encryptions: [] });
}

/** As the client or the provider reads them. */
function valuesIn(bytes: Buffer, { stream }: Sample): unknown[] {
  if (!stream) return [JSON.parse(bytes.toString('utf8'))];
  const parsed = parseStream(bytes, CONTENT_TYPES[stream.framing]) ?? parseList(bytes);
  return parsed?.ok ? parsed.document.events.flatMap(({ value, beside }) => [value, { beside }]) : [];
}
