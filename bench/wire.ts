/**
 * Reading a body and redacting it, in process: microseconds for bodies of three sizes, and per megabyte, which must
 * not grow with the size.
 */
import { findJsonHazard } from '../src/body/json/check.ts';
import { type JsonDocument, parseJson } from '../src/body/json/document.ts';
import type { StreamDocument } from '../src/body/stream/document.ts';
import { parseStream } from '../src/body/stream/index.ts';
import { readRequest, readStream } from '../src/formats/read.ts';
import { type RouteFormats, routeFormats } from '../src/formats/registry.ts';
import { isObject } from '../src/formats/segment.ts';
import { writeBack } from '../src/formats/write-back.ts';
import type { RunProfile } from './run-profile.ts';
import type { Row, Table } from './table.ts';

const SIZES = [
  { name: '2 KB', bytes: 2048, runs: 2000 },
  { name: '64 KB', bytes: 65_536, runs: 200 },
  { name: '1 MB', bytes: 1_048_576, runs: 30 },
];

const SENTENCE = 'The quick brown fox jumps over the lazy dog; my number is 078-05-1120, \\u00e9t\\u00e9. ';

/** A chat with many short turns, or with one long one. */
function chat(bytes: number, turns: number): Uint8Array {
  const perTurn = Math.max(1, Math.floor(bytes / turns / SENTENCE.length));
  const content = SENTENCE.repeat(perTurn);
  const messages = Array.from(
    { length: turns },
    (_, i) => `{"role":"${i % 2 ? 'assistant' : 'user'}","content":"${content}"}`,
  );
  return Buffer.from(`{"model":"gpt-4o","messages":[${messages.join(',\n  ')}]}`);
}

const NUMBER = '078-05-1120';

/** Chat chunks of one answer. */
function chatStream(events: number): Uint8Array {
  const delta = '{"content":"the number is 078-05-1120, and so on and on "}';
  const chunk = `data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":${delta}}]}\n\n`;
  return Buffer.from(`${chunk.repeat(events)}data: [DONE]\n\n`);
}

export function benchWire({ share }: RunProfile): Table[] {
  const formats = routeFormats('openai', '/v1/chat/completions');
  if (!formats) throw new Error('no body format');
  const read = (document: JsonDocument) =>
    readRequest(formats, isObject(document.value) ? document.value : {}, '/v1/chat/completions');
  const redact = (document: JsonDocument) => {
    const rewrites = read(document).extraction.segments.map((segment) => ({
      segment,
      text: segment.text.replaceAll('078-05-1120', '<US_SSN>'),
    }));
    const written = writeBack(document.value, rewrites);
    return written.ok && document.apply(written.edits);
  };
  const rows: Row[] = [];
  for (const { name, bytes, runs } of SIZES) {
    for (const [shape, turns] of [
      ['one turn', 1],
      ['many turns', Math.ceil(bytes / 200)],
    ] as const) {
      const body = chat(bytes, turns);
      const text = Buffer.from(body).toString('utf8');
      const measure = (task: () => unknown) => median(task, Math.ceil(runs * share));
      const hazards = measure(() => findJsonHazard(text));
      const extract = measure(() => read(open(body)));
      const extractAndRedact = measure(() => redact(open(body)));
      rows.push({
        case: `${name}, ${shape}`,
        'hazard check µs': micro(hazards),
        'extract µs': micro(extract),
        'extract + redact µs': micro(extractAndRedact),
        'hazard check ms/MB': perMegabyte(hazards, body),
        'extract ms/MB': perMegabyte(extract, body),
        'extract + redact ms/MB': perMegabyte(extractAndRedact, body),
      });
    }
  }
  return [
    { title: 'Reading and redacting a chat', rows },
    { title: 'Reading and redacting a streamed answer', rows: streamRows(formats, Math.ceil(20 * share)) },
  ];
}

/** Ten times the events must not cost more than ten times as much. */
function streamRows(formats: RouteFormats, runs: number): Row[] {
  return [1000, 10_000].map((events) => {
    const body = chatStream(events);
    const extract = median(() => readStream(formats, openStream(body).events, ''), runs);
    const redactOne = median(
      () => redactStream(formats, body, (text) => text.replace(NUMBER, '<US_SSN>')),
      runs,
    );
    const redactAll = median(
      () => redactStream(formats, body, (text) => text.replaceAll(NUMBER, '<US_SSN>')),
      runs,
    );
    return {
      case: `stream of ${events} events, ${Math.round(body.length / 1024)} KB`,
      'extract ms': tenths(extract),
      'extract + redact one event ms': tenths(redactOne),
      'extract + redact every event ms': tenths(redactAll),
      'ms per 1000 events: extract': tenths((extract / events) * 1000),
      'ms per 1000 events: redact every event': tenths((redactAll / events) * 1000),
    };
  });
}

function redactStream(formats: RouteFormats, body: Uint8Array, redact: (text: string) => string): unknown {
  const document = openStream(body);
  const { extraction } = readStream(formats, document.events, '');
  const rewrites = extraction.segments.map((segment) => ({ segment, text: redact(segment.text) }));
  const written = writeBack(document.value, rewrites);
  return written.ok && document.apply(written.edits);
}

function openStream(body: Uint8Array): StreamDocument {
  const parsed = parseStream(body, 'text/event-stream');
  if (!parsed?.ok) throw new Error('no stream');
  return parsed.document;
}

function open(body: Uint8Array): JsonDocument {
  const parsed = parseJson(body);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.document;
}

/** @returns milliseconds */
function median(task: () => unknown, runs: number): number {
  for (let i = 0; i < runs / 4; i++) task();
  const times = Array.from({ length: runs }, () => {
    const start = performance.now();
    task();
    return performance.now() - start;
  });
  return times.sort((a, b) => a - b)[Math.floor(runs / 2)] ?? 0;
}

function tenths(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}

function micro(milliseconds: number): number {
  return Math.round(milliseconds * 1000);
}

function perMegabyte(milliseconds: number, body: Uint8Array): number {
  return Math.round((milliseconds / (body.length / 1_048_576)) * 100) / 100;
}
