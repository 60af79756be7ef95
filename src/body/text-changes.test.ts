import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changesBetween, changesByPiece, changesInPieces, withChanges } from './text-changes.ts';

/** What pieces become when the text that they make becomes another one. */
function spreadOver(pieces: readonly string[], changed: string, separator = ''): string[] {
  const byPiece = changesByPiece(pieces, changesInPieces(pieces, changed, separator), separator);
  return pieces.map((piece, index) => withChanges(piece, byPiece[index] ?? []));
}

function apply(old: string, changed: string): string {
  let result = '';
  let from = 0;
  for (const { start, end, text } of changesBetween(old, changed)) {
    result += old.slice(from, start) + text;
    from = end;
  }
  return result + old.slice(from);
}

/** Texts with words, entities, emoji and lone surrogates. */
const anyText = fc
  .array(
    fc.oneof(
      fc.constantFrom('a', 'SSN 078-05-1120 ', '😀', '😁', '\ud83d', ' ', 'x@y.z'),
      fc.string({ unit: 'binary', maxLength: 3 }),
    ),
  )
  .map((parts) => parts.join(''));

describe('the changes between two texts', () => {
  it.each([
    ['nothing', 'same', 'same', []],
    ['one word', 'SSN 078-05-1120.', 'SSN <US_SSN>.', [{ start: 4, end: 15, text: '<US_SSN>' }]],
    ['everything', 'a', 'b', [{ start: 0, end: 1, text: 'b' }]],
    ['an insertion', 'ab cd', 'ab x cd', [{ start: 3, end: 3, text: 'x ' }]],
    ['half of a surrogate pair', '😀', '😁', [{ start: 0, end: 2, text: '😁' }]],
    [
      'two words far apart',
      'mail a@b.example or call 555 1234 now',
      'mail *** or call *** now',
      [
        { start: 5, end: 16, text: '***' },
        { start: 25, end: 33, text: '***' },
      ],
    ],
  ])('are %s', (_name, old, changed, changes) => {
    expect(changesBetween(old, changed)).toEqual(changes);
  });

  it('make the one into the other, for any two texts', () => {
    fc.assert(
      fc.property(anyText, anyText, (old, changed) => {
        expect(apply(old, changed)).toBe(changed);
      }),
    );
  });

  it('are found where texts have little in common, and far apart', () => {
    const words = (seed: number) =>
      Array.from({ length: 5_000 }, (_, i) => `w${(i * seed) % 9973}`).join(' ');
    for (const [old, changed] of [
      [words(7), words(11)],
      [`${words(7)} end`, `${'x'.repeat(5_000)} ${words(7)} end`],
      [`start ${words(7)} ${words(3)}`, `start ${words(3)}`],
    ] as const) {
      expect(apply(old, changed)).toBe(changed);
    }
  });
});

