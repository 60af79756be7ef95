/** Pairs of texts: the changes between them make the one into the other, keep pairs of surrogates whole, and are in order. */
import { array, constantFrom, oneof, record, string } from 'fast-check';
import { type Change, changesBetween } from '../../src/body/text-changes.ts';
import type { Growth, Target } from '../target.ts';

interface Input {
  /** A text in pieces, and what became of each of them. */
  pieces: { old: string; changed: string }[];
}

const PIECES = [
  'SSN 078-05-1120 ',
  '<US_SSN>',
  '😀',
  '😁',
  'ab',
  'x'.repeat(40),
  'xy'.repeat(120),
  'z'.repeat(300),
];
const anyPiece = oneof(
  constantFrom(...PIECES),
  string({ unit: constantFrom('a', 'b', ' ', '\n', '😀', '\ud83d', '\ude00'), maxLength: 12 }),
);

export const changes: Target<Input> = {
  name: 'changes',
  inputs: record({
    pieces: array(
      oneof(
        anyPiece.map((same) => ({ old: same, changed: same })),
        record({ old: anyPiece, changed: anyPiece }),
      ),
      { maxLength: 40 },
    ),
  }),
  show: (input) => JSON.stringify(input.pieces),
  start: async () => ({ check: checkChanges, growth }),
};

function checkChanges({ pieces }: Input): void {
  const old = pieces.map((piece) => piece.old).join('');
  const changed = pieces.map((piece) => piece.changed).join('');
  const found = changesBetween(old, changed);
  if (applied(old, found) !== changed) throw new Error('the changes do not make the one into the other');
  const cut = found.find(({ start, end }) => isInsidePair(old, start) || isInsidePair(old, end));
  if (cut) throw new Error(`a character is cut at ${cut.start} or ${cut.end}`);
}

/** @throws Error when they are not in order */
function applied(old: string, found: readonly Change[]): string {
  let result = '';
  let at = 0;
  for (const { start, end, text } of found) {
    if (start < at || end < start) throw new Error('the changes are not in order');
    result += old.slice(at, start) + text;
    at = end;
  }
  return result + old.slice(at);
}

function isInsidePair(text: string, at: number): boolean {
  return /^[\ud800-\udbff][\udc00-\udfff]$/.test(text.slice(at - 1, at + 1));
}

/** Some of its letters become much more than they were, others nothing: in many places the texts go on far apart. */
const growth: Growth = {
  pieces: [...PIECES, 'q', 'w', 'q'.repeat(200), 'abcdef', 'a', 'a'.repeat(64), ' '],
  read: (body) => {
    const old = Buffer.from(body).toString();
    changesBetween(
      old,
      old.replaceAll(/q|w/g, (letter) => (letter === 'q' ? '' : 'Q'.repeat(193))),
    );
  },
};
