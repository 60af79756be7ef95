import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeChunk } from '../../../testkit/streams/encode-frames.ts';
import type { Edit } from '../json/edit.ts';
import { parseStream } from './index.ts';

const SSE = 'data: {"t":"x"}\n\n';
const NDJSON = '{"t":"x"}\r\n\r\n{"t":"y"}\n';
const FRAME = encodeChunk('{"t":"x"}');

test.each([
  ['text/event-stream; charset=utf-8', SSE],
  ['application/json', SSE],
  [undefined, SSE],
  ['application/x-ndjson', SSE],
  ['text/plain', `\ufeff\r\n: ping\n\n${SSE}`],
  ['text/event-stream', `retry: 1\n${SSE}`],
  ['text/event-stream', `unknown: 1\n${SSE}`],
  ['application/x-ndjson', '{"t":"x"}'],
  ['application/stream+json', '{"t":"x"}\n'],
  ['Application/X-NDJSON', '{"t":"x"}\n{"t":'],
  ['application/vnd.amazon.eventstream', FRAME],
  [undefined, FRAME],
])('%s: %j is a stream whose first event is the same', (contentType, body) => {
  const parsed = parseStream(Buffer.from(body), contentType);
  expect(parsed?.ok && parsed.document.events[0]?.value).toEqual({ t: 'x' });
});

test.each(['text/event-stream', 'application/x-ndjson'])(
  'an AWS frame labelled %s is refused: a reader who trusts the label would read something else',
  (contentType) => {
    expect(parseStream(Buffer.from(FRAME), contentType)).toEqual({ ok: false, problem: 'corrupt' });
  },
);

test.each(['application/json', 'text/event-stream', undefined])(
  'several JSON values on lines are a stream, labelled %s',
  (contentType) => {
    const parsed = parseStream(Buffer.from(NDJSON), contentType);
    expect(parsed?.ok && parsed.document.value).toEqual([{ t: 'x' }, { t: 'y' }]);
  },
);

test.each([
  ['application/json', '{"t":"x"}\n'],
  ['application/json', '[{"t":"x"}\n,\r\n{"t":"y"}\n]'],
  ['application/json', '[\n{}\n,\n{}]'],
  ['text/event-stream', '{"error":{\n"message":"x"}}'],
  ['text/event-stream', ' {"error":"x"}'],
  ['application/x-ndjson', '{\n"error":"x"\n}'],
  ['application/json', ''],
  [undefined, 'Bad gateway'],
  [undefined, 'database: down'],
])('%s: %j is no stream', (contentType, body) => {
  expect(parseStream(Buffer.from(body), contentType)).toBeUndefined();
});

test('an event stream that is labelled so and has a wrong checksum is corrupt', () => {
  const wrong = Buffer.from(FRAME).fill(0, 8, 12);
  expect(parseStream(wrong, 'application/vnd.amazon.eventstream')).toEqual({ ok: false, problem: 'corrupt' });
});

const text = fc.string({ unit: 'binary', maxLength: 12 }).map((value) => value.toWellFormed());
const lineEnd = fc.constantFrom('\n', '\r', '\r\n');
const between = fc.array(fc.constantFrom(': comment', 'id: 1', 'retry', 'unknown: data: {}', 'datas: 1'), {
  maxLength: 2,
});

/** A stream as a list: what leaves as it came, and events whose one text stands between two parts of that. */
type Part = string | { before: string; text: string; after: string };

const sseEvent = fc
  .record({
    text,
    between,
    end: lineEnd,
    blank: lineEnd,
    colon: fc.constantFrom(':', ': '),
    isCut: fc.boolean(),
  })
  .map(({ text: value, between: fields, end, blank, colon, isCut }): Part[] => {
    const cut = isCut ? `${end}data${colon}` : ' ';
    // CR and LF next to each other would be one line end.
    const last = end === '\r' && blank === '\n' ? '\r' : blank;
    return [
      fields.map((field) => field + end).join(''),
      { before: `data${colon}{"n":1.0,${cut}"t":`, text: value, after: `${cut}}` },
      end + last,
    ];
  });

const sse = fc.array(sseEvent, { maxLength: 8 }).map((events) => [...events.flat(), 'data: [DONE]']);

const ndjson = fc
  .array(fc.tuple(text, fc.constantFrom('\n', '\r\n', '\n\n', '\n \r\n')), { minLength: 2, maxLength: 8 })
  .map((records) =>
    records.flatMap(([value, end]): Part[] => [{ before: '{ "t":', text: value, after: '}' }, end]),
  );

function written(parts: Part[], change: (event: number) => string | undefined): string {
  let event = 0;
  return parts
    .map((part) => {
      if (typeof part === 'string') return part;
      const changed = change(event++) ?? part.text;
      return part.before + JSON.stringify(changed) + part.after;
    })
    .join('');
}

test.each([
  ['SSE', sse, 'text/event-stream'],
  ['NDJSON', ndjson, 'application/x-ndjson'],
])('%s: edits arrive where they belong, and every other byte is as it came', (_, stream, contentType) => {
  fc.assert(
    fc.property(stream, fc.array(fc.option(text, { nil: undefined }), { maxLength: 8 }), (parts, changes) => {
      const events = parts.filter((part) => typeof part !== 'string').length;
      const edits = changes
        .slice(0, events)
        .flatMap((change, event): Edit[] =>
          change === undefined ? [] : [{ path: [event, 't'], text: change }],
        );
      const before = written(parts, () => undefined);
      const parsed = parseStream(Buffer.from(before), contentType);
      if (!parsed?.ok) throw new Error(parsed?.problem ?? 'no stream');
      const after = Buffer.from(parsed.document.apply(edits)).toString('utf8');
      expect(after).toBe(written(parts, (event) => changes[event]));
    }),
  );
});

test('AWS event stream: edits arrive where they belong, and every other byte is as it came', () => {
  const changes = fc.array(fc.record({ old: text, changed: fc.option(text, { nil: undefined }) }), {
    minLength: 1,
    maxLength: 8,
  });
  const chunkOf = (value: string) => encodeChunk(JSON.stringify({ t: value }));
  fc.assert(
    fc.property(changes, (events) => {
      const parsed = parseStream(Buffer.concat(events.map(({ old }) => chunkOf(old))), undefined);
      if (!parsed?.ok) throw new Error(parsed?.problem ?? 'no stream');
      const edits = events.flatMap(({ changed }, event): Edit[] =>
        changed === undefined ? [] : [{ path: [event, 't'], text: changed }],
      );
      expect(Buffer.from(parsed.document.apply(edits))).toEqual(
        Buffer.concat(events.map(({ old, changed }) => chunkOf(changed ?? old))),
      );
    }),
  );
});
