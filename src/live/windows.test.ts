import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cut,
  inOnePiece,
  STREAM_SAMPLES,
  type StreamSample,
  throughWindows,
} from '../../testkit/streams/through-windows.ts';
import { parseStream } from '../body/stream/index.ts';
import { SSE } from '../body/stream/sse.ts';
import { readStream } from '../formats/read.ts';
import { routeFormats } from '../formats/registry.ts';
import { type InspectionPass, WindowedStream } from './windows.ts';

/** What AIDR hides, wherever it stands whole, and what it puts there. */
const SECRETS: Record<string, string> = {
  '234-56-7890': '*******7890',
  aaaa: '<A>',
  'jörg@example.org': '****@example.org',
  '🔑🔑': '',
  abab: 'a***',
};
const LONGEST = Math.max(...Object.keys(SECRETS).map((secret) => secret.length));

function redacted(text: string): string {
  return text.replaceAll(/234-56-7890|aaaa|jörg@example\.org|🔑🔑|abab/g, (secret) => SECRETS[secret] ?? '');
}

function readerOf({ route }: StreamSample) {
  const formats = routeFormats(...route);
  if (!formats) throw new Error('no such route');
  return (events: Parameters<typeof readStream>[1]) => readStream(formats, events, '/');
}

function streamOf(sample: StreamSample, windowChars: number, overlapChars: number): WindowedStream {
  return new WindowedStream({ framing: sample.framing, windowChars, overlapChars, read: readerOf(sample) });
}

/** What buffered mode makes of it. */
function buffered(sample: StreamSample, bytes: Uint8Array): Uint8Array {
  const parsed = parseStream(bytes, sample.contentType);
  if (!parsed?.ok) throw new Error('not a stream');
  const written = inOnePiece(parsed.document, readerOf(sample)(parsed.document.events).extraction, redacted);
  if (!written) throw new Error('cannot be written back');
  return written;
}

function textsIn(sample: StreamSample, bytes: Uint8Array): string[] {
  const parsed = parseStream(bytes, sample.contentType);
  if (!parsed?.ok) throw new Error('not a stream');
  return readerOf(sample)(parsed.document.events).extraction.segments.map(
    ({ role, kind, text }) => `${role} ${kind} ${text}`,
  );
}

function bytesOf(frames: readonly (string | Uint8Array)[]): Uint8Array {
  return Buffer.concat(frames.map((frame) => Buffer.from(frame)));
}

/** Deltas between which secrets are cut anywhere, but for halves of a character. */
const pieces = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom('the ', 'a', 'ab', '. ', '7') },
      fc.constantFrom(...Object.keys(SECRETS)),
    ),
    {
      minLength: 1,
      maxLength: 40,
    },
  )
  .chain((words) =>
    fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }).map((sizes) => {
      const characters = [...words.join('')];
      const list: string[] = [];
      for (let at = 0, index = 0; at < characters.length; index++) {
        const size = sizes[index % sizes.length] ?? 1;
        list.push(characters.slice(at, at + size).join(''));
        at += size;
      }
      return list;
    }),
  );

/** The second window begins within `abab`, and one difference reaches from the first window into the second. */
const CUT_AT_THE_BEGINNING = ['the abjörg@example.orgabab7aaaa7aaaa. 234-56-7890jörg@example.o', 'r', 'g'];

describe.each(STREAM_SAMPLES.map((sample) => [sample.name, sample] as const))('%s', (_name, sample) => {
  test('the client gets what it would get buffered, however windows and chunks are cut', () => {
    fc.assert(
      fc.property(
        fc.array(pieces, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 120 }),
        fc.integer({ min: LONGEST, max: 60 }),
        fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 8 }),
        (texts, windowChars, overlapChars, sizes, latency) => {
          const bytes = bytesOf(sample.frames(texts));
          const stream = streamOf(sample, windowChars, overlapChars);
          const sent = throughWindows(stream, cut(bytes, sizes), latency, redacted);
          expect(sent && textsIn(sample, sent)).toEqual(textsIn(sample, buffered(sample, bytes)));
        },
      ),
      { examples: [[[CUT_AT_THE_BEGINNING], 58, LONGEST, [1], 1]] },
    );
  });

  test('without a redaction, every byte leaves as it came', () => {
    const bytes = bytesOf(
      sample.frames([
        ['clean ', 'text'],
        ['more ', 'of it'],
        ['and ', 'more'],
      ]),
    );
    const sent = throughWindows(streamOf(sample, 5, 2), cut(bytes, [7]), 1, redacted);
    expect(Buffer.from(sent ?? []).toString('latin1')).toBe(Buffer.from(bytes).toString('latin1'));
  });
});

