import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nested } from '../../../testkit/bodies/nested-json.ts';
import { withChanges } from '../text-changes.ts';
import { readEmbedded } from './embedded-json.ts';
import { EmbeddedMap } from './embedded-map.ts';

function shownOf(text: string): string {
  return readEmbedded([text])?.shown ?? text;
}

/** What the text becomes when each of the parts that it shows becomes another one. */
function changed(raw: string, replacements: Record<string, string>, isParsed = false): string {
  const shown = shownOf(raw);
  const changes = Object.entries(replacements).map(([part, text]) => {
    const start = shown.indexOf(part);
    expect(start, `${part} in ${shown}`).not.toBe(-1);
    return { start, end: start + part.length, text };
  });
  const rawChanges = new EmbeddedMap([raw]).rawChanges(changes, isParsed);
  return typeof rawChanges === 'string' ? rawChanges : withChanges(raw, rawChanges);
}

const SSN = '078-05-1120';

describe('JSON in a text is shown with its escapes undone', () => {
  test.each([
    ['an object', `{"a":"x\\n${SSN}"}`, `{"a":"x\n${SSN}"}`],
    ['a list', `["\\t${SSN}"]`, `["\t${SSN}"]`],
    ['a string alone', `"\\u00a0${SSN}"`, `"\u00a0${SSN}"`],
    ['one value after another', `{"a":"\\n1"}{"a":"\\n2"}\n"\\n3"`, `{"a":"\n1"}{"a":"\n2"}\n"\n3"`],
    ['JSON written twice', JSON.stringify(JSON.stringify({ a: `x\n${SSN}` })), `"{"a":"x\n${SSN}"}"`],
    [
      'JSON written twice and cut off',
      JSON.stringify(JSON.stringify({ a: `x\n${SSN}` })).slice(0, -5),
      `"{"a":"x\n${SSN.slice(0, -1)}`,
    ],
    ['a string alone in a string', JSON.stringify([JSON.stringify(`x\n${SSN}`)]), `[""x\n${SSN}""]`],
    ['in prose', `Result: {"a":"\\n${SSN}"} (C:\\new)`, `Result: {"a":"\n${SSN}"} (C:\\new)`],
    ['cut off', `{"a":"x\\n${SSN}`, `{"a":"x\n${SSN}`],
    ['cut off in an escape', '{"a":"x\\u00', '{"a":"x'],
    ['cut off behind a backslash', '{"a":"x\\', '{"a":"x'],
    ['a key', `{"\\n${SSN}":1}`, `{"\n${SSN}":1}`],
    ['every escape', '["x\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041"]', '["x"\\/\b\f\n\r\tA"]'],
    ['a backslash that escapes nothing', '["\\q\\u12g4"]', '["\\q\\u12g4"]'],
    [
      'JSON in a string',
      JSON.stringify({ body: JSON.stringify({ a: `x\n${SSN}` }) }),
      `{"body":"{"a":"x\n${SSN}"}"}`,
    ],
    [
      'JSON in prose in a string',
      JSON.stringify([`see ${JSON.stringify([`x\n${SSN}`])}`]),
      `["see ["x\n${SSN}"]"]`,
    ],
    [
      'a number with an exponent',
      '{"card":4.111111111111111e15}',
      '{"card":4.111111111111111e15 (4111111111111111)}',
    ],
    [
      'a number with a negative exponent',
      '[41111111111111110000E-4]',
      '[41111111111111110000E-4 (4111111111111111)]',
    ],
    ['a small number with an exponent', '[1e3,1.5e-7]', '[1e3,1.5e-7]'],
    [
      'with comments',
      `{ // of\n "b":1, /* and */ "a":"x\\n${SSN}"}`,
      `{ // of\n "b":1, /* and */ "a":"x\n${SSN}"}`,
    ],
    ['with a comma behind the last', `{"b":[1,],"a":["x\\n${SSN}",],}`, `{"b":[1,],"a":["x\n${SSN}",],}`],
    ['with a part left out', `{"b":[1, ...], "a": "x\\n${SSN}"}`, `{"b":[1, ...], "a": "x\n${SSN}"}`],
    ['without its head', `d", "a" : {"b":"x\\n${SSN}"}}`, `d", "a" : {"b":"x\n${SSN}"}}`],
    [
      'with words of other languages',
      `{"b":True,"c":+1,"a":"x\\n${SSN}"}`,
      `{"b":True,"c":+1,"a":"x\n${SSN}"}`,
    ],
    [
      'as Python writes it',
      `{'b': None, 'a': ['it\\'s\\xa0${SSN}', "x\\n${SSN}"]}`,
      `{'b': None, 'a': ['it's\u00a0${SSN}', "x\n${SSN}"]}`,
    ],
    ['as Python writes it, without its head', `d', 'a': 'x\\n${SSN}'}`, `d', 'a': 'x\n${SSN}'}`],
    [
      'a number with an exponent in prose in a string',
      JSON.stringify({ a: 'see {"card":4.111111111111111e15}' }),
      '{"a":"see {"card":4.111111111111111e15 (4111111111111111)}"}',
    ],
  ])('%s', (_, text, shown) => expect(shownOf(text)).toBe(shown));

  test.each([
    ['code', 'if (a) { return "x\\ny" } else { f(\'\\n\') }'],
    ['a path', 'C:\\new\\table'],
    ['a regular expression', 'use /\\btoken\\b/ and "\\d+"'],
    ['a quotation in prose', 'He said "a\\nb".'],
    ['a set', '{a: "x\\ny"}'],
  ])('%s is no JSON and is read as it stands', (_, text) => expect(shownOf(text)).toBe(text));

  test('a quotation mark begins a string where a value is due, and there only', () => {
    expect(shownOf(' "\\n" ')).toBe(' "\n" ');
    expect(shownOf('"a\\nb", he said.')).toBe('"a\nb", he said.');
    expect(shownOf('a "\\n"')).toBe('a "\\n"');
  });
});

