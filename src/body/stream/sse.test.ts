import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Edit } from '../json/edit.ts';
import type { ParsedStream, StreamDocument, StreamEvent } from './document.ts';
import { parseFrames } from './framing.ts';
import { SSE } from './sse.ts';

function documentOf(text: string): StreamDocument {
  const parsed = parseFrames(Buffer.from(text, 'utf8'), SSE);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.document;
}

/** What is told, without how much it is. */
function eventsOf({ events }: StreamDocument): Omit<StreamEvent, 'size'>[] {
  return events.map(({ size: _, ...event }) => event);
}

function edited(text: string, edits: Edit[]): string {
  return Buffer.from(documentOf(text).apply(edits)).toString('utf8');
}

function problemOf(parsed: ParsedStream): string | undefined {
  return parsed.ok ? undefined : parsed.problem;
}

test.each([
  ['LF', 'event: a\ndata: {"t":"x"}\n\n'],
  ['CR', 'event: a\rdata: {"t":"x"}\r\r'],
  ['CRLF', 'event: a\r\ndata: {"t":"x"}\r\n\r\n'],
  ['mixed line ends', 'event: a\r\ndata: {"t":"x"}\n\r\n'],
  ['no space after the colon', 'event:a\ndata:{"t":"x"}\n\n'],
  ['a byte-order mark', '\ufeffevent: a\ndata: {"t":"x"}\n\n'],
  ['no blank line at the end', 'event: a\ndata: {"t":"x"}\n'],
  ['no line end at the end', 'event: a\ndata: {"t":"x"}'],
  ['ids and keep-alives', ': ping\nid: 1\nretry: 3\n: ---\nevent: a\ndata: {"t":"x"}\n:\n\n:ok'],
  ['data on several lines', 'event: a\ndata: {"t":\ndata: "x"\ndata\ndata: }\n\n'],
  ['spaces around the JSON', 'data:  {"t":"x"}  \nevent: a\n\n'],
])('an event is read and rewritten in place with %s', (_, text) => {
  expect(eventsOf(documentOf(text))).toEqual([{ name: 'a', value: { t: 'x' } }]);
  expect(edited(text, [])).toBe(text);
  expect(edited(text, [{ path: [0, 't'], text: 'new' }])).toBe(text.replace('"x"', '"new"'));
});

test('a name in words is a text too', () => {
  expect(eventsOf(documentOf('event: a b\ndata: 1\n\nevent: c d\n\n'))).toEqual([
    { name: 'a b', value: 1, beside: 'a b' },
    { value: undefined, beside: 'c d' },
  ]);
});

test('what has no data is no event, and what has no JSON has no value', () => {
  const text = 'event: ping\n\n: keep-alive\n\ndata: {"t":1}\n\ndata:\n\ndata: [DONE]\n\n';
  expect(eventsOf(documentOf(text))).toEqual([
    { value: { t: 1 } },
    { value: undefined },
    { value: undefined },
  ]);
  expect(documentOf(text).value).toEqual([{ t: 1 }, undefined, undefined]);
});

test.each([
  ['a comment', ': hi', 'hi'],
  ['a comment without a space', ':hi', 'hi'],
  ['an unknown field', 'foo: bar', 'foo: bar'],
  ['a field with a known beginning', 'database: down', 'database: down'],
  ['a line that is no field', 'hi', 'hi'],
  ['an id in words', 'id: a b', 'id: a b'],
  ['several of them', ': a\n: ping\nb: c', 'a\nb: c'],
  ['more than a keep-alive', ': ping me at home', 'ping me at home'],
])('%s stands beside an event, or is one by itself', (_name, lines, beside) => {
  expect(eventsOf(documentOf(`${lines}\ndata: {"t":1}\n\n`))).toEqual([{ value: { t: 1 }, beside }]);
  expect(eventsOf(documentOf(`data: {"t":1}\n${lines}\n\n`))).toEqual([{ value: { t: 1 }, beside }]);
  expect(eventsOf(documentOf(`${lines}\n\ndata: 1\n\n${lines}`))).toEqual([
    { value: undefined, beside },
    { value: 1 },
    { value: undefined, beside },
  ]);
  const text = `${lines}\n\ndata: {"t":"x"}\n\n`;
  expect(edited(text, [{ path: [1, 't'], text: 'y' }])).toBe(text.replace('"x"', '"y"'));
});

test.each([
  ...['', ' ', 'ok', 'ping', 'PING', 'keep-alive', 'keepalive', 'heartbeat', 'OPENROUTER PROCESSING', '...'],
  'ping - 2026-05-12 22:03:17.586031+00:00',
])('a comment that only keeps the connection alive is nothing: %j', (comment) => {
  expect(eventsOf(documentOf(`: ${comment}\n\ndata: 1\n\n`))).toEqual([{ value: 1 }]);
});

test('a name belongs to its own event only', () => {
  expect(eventsOf(documentOf('event: a\n\ndata: 1\n\n'))).toEqual([{ value: 1 }]);
});

test('events that no edit touches keep their bytes', () => {
  const text =
    'data: {"t":"\\u00e9", "n":1.0}\r\r: c\ndata: {"t":"b"}\n\ndata: {"t" : "c"}\r\n\r\ndata: [DONE]';
  expect(edited(text, [{ path: [1, 't'], text: 'B' }])).toBe(text.replace('"b"', '"B"'));
});