test('what is hidden in lines that are read together stays in its line', () => {
  const event = {
    ...{ id: 'chatcmpl-1', object: 'chat.completion.chunk', model: 'gpt-4o-mini' },
    ops: ['subtract', 'multiply', 'divide'],
    choices: [{ index: 0, delta: { content: 'Hello.' }, finish_reason: null }],
  };
  const bytes = Buffer.from(`data: ${JSON.stringify(event)}\n\ndata: [DONE]\n\n`);
  const formats = routeFormats('openai', '/v1/chat/completions');
  if (!formats) throw new Error('no such format');
  const stream = new WindowedStream({
    ...{ framing: SSE, windowChars: 5, overlapChars: LONGEST },
    read: (events) => readStream(formats, events, '/'),
  });
  const hide = (text: string) => text.replace('ract', '<HIDDEN>').replace('iply', '<HIDDEN>');
  const sent = throughWindows(stream, cut(bytes, [50]), 1, hide);
  expect(Buffer.from(sent ?? []).toString()).toContain('"ops":["subt<HIDDEN>","mult<HIDDEN>","divide"]');
});

describe('what stands before an answer', () => {
  const formats = routeFormats('openai', '/v1/responses');
  if (!formats) throw new Error('no such format');
  const stream = () =>
    new WindowedStream({
      ...{ framing: SSE, windowChars: 5, overlapChars: 2 },
      read: (events) => readStream(formats, events, '/'),
    });
  const frame = (event: object) => Buffer.from(`data: ${JSON.stringify(event)}\n\n`);
  const response = { id: 'resp_1', instructions: 'Be kind. '.repeat(50), output: [] };
  const created = frame({ type: 'response.created', response });
  const item = { type: 'message', id: 'msg_1', role: 'assistant', content: [] };
  const added = frame({ type: 'response.output_item.added', output_index: 0, item });
  const delta = (text: string) =>
    frame({ type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: text });
  const image = {
    type: 'response.image_generation_call.partial_image',
    partial_image_b64: 'iVBORw0KGgoAAAAN',
  };

  /** @returns what leaves after a round about everything that has arrived */
  function leaving(windowed: WindowedStream, ...frames: Uint8Array[]): string {
    for (const one of frames) windowed.push(one);
    const pass = windowed.begin(false);
    const released = pass && windowed.commit(pass, new Map());
    return released?.ok ? Buffer.concat(released.bytes).toString() : 'nothing was asked';
  }

  test('waits for the first of the answer, and leaves with it', () => {
    const windowed = stream();
    expect(leaving(windowed, created, added)).toBe('');
    expect(windowed.left).toBe(0);
    expect(leaving(windowed, delta('Hello '))).toBe('');
    expect(leaving(windowed, delta('you there.'))).toBe(`${created}${added}${delta('Hello ')}`);
    expect(windowed.left).toBe(3);
  });

  test('leaves with an image as well', () => {
    const windowed = stream();
    expect(leaving(windowed, created)).toBe('');
    expect(leaving(windowed, frame(image))).toBe('');
    expect(leaving(windowed, frame(image))).toBe(`${created}${frame(image)}`);
  });
});

test('the newest event waits for the next one, or for the end, at which all is asked about as a whole', () => {
  const formats = routeFormats('openai', '/v1/chat/completions');
  if (!formats) throw new Error('no such format');
  const windowed = new WindowedStream({
    ...{ framing: SSE, windowChars: 5, overlapChars: 2 },
    read: (events) => readStream(formats, events, '/'),
  });
  const chunk = (message: object, finish_reason: string | null) =>
    `data: ${JSON.stringify({ choices: [{ index: 0, message, finish_reason }] })}\n\n`;
  const whole = chunk({ role: 'assistant', content: 'All is said.' }, 'stop');
  windowed.push(Buffer.from(`${whole}data: [DONE]\n\n`));
  const sent = (pass: InspectionPass | undefined) => {
    const released = pass && windowed.commit(pass, new Map());
    return released?.ok && Buffer.concat(released.bytes).toString();
  };
  expect(sent(windowed.begin(false))).toBe(whole);
  windowed.end();
  expect(sent(windowed.begin(true))).toBe('data: [DONE]\n\n');
});
