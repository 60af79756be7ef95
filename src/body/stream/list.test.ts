import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseJson } from '../json/document.ts';
import { parseList } from './index.ts';

test('a JSON list is a stream of its items', () => {
  const text = ' [{"t":"x"}\n,\r\n{"t": "y\\"]"} , [1], "a,\\\\", 1.0,null]\n';
  const parsed = parseList(Buffer.from(text));
  if (!parsed?.ok) throw new Error('no list');
  const { events, apply } = parsed.document;
  expect(events.map(({ value }) => value)).toEqual(JSON.parse(text));
  const edited = apply([
    { path: [1, 't'], text: 'Y' },
    { path: [2], json: '[]' },
    { path: [4], json: '2' },
  ]);
  expect(Buffer.from(edited).toString()).toBe(
    text.replace('"y\\"]"', '"Y"').replace('[1]', '[]').replace('1.0', '2'),
  );
});

test.each(['[]', ' [ ]\n'])('%j is a stream without events', (text) => {
  const parsed = parseList(Buffer.from(text));
  expect(parsed?.ok && parsed.document.events).toEqual([]);
});

test.each([
  ...[
    '',
    '{}',
    '{"a":[1]}',
    '"[1]"',
    '[',
    '[1',
    '[1,',
    '[1,]',
    '[,1]',
    '[1 2]',
    '[1],',
    '[1][2]',
    '[1]]',
    '[[1]',
  ],
  ...['[1,,2]', '[{}{}]', '["a]', '[nul]', '\ufeff[1]', '[1}'],
])('%j is no list of events', (text) => {
  expect(parseList(Buffer.from(text))).toBeUndefined();
});

test.each(['[1\xc3]', '[1\xc3,2]', '[1]\xc3', '["\xff"]'])('%j, no UTF-8, is no list of events', (text) => {
  expect(parseList(Buffer.from(text, 'latin1'))).toBeUndefined();
});

test('what is a list is what JSON says is one, whatever is cut out of it or put into it', () => {
  const piece = fc.constantFrom(',', '[', ']', '{', '}', '"', '\\', ' ', '1', 'a', '\n', ':', '\u00e9');
  const list = fc
    .array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 5 })
    .map((items) => JSON.stringify(items));
  fc.assert(
    fc.property(list, fc.nat(), fc.nat(2), fc.string({ unit: piece, maxLength: 2 }), (json, at, cut, put) => {
      const offset = at % (json.length + 1);
      const text = json.slice(0, offset) + put + json.slice(offset + cut);
      const whole = parseJson(Buffer.from(text), undefined, 'told');
      const parsed = parseList(Buffer.from(text));
      const expected = whole.ok && Array.isArray(whole.document.value) ? whole.document.value : undefined;
      expect(parsed?.ok ? parsed.document.value : undefined).toEqual(expected);
    }),
    { numRuns: 1000 },
  );
});
