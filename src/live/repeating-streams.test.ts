/** Streams that say what they say in odd ways: the reader ends up with one text, and that is what is inspected. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cut, inOnePiece, throughWindows } from '../../testkit/streams/through-windows.ts';
import { parseStream } from '../body/stream/index.ts';
import { SSE } from '../body/stream/sse.ts';
import type { Provider } from '../config/api-uri.ts';
import { readStream } from '../formats/read.ts';
import { routeFormats } from '../formats/registry.ts';
import { WindowedStream } from './windows.ts';

const SECRET = '234-56-7890';
const MASK = '<SSN>';

/** As a detector does: a number that grows together with letters or digits beside it is none. */
const redacted = (text: string) => text.replaceAll(/\b234-56-7890\b/g, MASK);

interface Sample {
  name: string;
  route: [Provider, string];
  /** @returns the events in which a stream says the pieces */
  events(pieces: readonly string[]): object[];
  /** @returns all that a reader sees of the text, one after the other; the last is what it ends up with */
  seen(events: readonly Event[]): string[];
}

// biome-ignore lint/suspicious/noExplicitAny: a reader of JSON
type Event = any;

const soFar = (pieces: readonly string[]) => pieces.map((_, index) => pieces.slice(0, index + 1).join(''));
const growing = (deltas: readonly (string | undefined)[]) => soFar(deltas.map((delta) => delta ?? ''));
const CHAT: [Provider, string] = ['openai', '/v1/chat/completions'];
const GEMINI: [Provider, string] = ['gemini', 'streamGenerateContent'];
const candidate = (...parts: object[]) => ({ candidates: [{ index: 0, content: { role: 'model', parts } }] });
const call = { index: 0, id: 'c', type: 'function', function: { name: 'f', arguments: '{"a":"b"}' } };

/** @returns the pieces with something between the first and the second half of them */
const interrupted = (pieces: readonly string[], between: (piece: string) => object, by: object[]) => {
  const half = Math.ceil(pieces.length / 2);
  return [...pieces.slice(0, half).map(between), ...by, ...pieces.slice(half).map(between)];
};