describe('a change is written back where it belongs', () => {
  test.each([
    ['behind an escape', `{"a":"x\\n${SSN}\\u00e9"}`, { [SSN]: '***' }, '{"a":"x\\n***\\u00e9"}'],
    ['an escape', '{"a":"x\\u00e9y"}', { é: '*' }, '{"a":"x*y"}'],
    ['with a quotation mark', `{"a":"\\n${SSN}"}`, { [SSN]: '"' }, '{"a":"\\n\\""}'],
    [
      'in a string in a string',
      JSON.stringify({ body: JSON.stringify({ a: `x\n${SSN}` }) }),
      { [SSN]: '"' },
      JSON.stringify({ body: JSON.stringify({ a: 'x\n"' }) }),
    ],
    ['in both of two equal keys', `{"a":"\\n1x","a":"2x"}`, { '1x': 'y', '2x': 'z' }, '{"a":"\\ny","a":"z"}'],
    [
      'a number',
      '{"a":"\\n","card":4111111111111111}',
      { '111111111111': '*' },
      '{"a":"\\n","card":"4*111"}',
    ],
    [
      'a number that stays one',
      '[4111111111111111]',
      { '4111111111111111': '4242424242424242' },
      '[4242424242424242]',
    ],
    ['what a number says', '[4.111111111111111e15]', { '4111111111111111': '****1111' }, '["****1111"]'],
    [
      'a number and the bracket behind it',
      '[4.111111111111111e15]',
      { 'e15 (': '*' },
      '["4.111111111111111*"]',
    ],
    ['a number in a string', '{"a":"[4111111]"}', { '4111111': '*' }, '{"a":"[\\"*\\"]"}'],
    ['over several strings', '["12\\n","34","56"]', { '2\n","34","5': '*' }, '["1*6"]'],
    ['a small number of a document', ' {"age":42}', { '42': '**' }, ' {"age":"**"}'],
    ['a small number in prose', 'see [42]', { '42': '**' }, 'see [**]'],
    ['a key', `{"${SSN}":1}`, { [SSN]: '*' }, '{"*":1}'],
    ['as Python writes it', `{'a': 'x\\n${SSN}', 'b': 1}`, { [SSN]: '*' }, `{'a': 'x\\n*', 'b': 1}`],
    [
      'behind a comment',
      `${SSN.slice(1)} { // of\n "a":"x\\n${SSN}" }`,
      { [`\n${SSN}`]: '"' },
      `${SSN.slice(1)} { // of\n "a":"x\\"" }`,
    ],
    ['prose around JSON', `${SSN} {"a":"\\n"}`, { [SSN]: '"' }, '" {"a":"\\n"}'],
  ])('%s', (_, raw, replacements, expected) => {
    expect(changed(raw, replacements as Record<string, string>)).toBe(expected);
  });

  test.each([
    ['what spans several strings', '["12\\n","34","56"]', { '2\n","34","5': '*' }, '["1*","","6"]'],
    ['a key', `{"${SSN}":1}`, { [SSN]: '*' }, 'key'],
    ['what gives it its structure', '{"a":[]}', { '[]': '*' }, 'structure'],
    ['JSON in its strings', '{"a":"{\\"b\\":[]}"}', { '[]': '*' }, '{"a":"{\\"b\\":*}"}'],
  ])('arguments stay JSON: %s', (_, raw, replacements, expected) => {
    expect(changed(raw, replacements as Record<string, string>, true)).toBe(expected);
  });
});

