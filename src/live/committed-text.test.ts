import { expect, test } from 'vitest';
import { type Change, withChanges } from '../body/text-changes.ts';
import type { Segment } from '../formats/segment.ts';
import { CommittedText } from './committed-text.ts';

const OVERLAP = 10;

/** A text that so many events have told, ten characters each. */
function told(text: string, kind: Segment['kind'] = 'text'): Segment {
  const pieces = (text.match(/.{1,10}/gs) ?? []).map((piece, event) => ({ text: piece, path: [event] }));
  return { role: 'assistant', kind, text, pieces, copies: [], derived: [] };
}

/** Asks about what is new; the verdict makes these changes. */
function inspect(committed: CommittedText, segment: Segment, changes: Change[] = [], isEnding = false): void {
  const window = committed.windowIn(segment, OVERLAP);
  committed.commit(segment, window && { window, changes }, isEnding, OVERLAP);
}

const TEXT = '0123456789'.repeat(5);

test('what stands an overlap before the end of a window is settled', () => {
  const text = new CommittedText();
  inspect(text, told(TEXT));
  expect(text.boundary).toBe(40);
  expect(text.windowIn(told(TEXT), OVERLAP)).toBeUndefined();
  expect(text.windowIn(told(`${TEXT}more`), OVERLAP)).toEqual({ start: 30, end: 54 });
});

test('a change that reaches beyond that waits until it is seen whole', () => {
  const text = new CommittedText();
  inspect(text, told(TEXT), [{ start: 37, end: 42, text: '*' }]);
  expect(text).toMatchObject({ boundary: 37, changes: [] });
  inspect(text, told(`${TEXT}${TEXT}`), [{ start: 37, end: 44, text: '**' }]);
  expect(text).toMatchObject({ boundary: 90, changes: [{ start: 37, end: 44, text: '**' }] });
});

test('a text that ends is settled to its end, by the verdict that is there', () => {
  const text = new CommittedText();
  const late = { start: 45, end: 48, text: '*' };
  inspect(text, told(TEXT), [late]);
  expect(text).toMatchObject({ boundary: 40, changes: [], isComplete: false });
  inspect(text, told(TEXT), [], true);
  expect(text).toMatchObject({ boundary: 50, changes: [late], isComplete: true });
});

test('of a change that begins in settled text, the rest is made', () => {
  const text = new CommittedText();
  inspect(text, told(TEXT));
  inspect(text, told(`${TEXT}${TEXT}`), [{ start: 35, end: 60, text: '<LONG>' }]);
  expect(text.changes).toEqual([{ start: 40, end: 60, text: '<LONG>' }]);
});

test('a change that is what was settled, and more, keeps what was settled', () => {
  const text = new CommittedText();
  inspect(text, told(TEXT), [{ start: 30, end: 35, text: 'XX' }]);
  inspect(text, told(`${TEXT}${TEXT}`), [{ start: 30, end: 45, text: 'XX56789YY' }]);
  expect(text.changes).toEqual([
    { start: 30, end: 35, text: 'XX' },
    { start: 40, end: 45, text: 'YY' },
  ]);
});

test.each([
  ['what has left stays, and the rest is redacted', 30, true],
  ['what has not left is redacted whole', 0, false],
])('the last verdict finds what was longer than the overlap: %s', (_name, left, isLate) => {
  const text = new CommittedText();
  inspect(text, told(TEXT));
  expect(text.commitAll(told(TEXT), [{ start: 5, end: 45, text: '*' }], left)).toBe(isLate);
  const result = withChanges(TEXT, text.changes);
  expect(result).toBe(left === 0 ? '01234*56789' : `${TEXT.slice(0, 30)}*56789`);
});

test('another verdict on what has left is late', () => {
  const text = new CommittedText();
  inspect(text, told(TEXT), [{ start: 1, end: 3, text: '*' }]);
  expect(text.commitAll(told(TEXT), [{ start: 1, end: 3, text: '*' }], 40)).toBe(false);
  expect(text.commitAll(told(TEXT), [], 40)).toBe(true);
  const once = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
  const other = new CommittedText();
  inspect(other, told(once), [{ start: 1, end: 3, text: '*' }]);
  expect(other.commitAll(told(once), [], 40)).toBe(true);
});

test('a text that is another one than before is noticed', () => {
  const text = new CommittedText();
  inspect(text, told(TEXT));
  expect(text.goesOnIn(told(`${TEXT}more`))).toBe(true);
  expect(text.goesOnIn(told(`more${TEXT}`))).toBe(false);
  expect(text.goesOnIn(told(TEXT.slice(0, 20)))).toBe(false);
});

test('a number at the end of arguments waits until it is whole', () => {
  const args = `{"a": "${'x'.repeat(60)}", "card": 4111111`;
  const text = new CommittedText();
  text.commit(
    told(args, 'tool_arguments'),
    { window: { start: 0, end: args.length }, changes: [] },
    false,
    2,
  );
  expect(text.boundary).toBe(args.indexOf('4111111'));
  const whole = `${args}111111111, "b": 1}`;
  const change = { start: args.length, end: args.length + 9, text: '*' };
  const window = { start: 0, end: whole.length };
  text.commit(told(whole, 'tool_arguments'), { window, changes: [change] }, false, 2);
  expect(text.changes).toEqual([change]);
});

test('half a character is not asked about', () => {
  const segment = told('a\ud83d');
  expect(new CommittedText().windowIn(segment, OVERLAP)).toEqual({ start: 0, end: 1 });
});

test('changes that reach one over the other are followed to the first of them, in linear time', () => {
  const LINKS = 50_000;
  const text = new CommittedText();
  const whole = 'ab'.repeat(5 * LINKS + 10);
  inspect(text, told(whole));
  const boundary = text.boundary;
  const links = Array.from({ length: LINKS }, (_, link) => ({
    start: 10 * link,
    end: 10 * link + 9,
    text: '*',
  }));
  text.changes = links.map(({ start, end }) => ({ start: start + 5, end: end + 5, text: '#' }));
  const more = `${whole}${'c'.repeat(100)}`;
  const across = { start: boundary - 8, end: boundary + 50, text: '<LONG>' };
  const began = process.cpuUsage().user;
  inspect(text, told(more), [...links, across]);
  expect((process.cpuUsage().user - began) / 1_000).toBeLessThan(1_500);
  expect(text.changes.at(-1)).toMatchObject({ start: boundary, end: boundary + 50 });
});

test.each(['whole', 'in windows'])(
  'what is hidden in neighbouring pieces stays in each of them, read %s',
  (how) => {
    const words = ['add', 'subtract', 'multiply', 'divide'];
    const pieces = words.map((text, index) => ({ text, path: [0, 'enum', index] }));
    const text = words.join('\n');
    const segment: Segment = {
      ...{ role: 'tool', kind: 'label', text, pieces, copies: [], derived: [], separator: '\n' },
    };
    const hidden = [
      { start: 13, end: 21, text: '<HIDDEN>' },
      { start: 24, end: 28, text: '<HIDDEN>' },
    ];
    const committed = new CommittedText();
    if (how === 'whole') committed.commitAll(segment, hidden, 0);
    else inspect(committed, segment, hidden, true);
    expect(committed.changes).toEqual(hidden);
  },
);