test.each([
  [
    'fewer lines',
    'data: {"t":{\ndata: "a":1\ndata: },\ndata: "u":2}\n\n',
    [{ path: [0, 't'], json: 'null' }],
  ],
  ['more lines', 'data: {"t":1,"u":2}\n\n', [{ path: [0, 't'], json: '\r\nnull\n' }]],
  [
    'a line without a colon',
    'data\ndata: {"t":1,\ndata\ndata: "u":2}\n\n',
    [{ path: [0], json: '{"t":\nnull,"u"\n:2}' }],
  ],
])('an event that is rewritten into %s stays one event', (_, text, edits) => {
  expect(eventsOf(documentOf(edited(text, edits)))).toEqual([{ value: { t: null, u: 2 } }]);
});

test('new text with line ends stays on its line', () => {
  const text = 'data: {"t":"x"}\n\n';
  expect(documentOf(edited(text, [{ path: [0, 't'], text: 'a\r\n\ndata: b' }])).value).toEqual([
    { t: 'a\r\n\ndata: b' },
  ]);
});

test.each([
  'data: {"t":"x"}\n\ndata: {"t":"se',
  'data: {"t":"x"}\n\ndata: {"t":"y"\n',
  'data: {"t":"x"}\n\ndata: [DO',
])('a last event that breaks off has no value and keeps its bytes: %j', (text) => {
  expect(documentOf(text).value).toEqual([{ t: 'x' }, undefined]);
  expect(edited(text, [{ path: [0, 't'], text: 'X' }])).toBe(text.replace('"x"', '"X"'));
});

test('a stream may break off inside a character', () => {
  const bytes = Buffer.from('data: {"t":"x"}\n\ndata: {"t":"\u{1f600}', 'utf8');
  for (const cut of [1, 2, 3]) {
    const parsed = parseFrames(bytes.subarray(0, bytes.length - cut), SSE);
    if (!parsed.ok) throw new Error(parsed.problem);
    expect(parsed.document.value).toEqual([{ t: 'x' }, undefined]);
    expect(Buffer.from(parsed.document.apply([]))).toEqual(bytes.subarray(0, bytes.length - cut));
  }
});

test.each([
  ['invalid_json', 'data: {"t":\n\ndata: {}\n\n'],
  ['invalid_json', 'data: {}\n\ndata: plain words\n\n'],
  ['invalid_json', 'data: {}\n\ndata: plain words that no JSON begins with'],
  ['invalid_json', 'data: {"a":1}\ndata: {"b":2}\n\n'],
  ['too_complex', `data: ${'['.repeat(300)}${']'.repeat(300)}\n\n`],
  ['too_complex', 'data\n\n'.repeat(300_000)],
  ['too_complex', 'data\n'.repeat(300_000)],
  ['too_complex', `data: [0${',0'.repeat(900_000)}]\n\n`.repeat(4)],
])('%s wherever an event is so', (problem, text) => {
  expect(problemOf(parseFrames(Buffer.from(text), SSE))).toBe(problem);
});

test('one key twice is told beside where the values differ, and edited in both where they do not', () => {
  const text = ': note\ndata: {"t":"a","t":"b"}\n\ndata: {"t":"c","t":"c"}\n\n';
  const parsed = parseFrames(Buffer.from(text), SSE);
  expect(parsed.ok && eventsOf(parsed.document)).toEqual([
    { value: { t: 'b' }, beside: 'note\na' },
    { value: { t: 'c' } },
  ]);
  const edits = [
    { path: [0, 't'], text: 'B' },
    { path: [1, 't'], text: 'C' },
  ];
  expect(edited(text, edits)).toBe(': note\ndata: {"t":"a","t":"B"}\n\ndata: {"t":"C","t":"C"}\n\n');
});

test('bytes that are no UTF-8 are refused', () => {
  expect(problemOf(parseFrames(Buffer.from('data: {"t":"\xff"}\n\n', 'latin1'), SSE))).toBe('invalid_utf8');
});

test('an edit of what is no event is a bug', () => {
  expect(() => edited('data: {}\n\n', [{ path: [1, 't'], text: '' }])).toThrow();
  expect(() => edited('data: [DONE]\n\n', [{ path: [0, 't'], text: '' }])).toThrow();
  expect(() => edited('data: {}\n\n', [{ path: [], json: '1' }])).toThrow();
});

test('lines may end as they like, each in its own way: the events are the same', () => {
  const line = fc.constantFrom(
    'data: {"t":"x"}',
    'data: {',
    'data: }',
    'data',
    'event: a',
    ': c',
    'id: 1',
    '',
  );
  // CR and an empty line that ends with LF would be one line end.
  const ends = fc.constantFrom(['\r'], ['\r\n'], ['\n', '\r\n'], ['\r\n', '\r']);
  fc.assert(
    fc.property(fc.array(line, { maxLength: 15 }), ends, (lines, kinds) => {
      const written = (ofLine: (index: number) => string) =>
        parseFrames(Buffer.from(lines.map((text, index) => text + ofLine(index)).join('')), SSE);
      const expected = written(() => '\n');
      const parsed = written((index) => kinds[index % kinds.length] ?? '');
      expect(parsed.ok ? parsed.document.events : parsed).toEqual(
        expected.ok ? expected.document.events : expected,
      );
    }),
  );
});