describe('takes no time where a text is long', () => {
  const repeated = (part: string, size = 500_000) => part.repeat(size / part.length);
  test.each([
    ['masses of keys', `{"a":"\\n"${repeated(',"k":0')}}`],
    ['brackets that hold nothing', `${repeated('{[')}\\`],
    ['objects that break off', repeated('{"a":"\\n"{')],
    ['strings alone before blanks', `${repeated('[]"a ')}\\${' '.repeat(500_000)}`],
    ['brackets before blanks', repeated('{          ')],
    ['escapes', `["${repeated('\\n')}"]`],
    ['backslashes', `["${repeated('\\\\')}`],
    [
      'strings in strings',
      Array.from({ length: 7 }).reduce<string>((inner) => JSON.stringify([inner]), repeated('a\n', 20_000)),
    ],
    ['exponents', `[${repeated('1e9,')}`],
    ['one number', `[${repeated('1')}e5`],
    ['ends of keys', `${repeated('":')}\\`],
    ['ends of keys, as Python writes them', `${repeated('[\'" :')}\\`],
  ])('%s', (_, text) => {
    const began = process.cpuUsage().user;
    readEmbedded([text]);
    new EmbeddedMap([text]);
    expect((process.cpuUsage().user - began) / 1_000).toBeLessThan(2_000);
  });
});

test('many numbers are changed in time in proportion to them', () => {
  const text = JSON.stringify(Array.from({ length: 60_000 }, (_, index) => 4_111_111_111_111_111 + index));
  const changes = [...text.matchAll(/\d+/g)].map(({ index, 0: { length } }) => ({
    ...{ start: index, end: index + length, text: '*' },
  }));
  const map = new EmbeddedMap([text]);
  const began = process.cpuUsage().user;
  expect(map.rawChanges(changes, true)).toHaveLength(changes.length);
  expect((process.cpuUsage().user - began) / 1_000).toBeLessThan(2_000);
});

test('texts that are divided are read each by itself', () => {
  const texts = ['{"a":"\\n', 'b\\n"c', '["\\t4"]'];
  expect(readEmbedded(texts, '\n')?.shown).toBe('{"a":"\n\nb\\n"c\n["\t4"]');
  const map = new EmbeddedMap(texts, '\n');
  const at = map.shownOffset(texts.join('\n').indexOf('4'));
  expect(map.rawChanges([{ start: at, end: at + 1, text: '"' }], false)).toEqual([
    { start: texts.join('\n').indexOf('4'), end: texts.join('\n').indexOf('4') + 1, text: '\\"' },
  ]);
});

