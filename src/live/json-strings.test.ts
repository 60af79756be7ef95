/** Arguments that are streamed: JSON in pieces that cut escapes and values anywhere. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nested } from '../../testkit/bodies/nested-json.ts';
import { cut, inOnePiece, throughWindows } from '../../testkit/streams/through-windows.ts';
import { parseStream } from '../body/stream/index.ts';
import { SSE } from '../body/stream/sse.ts';
import { readStream } from '../formats/read.ts';
import { routeFormats } from '../formats/registry.ts';
import { WindowedStream } from './windows.ts';

const OVERLAP = 24;
const RUNS = { numRuns: Number(process.env.PROPERTY_RUNS ?? 60) };

const read = (events: Parameters<typeof readStream>[1]) => {
  const formats = routeFormats('openai', '/v1/chat/completions');
  if (!formats) throw new Error('no such format');
  return readStream(formats, events, '/v1/chat/completions');
};

function redact(text: string): string {
  return text.replaceAll(/\b234-56-7890\b|\b4111111111111111\b/g, (value) => `****${value.slice(-4)}`);
}

function streamOf(pieces: readonly string[]): Buffer {
  const events = pieces.map((piece) => ({
    choices: [{ index: 0, delta: { tool_calls: [{ index: 0, function: { arguments: piece } }] } }],
  }));
  const named = {
    choices: [{ index: 0, delta: { tool_calls: [{ index: 0, id: 'call_1', function: { name: 'f' } }] } }],
  };
  return Buffer.from([named, ...events].map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''));
}

function argumentsIn(bytes: Uint8Array): string[] {
  return Buffer.from(bytes)
    .toString()
    .split('\n\n')
    .filter((frame) => frame !== '')
    .map(
      (frame) =>
        JSON.parse(frame.slice('data: '.length)).choices[0].delta.tool_calls[0].function.arguments ?? '',
    );
}

function cutText(text: string, sizes: readonly number[]): string[] {
  const pieces: string[] = [];
  for (let at = 0, index = 0; at < text.length; index++) {
    const size = sizes[index % sizes.length] ?? 1;
    pieces.push(text.slice(at, at + size));
    at += size;
  }
  return pieces;
}

/** Each pass reads all that came before: a text that is many usual ones long comes in pieces that much longer. */
function inAsManyPieces(lengths: number, sizes: readonly number[]): number[] {
  const times = Math.ceil(lengths);
  return sizes.map((size) => size * times);
}

const words = fc.constantFrom(
  '234-56-7890',
  '\n',
  '\t',
  ' ',
  'ab',
  '"',
  '\\',
  '/é中',
  '\u00a0',
  '{',
  '}',
  '1',
);
const sizes = fc.array(fc.integer({ min: 1, max: 17 }), { minLength: 1, maxLength: 5 });
// Written by its code units at every level, a text grows sixfold with each.
const ways = fc.array(fc.constantFrom(0, 0, 0, 0, 0, 1, 2, 3), { minLength: 1, maxLength: 5 });
const inputs = [
  fc.array(words, { maxLength: 14 }),
  fc.array(ways, { minLength: 1, maxLength: 4 }),
  fc.oneof(fc.constant(''), fc.constantFrom('4111111111111111', '4.111111111111111e15', '12345')),
  sizes,
  sizes,
  fc.record({ windowChars: fc.integer({ min: 1, max: 60 }), latency: fc.integer({ min: 1, max: 5 }) }),
] as const;

test('redacted while they are streamed, they become what they become in one piece, and nothing is late', () => {
  const property = fc.property(
    ...inputs,
    (parts, levels, number, deltas, chunks, { windowChars, latency }) => {
      const inner = nested(parts.join(' ').replace(/^\s*"/, ''), levels);
      const raw = number === '' ? inner : `{"n": ${number}, "x": ${inner}}`;
      const bytes = streamOf(cutText(raw, inAsManyPieces(raw.length / 400, deltas)));
      const parsed = parseStream(bytes, 'text/event-stream');
      if (!parsed?.ok) throw new Error('no stream');
      const whole = inOnePiece(parsed.document, read(parsed.document.events).extraction, redact);
      const stream = new WindowedStream({ framing: SSE, windowChars, overlapChars: OVERLAP, read });
      const live = throughWindows(
        stream,
        cut(bytes, inAsManyPieces(bytes.length / 4000, chunks)),
        latency,
        redact,
      );
      expect(whole && argumentsIn(whole).join('')).toBe(live && argumentsIn(live).join(''));
      const now = live && argumentsIn(live).join('');
      expect(now).toBeDefined();
      expect(() => JSON.parse(now ?? '')).not.toThrow();
      expect(now).not.toMatch(/\b4111111111111111\b|4\.1111/);
    },
  );
  fc.assert(property, RUNS);
});

const CODE = [
  'export const WORD = /[\\u00e0-\\u00ff]+\\s"\\d{3}"/gu;',
  '\tconst path = "C:\\\\new\\\\table"; // 予約は 234-56-7890 です 🔑',
  '234-56-7890',
  'console.log(JSON.stringify({ "ssn": `234-56-7890\\n` }));',
].join('\r\n');

describe('what coding agents call their tools with is redacted while it is streamed', () => {
  test.each([
    ['Write', { file_path: '/a/b.ts', content: CODE }],
    ['Edit', { file_path: '/a/b.ts', old_string: CODE, new_string: `${CODE}\n`, replace_all: false }],
    ['a command', { command: `cat <<'EOF' > b.json\n${JSON.stringify({ a: CODE })}\nEOF`, timeout: 120000 }],
    ['a patch', { input: `*** Begin Patch\n+${CODE.replaceAll('\r\n', '\n+')}\n*** End Patch` }],
  ])('%s', (_name, input) => {
    const isAscii = [false, true];
    for (const ascii of isAscii) {
      const raw = ascii ? asciiJson(input) : JSON.stringify(input);
      for (const size of [1, 3, 8, 40]) {
        const bytes = streamOf(cutText(raw, [size]));
        const stream = new WindowedStream({ framing: SSE, windowChars: 40, overlapChars: OVERLAP, read });
        const live = throughWindows(stream, cut(bytes, [97]), 2, redact);
        const now = live && argumentsIn(live).join('');
        expect(now).toBe(raw.replaceAll('234-56-7890', '****7890'));
        expect(() => JSON.parse(now ?? '')).not.toThrow();
      }
    }
  });
});

/** As Python writes it. */
function asciiJson(value: object): string {
  return JSON.stringify(value).replaceAll(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
