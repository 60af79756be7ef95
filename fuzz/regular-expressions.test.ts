/** What backtracks on a text that a caller, a provider or AIDR writes keeps everybody waiting: no expression may. */
import { analyse } from 'scslre';
import { describe, expect, it } from 'vitest';
import { expressionsIn, expressionsOfSource, slowLength, strainsOf, wordsOf } from './regular-expressions.ts';

const EXPRESSIONS = expressionsOfSource();

/** @returns what is wrong with an expression */
function faultOf(source: string, flags: string): string | undefined {
  const [report] = analyse(new RegExp(source, flags)).reports;
  return report ? `backtracks on ${JSON.stringify(report.character.pick)}` : slowOn(source, flags);
}

function slowOn(source: string, flags: string): string | undefined {
  const expression = new RegExp(source, flags);
  for (const strain of strainsOf({ source })) {
    const length = slowLength(expression, strain);
    if (length !== undefined) return `is slow at ${length} units of ${JSON.stringify(strain)}`;
  }
  return undefined;
}

it('no regular expression on foreign text backtracks, whatever the text', () => {
  const faults = EXPRESSIONS.flatMap(({ file, source, flags }) => {
    const fault = faultOf(source, flags);
    return fault === undefined ? [] : [`${file}: /${source}/${flags} ${fault}`];
  });
  expect(faults).toEqual([]);
  expect(EXPRESSIONS.length).toBeGreaterThan(50);
});

describe('an expression that backtracks', () => {
  it.each([
    ['between two classes that share characters', String.raw`^(?:[A-Za-z\d+/\s]*|[\w\s-]*)={0,2}\s*$`, ''],
    ['behind a word', String.raw`charset\s*\*?[\d*]*\s*=`, 'i'],
    ['from each place', String.raw`\/+$`, ''],
    ['between alternatives', '^(?:a|a)*$', ''],
    ['in a repetition of repetitions', String.raw`^(?:\w+)+$`, ''],
    ['behind two words', String.raw`^data:[^,]*;base64,[\w\s]*\s*$`, 'i'],
  ])('is found: %s', (_name, source, flags) => {
    expect(faultOf(source, flags)).toBeDefined();
    expect(slowOn(source, flags)).toBeDefined();
  });

  it('is not hidden by being put together', () => {
    expect(() => expressionsIn('a.ts', 'const a = new RegExp("a" + b);')).toThrow('a.ts puts');
    expect(() => expressionsIn('a.ts', 'const a = RegExp("a");')).toThrow('a.ts puts');
    expect(expressionsIn('a.ts', 'const a: RegExp = /b\\/c/gi;')).toEqual([
      { file: 'a.ts', source: 'b\\/c', flags: 'gi' },
    ]);
  });
});

it('knows the words that an expression wants to see first', () => {
  expect(wordsOf(String.raw`^data:(?:[\w.+-]{1,40}\/[\w.]+)?;base64,[\w+/-]*={0,2}\s*$`)).toEqual([
    'data:',
    '/',
    ';base64,',
    '=',
  ]);
});
