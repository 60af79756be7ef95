import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withChanges } from '../../body/text-changes.ts';
import type { Segment } from '../../formats/segment.ts';
import { fitted } from '../calls/call-size.ts';
import type { Part } from '../calls/plan-calls.ts';
import { changesBySegment } from './reassemble-slices.ts';
import type { ReturnedPart } from './redaction.ts';

function partOf(whole: string, start = 0, end = whole.length): Part {
  const pieces = [{ path: ['messages', 0, 'content'], text: whole }];
  const segment: Segment = { role: 'user', kind: 'text', text: whole, pieces, copies: [], derived: [] };
  return { segment, whole, text: whole.slice(start, end), start, role: 'user' };
}

const slicesOf = (text: string, room: number) =>
  fitted([{ parts: [partOf(text)], tools: [] }], room).flatMap(({ parts }) => parts);

/** What the segments become. */
function reassembleSlices(returned: readonly ReturnedPart[]): Map<Segment, string> | undefined {
  const changed = changesBySegment(returned);
  return (
    changed &&
    new Map([...changed].map(([segment, changes]) => [segment, withChanges(segment.text, changes)]))
  );
}

/** Every slice redacted for itself, put together again; undefined when that is refused. */
function redactedInSlices(text: string, room: number, redact: (text: string) => string): string | undefined {
  const texts = reassembleSlices(slicesOf(text, room).map((part) => ({ part, text: redact(part.text) })));
  return texts && ([...texts.values()][0] ?? text);
}

const entity = fc.constantFrom('078-05-1120', '4111 1111 1111 1111', 'jane.roe@example.com', '😀😀');
const word = fc
  .tuple(fc.constantFrom('a', 'word ', '😁', '"', ', '), fc.nat(60))
  .map(([s, n]) => s.repeat(n));
const ENTITIES = /\d{3}-\d\d-\d{4}|\d{4} \d{4} \d{4} \d{4}|[a-z.]+@[a-z.]+com|😀😀/gu;

/** Text that does not repeat itself. */
const running = (s: string, n: number, passage: number) =>
  Array.from({ length: n }, (_, index) => `${passage}.${index.toString(36)}${s}`).join(' ');
/** Values with enough between them to tell their redactions apart, and no passage twice. */
const prose = fc
  .array(fc.tuple(fc.constantFrom('é', 'word', '😁', '"'), fc.nat(30), entity), { maxLength: 30 })
  .map((parts) =>
    parts
      .map(([s, n, value], index) => `${running(s, n, index)} number ${index} is: ${value} and then`)
      .join(' '),
  );
/** Values close to each other. */
const list = fc.array(fc.oneof(word, entity), { maxLength: 60 }).map((parts) => parts.join(' '));
/** Slices overlap by more than any of the values. */
const room = fc.integer({ min: 200, max: 1_000 });

const digitsChanged = (found: string) =>
  found.replace(/\d/g, (digit) => String((Number(digit) * 7 + 3) % 10));
const REDACTIONS: [string, (found: string) => string][] = [
  ['a name', () => '<ENTITY>'],
  ['nothing', () => ''],
  ['a mask', (found) => '*'.repeat(found.length)],
  ['a mask that leaves the end', (found) => '*'.repeat(found.length - 2) + found.slice(-2)],
  ['other digits', digitsChanged],
  ['something longer', (found) => `[${found.length} characters were removed here by the policy]`],
];