describe('values with little between them are one change, and stay values of their own', () => {
  test.each([
    ['strings of a list', '["12","34"]', '12","34', '*","*', '["*","*"]'],
    ['numbers of a list', '[1234567,7654321]', '1234567,7654321', '*,*', '["*","*"]'],
    ['with an exponent', '[1234567,1e6,7]', '1234567,1e6 (1000000)', '*,1e6 (*)', '["*","*",7]'],
    ['under keys', '{"a":12,"b":34}', '12,"b":34', '*,"b":*', '{"a":"*","b":"*"}'],
    ['in a string', '{"a":"[\\"12\\",\\"34\\"]"}', '12","34', '*","*', '{"a":"[\\"*\\",\\"*\\"]"}'],
    ['one of which stays', '["12","34"]', '12","34', '12","*', '["12","*"]'],
    ['what is between them in one of them', '["12","34"]', '12","34', '*","","*', '["*\\",\\"\\",\\"*",""]'],
  ])('%s', (_, raw, part, text, expected) => {
    expect(changed(raw, { [part]: text }, true)).toBe(expected);
  });
});

const WORDS = fc.string({
  unit: fc.constantFrom(...'ab1 -.,:é中😀/', '\n', '\t', '"', '{', '}', '[', ']'),
  maxLength: 40,
});

describe('properties', () => {
  const RUNS = { numRuns: Number(process.env.PROPERTY_RUNS ?? 2000) };
  const ways = fc.array(fc.nat(3), { minLength: 1, maxLength: 7 });

  function shownNested(text: string, depth: number): string {
    return Array.from({ length: depth }).reduce<string>(
      (inner, _, at) => `{"k${at}": "${inner}", "z":[1]}`,
      text,
    );
  }

  test('whatever a text is and however it is written, it is shown', () => {
    const property = fc.property(WORDS, fc.array(ways, { maxLength: 4 }), (text, levels) => {
      expect(shownOf(nested(text, levels))).toBe(shownNested(text, levels.length));
    });
    fc.assert(property, RUNS);
  });

  test('cut off anywhere, what is shown is the beginning of what is shown of the whole', () => {
    const property = fc.property(WORDS, fc.array(ways, { maxLength: 4 }), fc.nat(), (text, levels, at) => {
      fc.pre(!text.includes('"'));
      const raw = nested(text, levels);
      const stump = raw.slice(0, at % (raw.length + 1));
      expect(shownOf(raw).startsWith(shownOf(stump))).toBe(true);
    });
    fc.assert(property, RUNS);
  });

  test('a changed part is gone, and every other character stays as it was written', () => {
    const inputs = [
      WORDS,
      fc.array(ways, { maxLength: 4 }),
      fc.nat(),
      fc.nat(),
      fc.constantFrom('', '*', '"\\'),
    ] as const;
    const property = fc.property(...inputs, (text, levels, from, length, replacement) => {
      fc.pre(!/^\s*".*"\s*$/s.test(text) && (levels.length > 0 || !/\d/.test(text)));
      fc.pre(replacement !== '"\\' || !text.includes('"'));
      const raw = nested(text, levels);
      const characters = [...text];
      const first = characters.slice(0, from % (characters.length + 1)).join('').length;
      const part = characters
        .slice(from % (characters.length + 1))
        .slice(0, length % 9)
        .join('');
      const start = shownNested('\0', levels.length).indexOf('\0') + first;
      const change = { start, end: start + part.length, text: replacement };
      const map = new EmbeddedMap([raw]);
      const changes = map.rawChanges([change], levels.length > 0);
      if (part === '') return;
      if (typeof changes === 'string') throw new Error(changes);
      const result = withChanges(raw, changes);
      const prefix = map.rawOffset(start);
      expect(result.slice(0, prefix)).toBe(raw.slice(0, prefix));
      const suffix = raw.length - map.rawOffset(change.end);
      expect(result.slice(result.length - suffix)).toBe(raw.slice(raw.length - suffix));
      const middle = result.slice(prefix, result.length - suffix);
      expect(levels.reduce((inner) => JSON.parse(`"${inner}"`), middle)).toBe(replacement);
      expect(map.shownOffset(prefix)).toBe(start);
    });
    fc.assert(property, RUNS);
  });
});
