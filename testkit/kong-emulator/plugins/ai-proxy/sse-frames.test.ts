import { describe, expect, it } from 'vitest';
import { SseFrames } from './sse-frames.ts';

const read = (...chunks: (string | Buffer)[]) => {
  const frames = new SseFrames();
  return chunks.map((chunk) => frames.read(Buffer.from(chunk)).filter(({ data }) => data !== undefined));
};

describe("ai-proxy's reading of streams", () => {
  it.each([
    ['one event', ['event: a\ndata: 1\n\n'], [[{ event: 'a', data: '1' }]]],
    ['two events in a chunk', ['data: 1\n\ndata: 2\n\n'], [[{ data: '1' }, { data: '2' }]]],
    ['lines of JSON', ['{"a":1}\n{"a":2}\n'], [[{ data: '{"a":1}' }, { data: '{"a":2}' }]]],
    ['a comment', [': ping\n\ndata: 1\n\n'], [[{ data: '1' }]]],
    ['a line cut in two', ['data: {"a"', ':1}\n\n'], [[], [{ data: '{"a":1}' }]]],
    ['a cut after the event line, which is lost', ['event: a\nda', 'ta: 1\n\n'], [[], [{ data: '1' }]]],
    [
      'carriage returns: the last event only, with one',
      ['data: 1\r\n\r\ndata: 2\r\n\r\n'],
      [[{ data: '2\r' }]],
    ],
  ])('finds %s', (_, chunks, events) => {
    expect(read(...chunks)).toEqual(events);
  });

  it('keeps a character whole that the border of two chunks cuts', () => {
    const bytes = Buffer.from('data: é\n\n');
    expect(read(bytes.subarray(0, 7), bytes.subarray(7))).toEqual([[], [{ data: 'é' }]]);
  });
});
