/**
 * The regular expressions of what ships, and texts on which one that backtracks takes long: runs and alternations of
 * every character that it names, behind what it wants to see first.
 *
 * The command line tool's are left out: it reads what its own operator wrote.
 */
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { threadNanoseconds } from './growth.ts';

export interface SourceExpression {
  file: string;
  source: string;
  flags: string;
}

/** A text of any length, and what stands around it. */
export interface Strain {
  before: string;
  repeated: string;
  after: string;
}

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/**
 * @returns every literal of the source files
 * @throws Error where one is put together, so that nobody can look at it
 */
export function expressionsOfSource(): SourceExpression[] {
  const files = globSync('{src,plugins}/**/*.ts', { cwd: ROOT }).sort();
  return files.filter(isForeign).flatMap((file) => expressionsIn(file, readFileSync(ROOT + file, 'utf8')));
}

function isForeign(file: string): boolean {
  return !file.startsWith('src/cli/') && !file.endsWith('.test.ts') && !file.endsWith('testing.ts');
}

export function expressionsIn(file: string, code: string): SourceExpression[] {
  const found: SourceExpression[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf('/');
      found.push({ file, source: node.text.slice(1, end), flags: node.text.slice(end + 1) });
    }
    if (ts.isIdentifier(node) && node.text === 'RegExp' && !ts.isTypeNode(node.parent))
      throw new Error(`${file} puts a regular expression together: write a literal`);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, code, ts.ScriptTarget.Latest, true));
  return found;
}

/** What a character class may hold that its source does not spell. */
const COMMON = [...'aZ_09 \t\n\r-=/\u0085\u00e9\ufeff😀'];

/** Runs of everything that an expression names, behind all that it may want to see first. */
export function* strainsOf({ source }: Pick<SourceExpression, 'source'>): Generator<Strain> {
  const words = wordsOf(source);
  const before = [...new Set(['', ...words, ...words.map((_, count) => words.slice(0, count + 1).join(''))])];
  for (const repeated of unitsOf(source))
    for (const start of before) for (const after of ['', '\0']) yield { before: start, repeated, after };
}

/** @returns the runs of characters that an expression spells, in its order */
export function wordsOf(source: string): string[] {
  const plain = source
    .replace(/\[(?:\\.|[^\]\\])*\]|\\[pP]\{[^}]*\}|\{\d*,?\d*\}|\\x[\da-f]{2}|\\[a-zA-Z\d]/gi, '\n')
    .replace(/\(\?(?:[:=!]|<[=!]|<\w+>)/g, '\n');
  return plain
    .split(/(?<!\\)[()|?*+^$.\n]/)
    .map((word) => word.replaceAll('\\', ''))
    .filter((word) => word !== '');
}

/** @returns the characters and words that an expression can tell apart */
export function unitsOf(source: string): string[] {
  const spelled = [...source].filter((character) => !/[\\()[\]{}|^$?]/.test(character));
  return [...new Set([...COMMON, ...spelled, ...wordsOf(source)])];
}

/** UTF-16 code units: what backtracks shows at the last, what does so without end at one of the first. */
const LENGTHS = [12, 16, 20, 24, 32, 64, 256, 4_096, 16_384];
/** Nanoseconds a code unit, and at all, that no engine needs for a text that it reads once or twice. */
const MAX_PER_UNIT = 200;
const LEAST = 2_000_000;
/** A pause of the machine disturbs one measurement, not each of them. */
const TRIES = 4;
/** Times the limit, which no disturbance explains a second time. */
const HOPELESS = 5;

/**
 * @param clock nanoseconds
 * @param lengths of what is repeated, in UTF-16 code units
 * @returns the length at which the expression is slow; undefined when it is not
 */
export function slowLength(
  expression: RegExp,
  strain: Strain,
  clock = threadNanoseconds,
  lengths: readonly number[] = LENGTHS,
): number | undefined {
  return lengths.find((length) => {
    const text = strain.before + strain.repeated.repeat(length / strain.repeated.length) + strain.after;
    const limit = Math.max(LEAST, MAX_PER_UNIT * text.length);
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const took = timeOf(expression, text, clock);
      if (took <= limit) return false;
      if (attempt > 0 && took > HOPELESS * limit) break;
    }
    return true;
  });
}

/** All matches, as `replace` and `matchAll` look for them. */
function timeOf(expression: RegExp, text: string, clock: () => number): number {
  const began = clock();
  expression.lastIndex = 0;
  while (expression.test(text) && expression.global) if (expression.lastIndex === 0) break;
  return clock() - began;
}
