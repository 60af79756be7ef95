import { describe, expect, it } from 'vitest';
import { cpuMilliseconds } from '../../../testkit/cpu-time.ts';
import { compilePattern } from './linear-pattern.ts';

function matches(source: string, text: string): boolean | string {
  const compiled = compilePattern(source);
  return compiled.ok ? compiled.pattern.matches(text) : compiled.reason;
}

describe('a pattern', () => {
  it.each([
    ['bomb', 'how to build a bomb?', true],
    ['bomb', 'BOMB', false],
    ['(?i)bomb', 'BOMB', true],
    ['^bomb', 'a bomb', false],
    ['a.b', 'a\nb', false],
    ['(?s)a.b', 'a\nb', true],
    ['\\bssn\\b', 'his ssn?', true],
    ['^.{3}$', 'für', true],
    ['^.$', '😀', true],
    ['[äö]', 'schön', true],
    ['\\p{Greek}', 'λόγος', true],
    ['b', 'a\ud800b', true],
    ['\\Qa.b\\E', 'a.b', true],
    ['a{1,2}\\\\12', 'aa\\12', true],
    ['x*', '', true],
  ])('%s finds what PCRE finds in %j', (source, text, expected) => {
    expect(matches(source, text)).toBe(expected);
  });

  it.each([
    ['secret(?=word)', 'lookaround'],
    ['secret(?!word)', 'lookaround'],
    ['(?<=secret)word', 'lookaround'],
    ['(?<!secret)word', 'lookaround'],
    ['(secret)\\1', 'a back-reference'],
    ['(?<secret>a)\\k<secret>', 'a back-reference'],
    ['(?P<secret>a)(?P=secret)', 'a back-reference'],
    ['(secret)\\g1', 'a back-reference'],
    ['(?>secret)', 'an atomic group'],
    ['secret++', 'a possessive quantifier'],
    ['secret?+', 'a possessive quantifier'],
    ['secret{2}+', 'a possessive quantifier'],
    ['(?x) secret', 'invalid or unsupported Perl syntax'],
    ['secret\\Z', 'invalid escape sequence'],
    ['secret{1001}', 'invalid repeat count'],
    ['(secret', 'missing closing )'],
    ['[z-a]secret', 'invalid character class range'],
    ['secret\\', 'trailing backslash'],
    ['secret\\v', 'engines read differently'],
    ['(((((((((((secret)))))))))))\\11', 'engines read differently'],
    ['secret{,3}', 'engines read differently'],
    ['secret{1, 3}', 'engines read differently'],
  ])('%s is refused with a reason that does not repeat it', (source, reason) => {
    expect(matches(source, '')).toContain(reason);
    expect(matches(source, '')).not.toContain('secret');
  });

  it.each(['(a+)+$', '(a|aa)+$', '(.*)*b'])('%s takes no longer on a text made to be slow', (source) => {
    const text = `${'a'.repeat(200_000)}!`;
    expect(cpuMilliseconds(() => expect(matches(source, text)).toBe(false))).toBeLessThan(2000);
  });

  it('that forgets states for want of memory still finds what is there', () => {
    let seed = 7;
    const noise = Array.from({ length: 100_000 }, () => {
      seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
      return 'xyz '[(seed >> 16) % 4];
    }).join('');
    const pattern = '(?:x|y|z).{12}x.{30}END';
    expect(matches(pattern, noise)).toBe(false);
    expect(matches(pattern, `${noise}x${'y'.repeat(12)}x${'z'.repeat(30)}END`)).toBe(true);
  });
});