const SAMPLES: Sample[] = [
  {
    name: 'chat completions that count chunks in index',
    route: CHAT,
    events: (pieces) => [
      ...pieces.map((content, index) => ({
        choices: [{ index, delta: { role: 'assistant', content }, finish_reason: null }],
      })),
      { choices: [{ index: pieces.length + 7, delta: {}, finish_reason: 'stop' }] },
    ],
    seen: (events) => growing(events.map(({ choices: [choice] }) => choice.delta.content)),
  },
  {
    name: 'completions that count chunks in index',
    route: ['openai', '/v1/completions'],
    events: (pieces) => pieces.map((text, index) => ({ choices: [{ index, text, finish_reason: null }] })),
    seen: (events) => growing(events.map(({ choices: [choice] }) => choice.text)),
  },
  {
    name: 'chunks with all of the message beside each delta',
    route: CHAT,
    events: (pieces) =>
      soFar(pieces).map((content, index) => ({
        choices: [{ index: 0, delta: { content: pieces[index] }, message: { role: 'assistant', content } }],
      })),
    seen: (events) => [
      ...events.map(({ choices: [choice] }) => choice.message.content),
      ...growing(events.map(({ choices: [choice] }) => choice.delta.content)),
    ],
  },
  {
    name: 'chunks with all of the message alone',
    route: CHAT,
    events: (pieces) => soFar(pieces).map((content) => ({ choices: [{ index: 0, message: { content } }] })),
    seen: (events) => events.map(({ choices: [choice] }) => choice.message.content),
  },
  {
    name: 'deltas that are all of the text',
    route: CHAT,
    events: (pieces) => soFar(pieces).map((content) => ({ choices: [{ index: 0, delta: { content } }] })),
    seen: (events) => events.map(({ choices: [choice] }) => choice.delta.content),
  },
  {
    name: 'Gemini with all of the text in each chunk',
    route: GEMINI,
    events: (pieces) => soFar(pieces).map((text) => candidate({ text })),
    seen: (events) => events.map(({ candidates: [{ content }] }) => content.parts[0].text),
  },
  {
    name: 'Titan with all of the text in each chunk',
    route: ['bedrock', 'invoke-with-response-stream'],
    events: (pieces) => soFar(pieces).map((outputText) => ({ outputText, index: 0 })),
    seen: (events) => events.map(({ outputText }) => outputText),
  },
  {
    name: 'chat completions with a call in the middle of the content',
    route: CHAT,
    events: (pieces) =>
      interrupted(pieces, (content) => ({ choices: [{ index: 0, delta: { content } }] }), [
        { choices: [{ index: 0, delta: { tool_calls: [call] } }] },
      ]),
    seen: (events) => growing(events.map(({ choices: [choice] }) => choice.delta.content)),
  },
  {
    name: 'chat completions with an answer in the middle of a thought',
    route: CHAT,
    events: (pieces) =>
      interrupted(pieces, (text) => ({ choices: [{ index: 0, delta: { reasoning_content: text } }] }), [
        { choices: [{ index: 0, delta: { content: 'Meanwhile, this is an answer of some length.' } }] },
      ]),
    seen: (events) => growing(events.map(({ choices: [choice] }) => choice.delta.reasoning_content)),
  },
  {
    name: 'Gemini with a thought and a call in the middle of the text',
    route: GEMINI,
    events: (pieces) =>
      interrupted(pieces, (text) => candidate({ text }), [
        candidate({ text: 'A thought that is long enough.', thought: true }),
        candidate({ functionCall: { name: 'f', args: { a: 'b' } } }),
      ]),
    seen: (events) =>
      growing(
        events.map(({ candidates: [{ content }] }) =>
          content.parts[0].thought ? undefined : content.parts[0].text,
        ),
      ),
  },
  {
    name: 'messages with the deltas of a block behind another block',
    route: ['anthropic', '/v1/messages'],
    events: (pieces) => [
      { type: 'message_start', message: { id: 'm', type: 'message', role: 'assistant', content: [] } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      ...interrupted(
        pieces,
        (text) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
        [
          {
            type: 'content_block_start',
            index: 1,
            content_block: { type: 'tool_use', id: 't', name: 'f', input: {} },
          },
          {
            type: 'content_block_delta',
            index: 1,
            delta: { type: 'input_json_delta', partial_json: '{"a":"b"}' },
          },
        ],
      ),
    ],
    seen: (events) => growing(events.map(({ index, delta }) => (index === 0 ? delta?.text : undefined))),
  },
];

const framesOf = (events: readonly object[]) => events.map((event) => `data: ${JSON.stringify(event)}\n\n`);
const bytesOf = (events: readonly object[]) => Buffer.from(framesOf(events).join(''));

function eventsIn(bytes: Uint8Array): Event[] {
  const frames = Buffer.from(bytes).toString().split('\n\n');
  return frames.flatMap((frame) => (frame.startsWith('data: {') ? [JSON.parse(frame.slice(6))] : []));
}

function readerOf({ route }: Pick<Sample, 'route'>) {
  const formats = routeFormats(...route);
  if (!formats) throw new Error('no such route');
  return (events: Parameters<typeof readStream>[1]) => readStream(formats, events, '/');
}

function buffered(sample: Pick<Sample, 'route'>, bytes: Uint8Array): Uint8Array {
  const parsed = parseStream(bytes, 'text/event-stream');
  if (!parsed?.ok) throw new Error('not a stream');
  const written = inOnePiece(parsed.document, readerOf(sample)(parsed.document.events).extraction, redacted);
  if (!written) throw new Error('cannot be written back');
  return written;
}

const streamOf = (sample: Pick<Sample, 'route'>, windowChars = 40, overlapChars = 20) =>
  new WindowedStream({ framing: SSE, windowChars, overlapChars, read: readerOf(sample) });

function inPieces(text: string, sizes: readonly number[]): string[] {
  const pieces: string[] = [];
  for (let at = 0, index = 0; at < text.length; index++) {
    const size = sizes[index % sizes.length] ?? 1;
    pieces.push(text.slice(at, at + size));
    at += size;
  }
  return pieces;
}

const sizes = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 5 });
const before = fc.constantFrom('', 'It is ', 'The quick brown fox jumps over the lazy dog again, and it is ');
const behind = fc.constantFrom(
  '',
  '.',
  ' as you know, and a little more is said of it, which is of no interest at all.',
);