describe('a redaction slice by slice', () => {
  it.each(REDACTIONS)('is the redaction of the whole: values become %s', (_name, become) => {
    const redact = (text: string) => text.replace(ENTITIES, become);
    fc.assert(
      fc.property(prose, room, (text, bytes) => {
        expect(redactedInSlices(text, bytes, redact)).toBe(redact(text));
      }),
    );
  });

  it.each(REDACTIONS)(
    'is refused rather than wrong where values stand close together: values become %s',
    (_name, become) => {
      const redact = (text: string) => text.replace(ENTITIES, become);
      fc.assert(
        fc.property(list, room, (text, bytes) => {
          expect([redact(text), undefined]).toContain(redactedInSlices(text, bytes, redact));
        }),
        { numRuns: 1_000 },
      );
    },
  );

  it('is refused rather than wrong where the text repeats itself, and values look like what is beside them', () => {
    fc.assert(
      fc.property(repetitive, tightRoom, pattern, replacement, (text, bytes, found, become) => {
        const redact = (slice: string) => slice.replace(found, become);
        expect([redact(text), undefined]).toContain(redactedInSlices(text, bytes, redact));
      }),
      { numRuns: 3_000 },
    );
  });

  it('is never wrong where numbers fill the overlaps, and every place is kept', () => {
    const numbers = fc
      .array(fc.stringMatching(/^\d{4}$/), { maxLength: 200 })
      .map((parts) => parts.join(','));
    fc.assert(
      fc.property(numbers, room, (text, bytes) => {
        expect([digitsChanged(text), undefined]).toContain(redactedInSlices(text, bytes, digitsChanged));
      }),
    );
  });

  it('is refused where one value follows the other through an overlap: which are whole cannot be told', () => {
    const cards = Array.from({ length: 12 }, () => '4111 1111 1111 1111').join(' ');
    const redact = (text: string) => text.replace(ENTITIES, digitsChanged);
    expect(redactedInSlices(cards, 200, redact)).toBeUndefined();
  });

  it('is the redaction of the whole where some slices have nothing to redact', () => {
    const filler = Array.from({ length: 200 }, (_, index) => `line ${index}`).join(', ');
    const redact = (text: string) => text.replace(ENTITIES, '<SSN>');
    for (let at = 0; at < filler.length; at += 7) {
      const text = `${filler.slice(0, at)}; 078-05-1120; ${filler.slice(at)}`;
      expect(redactedInSlices(text, 400, redact)).toBe(redact(text));
    }
  });
});

/** Few letters, the same again and again, and values that are made of them. */
const repetitive = fc
  .array(
    fc
      .tuple(
        fc.constantFrom('a', 'ab', 'aab', '11 ', '1 ', 'b1', 'aba ', ' ', 'xyz', 'the quick brown fox '),
        fc.nat(80),
        fc.constantFrom('', 'ab', 'aba', '1111', 'xyx'),
      )
      .map(([s, n, value]) => s.repeat(n) + value),
    { maxLength: 10 },
  )
  .map((parts) => parts.join(''));
const tightRoom = fc.integer({ min: 140, max: 500 });
const pattern = fc.constantFrom(
  ...[
    /aba/g,
    /ab/g,
    /a{1,3}b/g,
    /1{3}/g,
    /\d{4}/g,
    /aab|baa/g,
    /a1|1b/g,
    /\b1\d\b/g,
    /11 11 11/g,
    /a.{0,5}b/g,
  ],
);
const replacement = fc.constantFrom<((found: string) => string)[]>(
  () => '',
  () => 'a',
  () => 'ba ab',
  () => ' ',
  (found) => found + found,
  (found) => [...found].reverse().join(''),
  (found) => found.slice(1) + found.charAt(0),
  (found) => found.charAt(0),
  (found) => '*'.repeat(found.length),
  (found) => found.replaceAll('a', 'b'),
);