describe('texts that are made to be slow', () => {
  const letters = (length: number, period: number) =>
    Array.from({ length }, (_, at) => String.fromCharCode(97 + ((at * at) % period))).join('');
  const every = (text: string, period: number, put: string) =>
    text.replace(new RegExp(`(.{${period}}).`, 'gs'), `$1${put}`);
  /** Six letters in common, each time as far apart as is looked at in each place. */
  const between = (alphabet: string) =>
    Array.from({ length: 2_700 }, (_, at) => String(100_000 + at) + alphabet.repeat(60)).join('');
  const A = 'a'.repeat(1_000_000);
  const PROSE = 'The quick brown fox jumps over the lazy dog. '.repeat(22_000);

  it.each<[string, string, string]>([
    ['nothing in common', A, 'b'.repeat(1_000_000)],
    ['little in common', letters(1_000_000, 23), letters(1_000_000, 19)],
    ['one letter, and others in it', A, every(A, 5, 'b')],
    ['others in one letter, in other places', every(A, 5, 'b'), every(A, 6, 'c')],
    ['changes just so far apart that they are not seen', PROSE, every(PROSE, 200, 'x'.repeat(300))],
    ['a little in common again and again, and far apart', between('xyz'), between('XYZ')],
    ['the same block again and again, and never at its place', A, `${'b'.repeat(500)}${A}`],
    ['parts that are left out', PROSE, every(PROSE, 400, '').replaceAll(/(.{100}).{500}/gs, '$1')],
    ['another order', PROSE + letters(500_000, 23), letters(500_000, 23) + PROSE],
    [
      'runs of one letter, between which others are left out',
      `${'x'.repeat(40)}q`.repeat(24_000),
      'x'.repeat(960_000),
    ],
  ])('are compared in linear time: %s', (_name, old, changed) => {
    const began = process.cpuUsage().user;
    expect(apply(old, changed)).toBe(changed);
    expect((process.cpuUsage().user - began) / 1_000).toBeLessThan(2_000);
  });

  it('go on together behind a long difference, as soon as they do', () => {
    const behind = ' and what stands behind it, which is said in the same words as before';
    const [old, changed] = ['x'.repeat(700) + behind, `${'y'.repeat(500) + behind}!`];
    expect(changesBetween(`before ${old}`, `before ${changed}`)).toEqual([
      { start: 7, end: 707, text: 'y'.repeat(500) },
      { start: 707 + behind.length, end: 707 + behind.length, text: '!' },
    ]);
  });
});

describe('a changed text spread over its pieces', () => {
  it.each<[string, string[], string, string[]]>([
    ['one piece', ['a'], 'b', ['b']],
    ['a piece in the middle', ['Call ', '555 1234', ' now'], 'Call *** now', ['Call ', '***', ' now']],
    [
      'a change across pieces',
      ['SSN 078-', '05-', '1120 is it'],
      'SSN <US_SSN> is it',
      ['SSN <US_SSN>', '', ' is it'],
    ],
    ['an empty piece', ['', 'a', ''], 'b', ['', 'b', '']],
    ['an appended text', ['a', 'b'], 'abc', ['a', 'bc']],
    ['nothing left', ['a', 'b'], '', ['', '']],
  ])('fits %s', (_name, pieces, changed, expected) => {
    expect(spreadOver(pieces, changed)).toEqual(expected);
  });

  it.each([
    ['in one piece', ['a', 'Bob', 'c'], 'a\n<NAME>\nc', ['a', '<NAME>', 'c']],
    ['around a blank', ['SSN 078-05-1120', ' ', 'SSN 078-05-1120 x'], '<N>\n \n<N> x', ['<N>', ' ', '<N> x']],
    ['that ends in dividers', ['a\n', '\n', 'c'], 'a\n\n\n\nd', ['a\n', '\n', 'd']],
    ['over a divider', ['078-05', '1120 is it'], '<US_SSN> is it', ['<US_SSN>', ' is it']],
    ['over all', ['a', 'b', 'c'], '#', ['#', '', '']],
    ['of a divider alone', ['a', 'b'], 'a b', ['a ', 'b']],
  ])('fits a change %s where pieces are divided', (_name, pieces, changed, expected) => {
    expect(spreadOver(pieces, changed, '\n')).toEqual(expected);
  });

  it('stays in its piece as long as no divider goes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(anyText, fc.option(anyText, { nil: undefined })), { minLength: 1, maxLength: 8 }),
        (pairs) => {
          const pieces = pairs.map(([piece]) => piece.replaceAll('\n', ''));
          const changed = pairs.map(([piece, other]) => (other ?? piece).replaceAll('\n', ''));
          expect(spreadOver(pieces, changed.join('\n'), '\n')).toEqual(changed);
        },
      ),
    );
  });

  it('is the changed text again when joined, and leaves untouched pieces alone', () => {
    fc.assert(
      fc.property(
        fc.array(anyText, { minLength: 1, maxLength: 8 }),
        anyText,
        fc.nat(),
        (pieces, inserted, at) => {
          const replaced = pieces.map((piece, index) => (index === at % pieces.length ? inserted : piece));
          const changed = replaced.join('');
          expect(spreadOver(pieces, changed).join('')).toBe(changed);
        },
      ),
    );
  });
});
