/** Reported cases, end to end: as prompts, and as answers that are buffered and live. */
import { isDeepStrictEqual } from 'node:util';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isObject } from '../src/formats/segment.ts';
import { loadPolicy } from '../testkit/aidr-emulator/index.ts';
import { grownTexts } from '../testkit/corpus/accumulate-deltas.ts';
import { sdkReaderOf } from '../testkit/corpus/sdk-readers.ts';
import type { GatewayDriver } from '../testkit/harness/gateways/driver.ts';
import { throughEveryGateway } from '../testkit/harness/gateways/every-gateway.ts';
import { type RouteVariant, type Stage, startStage } from '../testkit/harness/stage.ts';
import {
  chunksOf,
  type Mode,
  REPORT_TESTS,
  REPORTS,
  type ReportCase,
  type ReportTest,
  readFile,
} from './report-cases.ts';
import { answerOf } from './scenarios/provider-answers.ts';

const LIVE = { response_mode: 'live', window_chars: 40, window_overlap_chars: 20 };
const MODES: Record<Mode, object> = { buffered: {}, live: LIVE, slow: { ...LIVE, max_hold_ms: 100 } };

await throughEveryGateway('reported cases', reportedCases);

function reportedCases(driver: GatewayDriver): void {
  let stage: Stage;
  beforeAll(async () => {
    const policy = await loadPolicy();
    stage = await startStage({
      driver,
      pluginServer: 'aidr',
      routes: Object.fromEntries(REPORTS.flatMap(routesOf)),
      policy: { ...policy, input: { ...policy.input, CREDIT_CARD: 'replacement' } },
    });
  });
  afterAll(() => stage?.stop());

  for (const test of REPORT_TESTS) {
    const { report, variant, mode, expected } = test;
    const name = `${report.id}, ${variant}, ${mode}: ${expected} (${report.situation})`;
    it(name, async () => {
      stage.reset();
      await (report.direction === 'request' ? tryRequest(stage, test) : tryAnswer(stage, test));
    });
  }
}

function routesOf({ provider, apiUri }: ReportCase): [string, RouteVariant][] {
  const upstream_llm = { provider, api_uri: apiUri };
  return Object.entries(MODES).map(([mode, config]) => [
    routeOf({ provider, apiUri }, mode),
    { config: { upstream_llm, ...config } },
  ]);
}

function routeOf({ provider, apiUri }: Pick<ReportCase, 'provider' | 'apiUri'>, mode: string): string {
  return `${provider}-${apiUri.replace(/\W+/g, '-')}-${mode}`;
}

interface Received {
  status: number;
  bytes: Buffer;
}

