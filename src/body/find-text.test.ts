import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpuMilliseconds } from '../../testkit/cpu-time.ts';
import { findText, standsTwice } from './find-text.ts';

const texts = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 200 });

describe('a text in another', () => {
  it('is found where `indexOf` finds it, however both repeat themselves', () => {
    const parts = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 30, maxLength: 45 });
    fc.assert(
      fc.property(texts, parts, texts, fc.nat(50), (before, part, after, from) => {
        const text = before + part + after;
        expect(findText(text, part, from)).toBe(text.indexOf(part, from));
        expect(findText(before + after, part, from)).toBe((before + after).indexOf(part, from));
      }),
    );
  });

  it('stands there twice where its first place is not its last', () => {
    fc.assert(
      fc.property(texts, fc.nat(100), fc.nat(60), (text, start, length) => {
        const part = text.slice(start, start + length);
        fc.pre(part !== '');
        expect(standsTwice(text, part)).toBe(text.indexOf(part) !== text.lastIndexOf(part));
      }),
    );
  });

  it.each([
    ['in the middle of the part', 'a'.repeat(200_000), `${'a'.repeat(50_000)}b${'a'.repeat(50_000)}`],
    ['at the end of the part', 'a'.repeat(200_000), `${'a'.repeat(100_000)}b`],
    ['at its beginning', 'a'.repeat(200_000), `b${'a'.repeat(100_000)}`],
    ['nowhere', 'ab'.repeat(100_000), `aab${'ab'.repeat(50_000)}`],
  ])('is looked for in linear time where the difference is %s', (_name, text, part) => {
    const took = cpuMilliseconds(() => {
      expect(findText(text, part)).toBe(-1);
      expect(standsTwice(part, text)).toBe(false);
    });
    expect(took).toBeLessThan(500);
  });
});