describe.each(SAMPLES.map((sample) => [sample.name, sample] as const))('%s', (_name, sample) => {
  it('is redacted as what the reader ends up with, and no part of the value is ever seen', () => {
    fc.assert(
      fc.property(
        before,
        behind,
        sizes,
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 4 }),
        (head, tail, of, size, latency) => {
          const bytes = bytesOf(sample.events(inPieces(`${head}${SECRET}${tail}`, of)));
          const live = throughWindows(streamOf(sample), cut(bytes, [size]), latency, redacted);
          for (const sent of [buffered(sample, bytes), live ?? Buffer.alloc(0)]) {
            const seen = sample.seen(eventsIn(sent));
            expect(seen.at(-1)).toBe(`${head}${MASK}${tail}`);
            expect(seen.filter((text) => /\d/.test(text))).toEqual([]);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('leaves byte for byte where nothing is redacted', () => {
    for (const lengths of [[1], [4], [7, 2]]) {
      const bytes = bytesOf(
        sample.events(inPieces('ha ha ha, nothing is hidden in 000-56-7890, as they say.', lengths)),
      );
      const live = throughWindows(streamOf(sample), cut(bytes, [50]), 1, redacted);
      expect(Buffer.from(live ?? []).toString()).toBe(bytes.toString());
      expect(Buffer.from(buffered(sample, bytes)).toString()).toBe(bytes.toString());
    }
  });
});

describe('a stream of which it is unclear', () => {
  it.each<[string, Pick<Sample, 'route'>, object[]]>([
    [
      'whether it has one answer or several is read in both ways',
      { route: CHAT },
      [`Call ${SECRET}`, 'Or call 234-', '56-7890 ', `${SECRET} is it`].map((content, index) => ({
        choices: [{ index, delta: { content } }],
      })),
    ],
    [
      'whether it repeats itself is read in both ways',
      { route: GEMINI },
      [candidate({ text: `It is ${SECRET}` }), candidate({ text: `It is ${SECRET}` })],
    ],
    [
      'whether it repeats itself, with a value across a cut, is read in both ways',
      { route: GEMINI },
      [candidate({ text: '234-' }), candidate({ text: '234-56-7890' })],
    ],
  ])('%s', (_name, sample, events) => {
    const bytes = bytesOf(events);
    const live = throughWindows(streamOf(sample, 5, 2), cut(bytes, [30]), 1, redacted);
    for (const sent of [buffered(sample, bytes), live ?? Buffer.alloc(0)]) {
      expect(eventsIn(sent)).toHaveLength(events.length);
      expect(Buffer.from(sent).toString()).not.toMatch(/\d-\d|7890/);
    }
  });

  it('is one of several choices when one comes back, or each is finished at once', () => {
    const delta = (index: number, content: string, finish_reason: string | null = null) => ({
      choices: [{ index, delta: { content }, finish_reason }],
    });
    for (const events of [
      [delta(0, 'a'), delta(1, 'b'), delta(0, 'c')],
      [delta(0, 'a', 'stop'), delta(1, 'b', 'stop')],
    ]) {
      const { extraction } = readerOf({ route: CHAT })(events.map((value) => ({ value })));
      expect(extraction.isUndecided).toBeUndefined();
      expect(extraction.segments.map(({ choice, text }) => `${choice} ${text}`)).toEqual(
        events.length === 3 ? ['0 ac', '1 b'] : ['0 a', '1 b'],
      );
    }
  });
});

describe('a live stream', () => {
  const text = 'The quick brown fox jumps over the lazy dog. '.repeat(100);

  /** @returns how many bytes have left before the last round, and how often and about how much AIDR was asked */
  const watched = (sample: Sample, said: string, of: number) => {
    const stream = streamOf(sample, 400, 100);
    let [rounds, asked, left] = [0, 0, 0];
    for (const frame of framesOf(sample.events(inPieces(said, [of])))) {
      stream.push(Buffer.from(frame));
      const pass = stream.isDue ? stream.begin(false) : undefined;
      if (!pass) continue;
      if (pass.windows.size > 0) rounds++;
      for (const { start, end } of pass.windows.values()) asked += end - start;
      const released = stream.commit(pass, new Map());
      if (released.ok) for (const bytes of released.bytes) left += bytes.length;
    }
    return { rounds, asked, left };
  };

  it.each(SAMPLES.slice(0, 7).map((sample) => [sample.name, sample] as const))(
    'flows once it is clear, and AIDR is not asked about each chunk: %s',
    (_name, sample) => {
      const { rounds, asked, left } = watched(sample, text, 20);
      expect(left).toBeGreaterThan(bytesOf(sample.events(inPieces(text, [20]))).length / 2);
      expect(asked).toBeLessThan(text.length * 6);
      expect(rounds).toBeLessThan((text.length / 20) * 0.6);
    },
  );

  it('with all of its text in each chunk takes time in proportion to its bytes', () => {
    const sample = SAMPLES[5];
    if (!sample) return;
    const once = (length: number) => {
      const said = text.repeat(5).slice(0, length);
      const began = performance.now();
      const bytes = bytesOf(sample.events(inPieces(said, [100])));
      throughWindows(streamOf(sample, 400, 100), cut(bytes, [60_000]), 1, redacted);
      return performance.now() - began;
    };
    // Whatever else the machine does only makes one of them longer.
    const time = (length: number) => Math.min(...Array.from({ length: 3 }, () => once(length)));
    time(10_000);
    // Twice the text is four times the bytes.
    expect(time(20_000)).toBeLessThan(12 * Math.max(time(10_000), 20));
  });

  it('lets arguments leave while the text before them could still resume, if they are the last', () => {
    const sample = SAMPLES[7];
    const events = sample?.events(['Let me see', '.']) ?? [];
    const [first = {}, ...others] = events;
    const sent = throughWindows(
      streamOf({ route: CHAT }, 5, 2),
      [bytesOf([first]), bytesOf(others)],
      1,
      redacted,
    );
    expect(Buffer.from(sent ?? []).toString()).toBe(bytesOf(events).toString());
  });
});