async function send(stage: Stage, { report, mode }: ReportTest, body: string | Buffer): Promise<Received> {
  const reply = await fetch(`${stage.gateway.url}/${routeOf(report, mode)}${report.path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : Uint8Array.from(body),
  });
  return { status: reply.status, bytes: Buffer.from(await reply.arrayBuffer()) };
}

async function tryRequest(stage: Stage, test: ReportTest): Promise<void> {
  stage.provider.answer(answerOf('Fine.'));
  const { status, bytes } = await send(stage, test, test.bytes);
  const [forwarded, ...more] = stage.provider.requests.map(({ body }) => body);
  expect(more).toEqual([]);
  switch (test.expected) {
    case 'redacted':
      expect(status, bytes.toString()).toBe(200);
      expect(forwarded?.toString()).toBe(readFile(String(test.report.expected)).toString());
      return;
    case 'identical':
      expect(status, bytes.toString()).toBe(200);
      expect(forwarded?.equals(test.bytes)).toBe(true);
      return;
    case 'blocked':
      expectBlocked({ status, bytes });
      expect(forwarded).toBe(undefined);
      return;
    case 'not leaked':
      expect(status === 200 ? forwarded?.toString() : '').not.toContain(test.planted);
      return;
    default:
      expect(status).toBeGreaterThanOrEqual(400);
      expect(forwarded).toBe(undefined);
  }
}

async function tryAnswer(stage: Stage, test: ReportTest): Promise<void> {
  const { contentType, delayMs = 0, prompt } = test.report;
  stage.provider.answer({
    chunks: chunksOf(test.bytes, contentType),
    headers: { 'content-type': contentType ?? 'application/json' },
    delayMs,
  });
  const received = await send(stage, test, JSON.stringify(prompt));
  expect(stage.provider.requests).toHaveLength(1);
  switch (test.expected) {
    case 'redacted':
      expect(received.status, received.bytes.toString()).toBe(200);
      await expectRedacted(test, received.bytes);
      return;
    case 'identical':
      expect(received.status, received.bytes.toString()).toBe(200);
      expect(received.bytes.equals(test.bytes)).toBe(true);
      return;
    case 'blocked':
      if (test.mode === 'buffered') expectBlocked(received);
      else await expectEnded(test, received);
      return;
    case 'not leaked':
      await expectNotLeaked(test, received);
      return;
    case 'no empty events':
      expect(received.status).toBe(200);
      await expectNoEmptyEvents(test, received.bytes);
      return;
    default:
      expect(received.status).toBeGreaterThanOrEqual(400);
  }
}

function expectBlocked({ status, bytes }: Received): void {
  expect({ status, text: bytes.toString() }).toEqual({
    status: 400,
    text: expect.stringContaining('has been rejected by CrowdStrike AIDR'),
  });
}

/** What the client had before the phrase was whole cannot be taken back: the answer ends there. */
async function expectEnded(test: ReportTest, received: Received): Promise<void> {
  if (received.status !== 200) return expectBlocked(received);
  await expectNotLeaked(test, received);
  const [before, after] = [await readByClient(test, test.bytes), await readByClient(test, received.bytes)];
  expect(after.texts.join('').length).toBeLessThan(before.texts.join('').length);
}

/** All is as it was but for what was planted, byte for byte, or, where it is cut up, as the provider's own client reads it. */
async function expectRedacted(test: ReportTest, received: Buffer): Promise<void> {
  const { planted, report } = test;
  const redacted = (text: string) => text.replaceAll(planted, report.replacement);
  if (!report.contentType) expect(received.toString()).toBe(redacted(test.bytes.toString()));
  if (test.bytes.includes(planted)) expect(received.toString()).toContain(report.replacement);
  expect(received.toString()).not.toContain(planted);
  const before = await readByClient(test, test.bytes);
  const after = await readByClient(test, received, before.isCumulative);
  expect(after.errors).toEqual(before.errors);
  if (before.isCumulative) {
    expect(after.texts.at(-1)).toBe(redacted(before.texts.at(-1) ?? ''));
    // Not even its first characters, in one event or another.
    for (const text of after.texts) expect(text).not.toContain(planted.slice(0, PREFIX));
    return;
  }
  expect(after.texts.join('')).toBe(redacted(before.texts.join('')));
  expect(after.whole).toEqual(replaced(before.whole, redacted));
}

async function expectNotLeaked(test: ReportTest, { status, bytes }: Received): Promise<void> {
  expect(bytes.toString()).not.toContain(test.planted);
  if (status !== 200) return;
  const { texts, whole } = await readByClient(test, bytes);
  expect(texts.join('')).not.toContain(test.planted);
  expect(JSON.stringify(whole) ?? '').not.toContain(test.planted);
}

/** The Python client takes every blank line behind an `id:` for the end of an event, and parses what there is of it. */
async function expectNoEmptyEvents(test: ReportTest, bytes: Buffer): Promise<void> {
  const blocks = bytes.toString().split(/\r?\n\r?\n/);
  const events = blocks.filter((block) => block.trim() !== '');
  expect(events.filter((event) => event.includes(': keep-alive'))).not.toEqual([]);
  expect(events.filter((event) => !/^data:/m.test(event))).toEqual([]);
  const [before, after] = [await readByClient(test, test.bytes), await readByClient(test, bytes)];
  expect(isDeepStrictEqual(after, before)).toBe(true);
}

/** Characters of a planted value that are too many to leave. */
const PREFIX = 4;

interface ClientReading {
  /** What grows from event to event, each by itself; every event's own where each repeats what was before. */
  texts: string[];
  /** What the client makes of all of it, where it does. */
  whole: unknown;
  errors: string[];
  isCumulative: boolean;
}

/** @param isCumulative as the stream was that the provider sent */
async function readByClient(
  { report }: ReportTest,
  bytes: Buffer,
  isCumulative?: boolean,
): Promise<ClientReading> {
  const reader = report.contentType ? streamReaderOf(report) : undefined;
  if (!reader) return { texts: [], whole: await readWhole(report, bytes), errors: [], isCumulative: false };
  const { events, accumulated, errors } = await reader.read(bytes);
  const own = events.map(ownTextOf).filter((text) => text !== undefined);
  const doesRepeat = isCumulative ?? repeats(own);
  return {
    texts: doesRepeat ? own : grownTexts(events),
    whole: accumulated,
    errors,
    isCumulative: doesRepeat,
  };
}

const ENDPOINTS: Record<string, string> = {
  '/v1/responses': 'responses',
  '/v1/chat/completions': 'chat-completions',
  '/v1/completions': 'completions',
};

function streamReaderOf({ provider, apiUri, contentType }: ReportCase) {
  const ext = contentType === 'text/event-stream' ? 'sse' : 'bin';
  return sdkReaderOf({
    file: `answer.${ext}`,
    provider: provider === 'azureai' ? 'azure' : provider,
    endpoint: ENDPOINTS[apiUri] ?? apiUri,
    ...{ api_uri: apiUri, direction: 'response', streaming: true, format: '' },
    ...{ texts: [], aux: [], opaque: [] },
  });
}

async function readWhole({ provider }: ReportCase, bytes: Buffer): Promise<unknown> {
  const fetch = async () =>
    new Response(Uint8Array.from(bytes), { headers: { 'content-type': 'application/json' } });
  if (provider === 'gemini') {
    const client = new GoogleGenAI({ apiKey: 'k', httpOptions: { fetch } });
    return (await client.models.generateContent({ model: 'm', contents: 'hi' })).candidates;
  }
  const client = new OpenAI({ apiKey: 'k', maxRetries: 0, fetch });
  const messages = [{ role: 'user' as const, content: 'hi' }];
  return (await client.chat.completions.create({ model: 'm', messages })).choices;
}

/** What some providers put into each event beside what is new, or instead of it. */
function ownTextOf(event: unknown): string | undefined {
  const [choice] = (isObject(event) && Array.isArray(event.choices) ? event.choices : []) as unknown[];
  const message = isObject(choice) && isObject(choice.message) ? choice.message : {};
  if (typeof message.content === 'string') return message.content;
  const [candidate] = (
    isObject(event) && Array.isArray(event.candidates) ? event.candidates : []
  ) as unknown[];
  const content = isObject(candidate) && isObject(candidate.content) ? candidate.content : {};
  const [part] = (Array.isArray(content.parts) ? content.parts : []) as unknown[];
  return isObject(part) && typeof part.text === 'string' ? part.text : undefined;
}

function repeats(texts: readonly string[]): boolean {
  return texts.length > 1 && texts.every((text, index) => text.startsWith(texts[index - 1] ?? ''));
}

/** Every string of a value, changed. */
function replaced(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => replaced(item, change));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaced(item, change)]));
}
