import { fileURLToPath } from 'node:url';
import { nat } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fuzz } from './fuzz.ts';
import { checkGrowth } from './growth.ts';
import type { Target } from './target.ts';
import { findTarget, TARGET_NAMES } from './targets/index.ts';
import { readBody, wireTarget } from './targets/wire.ts';
import { fuzzWatched } from './watchdog.ts';

const SEED = 7;

it.each(TARGET_NAMES)('holds for a moment of made-up input: %s', async (name) => {
  const { cases, findings } = await fuzz(await findTarget(name), { seconds: 0.3, seed: SEED });
  expect(findings).toEqual([]);
  expect(cases).toBeGreaterThan(0);
});

describe('a bug that is planted', () => {
  it('is found, made small, and found again with the seed that is printed', async () => {
    const forgetful = wireTarget((...body) => {
      const reading = readBody(...body);
      const segments = reading?.extraction.segments.filter(({ kind }) => kind !== 'refusal') ?? [];
      return reading && { ...reading, extraction: { ...reading.extraction, segments } };
    });
    const { findings } = await fuzz(forgetful, { seconds: 0.4, seed: SEED });
    expect(findings[0]?.message).toMatch(/^not inspected: .*refusal/);
    const [again] = (await fuzz(forgetful, { seconds: 0.05, seed: findings[0]?.seed ?? 0 })).findings;
    expect(again).toEqual(findings[0]);
    expect(JSON.parse(again?.input ?? '')).toHaveProperty('body');
  });

  it('is shown by the smallest input', async () => {
    const { findings } = await fuzz(
      numbers('small', (number) => number < 100),
      { seconds: 0.3, seed: SEED },
    );
    expect(findings).toMatchObject([{ message: 'does not hold', input: '100' }]);
  });

  it('is named where it never ends', async () => {
    const module = fileURLToPath(new URL('./testing/endless.ts', import.meta.url));
    const { findings } = await fuzzWatched(module, { seconds: 30, seed: SEED }, 500);
    expect(findings).toMatchObject([{ message: 'no end within 500 ms of computing', input: '"endless"' }]);
  });

  it.each<[string, number, boolean]>([
    ['as fast as the input', 1, true],
    ['a little faster', 1.1, true],
    ['with its square', 2, false],
  ])('is found where time grows %s, or not', (_name, exponent, isLinear) => {
    let now = 0;
    const read = ({ length }: Uint8Array) => {
      now += 20 * length ** exponent;
    };
    const grown = { before: [], repeated: ['a'], after: [] };
    const grow = () => checkGrowth({ pieces: ['a'], read }, grown, () => now);
    if (isLinear) expect(grow).not.toThrow();
    else expect(grow).toThrow('time is not linear');
  });
});

function numbers(name: string, holds: (number: number) => boolean): Target<number> {
  return {
    name,
    inputs: nat(10_000),
    show: String,
    start: async () => ({
      check(number) {
        if (!holds(number)) throw new Error('does not hold');
      },
    }),
  };
}