describe('slices of one text', () => {
  const WHOLE =
    'You reach Jane at 078-05-1120, or from Monday on, and better in the morning, at 219-09-9999 again.';
  const FIRST = WHOLE.indexOf('078');
  const SECOND = WHOLE.indexOf('219');
  /** A slice, and what is replaced in it. */
  const slice = (from: number, to: number, ...replaced: [string, string][]) => ({ from, to, replaced });
  const BOTH = 'You reach Jane at <SSN>, or from Monday on, and better in the morning, at <SSN> again.';

  it.each<[string, ReturnType<typeof slice>[], string | undefined]>([
    [
      'both of which redacted what they share',
      [
        slice(0, 60, ['078-05-1120', '<SSN>']),
        slice(10, WHOLE.length, ['078-05-1120', '<SSN>'], ['219-09-9999', '<SSN>']),
      ],
      BOTH,
    ],
    [
      'of which each has a value of its own',
      [slice(0, 60, ['078-05-1120', '<SSN>']), slice(35, WHOLE.length, ['219-09-9999', '<SSN>'])],
      BOTH,
    ],
    [
      'of which the first one left a value that its end cuts',
      [slice(0, SECOND + 5, ['078-05-1120', '<SSN>']), slice(35, WHOLE.length, ['219-09-9999', '<SSN>'])],
      BOTH,
    ],
    [
      'of which the first one took a value that its end cuts for another one',
      [
        slice(0, SECOND + 6, ['078-05-1120', '<SSN>'], ['219-09', '<DATE>']),
        slice(35, WHOLE.length, ['219-09-9999', '<SSN>']),
      ],
      BOTH,
    ],
    [
      'of which the second one took a value that its beginning cuts for another one',
      [
        slice(0, 60, ['078-05-1120', '<SSN>']),
        slice(FIRST + 4, WHOLE.length, ['05-1120', '<DATE>'], ['219-09-9999', '<SSN>']),
      ],
      BOTH,
    ],
    [
      'of which the first one redacted nothing',
      [slice(0, 60), slice(35, WHOLE.length, ['219-09-9999', '<SSN>'])],
      WHOLE.replace('219-09-9999', '<SSN>'),
    ],
    [
      'of which the other one has no verdict',
      [slice(0, 60, ['078-05-1120', '<SSN>'])],
      WHOLE.replace('078-05-1120', '<SSN>'),
    ],
    [
      'of which the second one redacted what the first one left, long before its end',
      [slice(0, SECOND), slice(10, WHOLE.length, ['078-05-1120', '<SSN>'])],
      undefined,
    ],
    [
      'of which the second one takes in what the first one left beside a value',
      [slice(0, 70, ['078-05-1120', '<SSN>']), slice(FIRST + 4, WHOLE.length, ['05-1120, or', '<DATE>'])],
      undefined,
    ],
    [
      'that redacted what they share in two ways',
      [
        slice(0, 60, ['078-05-1120, or from Monday', '<A>']),
        slice(10, WHOLE.length, ['at 078-05-1120, or from', '<B>']),
      ],
      undefined,
    ],
    [
      'that share too little to compare',
      [
        slice(0, 36, ['078-05-1120', '<SSN>']),
        slice(20, WHOLE.length, ['8-05-1120', '<DATE>'], ['219-09-9999', '<SSN>']),
      ],
      undefined,
    ],
  ])('%s', (_name, slices, expected) => {
    const { segment } = partOf(WHOLE);
    const returned = slices.map<ReturnedPart>(({ from, to, replaced }) => {
      const part = { ...partOf(WHOLE, from, to), segment };
      return { part, text: replaced.reduce((text, [old, now]) => text.replace(old, now), part.text) };
    });
    expect(reassembleSlices(returned)?.get(segment)).toBe(expected);
    expect(reassembleSlices(returned.toReversed())?.get(segment)).toBe(expected);
  });

  it('of which each may have lost the same one of many repetitions, found at its other end, are refused', () => {
    const [head, tail] = [
      'The number is 078-05-1120, and then it goes on: ',
      ' which is where it ends at last.',
    ];
    const whole = head + 'ab'.repeat(900) + tail;
    const { segment } = partOf(whole);
    const returned = [partOf(whole, 0, head.length + 1_000), partOf(whole, head.length + 800)].map((part) => {
      const text = part.text.replace('078-05-1120', '<SSN>').replace('abab', 'ab');
      return { part: { ...part, segment }, text };
    });
    expect(reassembleSlices(returned)).toBeUndefined();
  });

  it('that AIDR left as they are make no text', () => {
    const { segment } = partOf(WHOLE);
    const returned = [partOf(WHOLE, 0, 60), partOf(WHOLE, 35)].map((part) => ({
      part: { ...part, segment },
      text: part.text,
    }));
    expect(reassembleSlices(returned)).toEqual(new Map());
    expect(changesBySegment(returned)).toEqual(new Map());
  });

  it('are no matter where the text was sent whole', () => {
    const part = partOf(WHOLE);
    expect(reassembleSlices([{ part, text: '' }])).toEqual(new Map([[part.segment, '']]));
    expect(reassembleSlices([])).toEqual(new Map());
  });
});
