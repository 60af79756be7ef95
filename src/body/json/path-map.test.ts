import { describe, expect, it } from 'vitest';
import { cpuMilliseconds } from '../../../testkit/cpu-time.ts';
import { PathMap } from './path-map.ts';

describe('a map of paths', () => {
  it('tells paths apart by their steps, numbers from words, and what stands in a string from what stands beside it', () => {
    const map = new PathMap<string>();
    const paths: Parameters<PathMap<string>['at']>[] = [
      [[]],
      [['a']],
      [['a', 1]],
      [['a', '1']],
      [['a'], []],
      [['a'], [1]],
      [['a', 1], []],
      [['__proto__']],
    ];
    for (const [number, path] of paths.entries()) {
      expect(map.at(...path)).toEqual(expect.not.objectContaining({ value: expect.anything() }));
      map.at(...path).value = `${number}`;
    }
    expect(paths.map((path) => map.at(...path).value)).toEqual(paths.map((_, number) => `${number}`));
  });

  it('finds what is known along a path', () => {
    const map = new PathMap<number>();
    map.at([]).value = 0;
    map.at(['a', 1]).value = 2;
    map.at(['a', 1, 'b']).value = 3;
    map.at(['a', 2]).value = 4;
    expect([...map.along(['a', 1, 'b', 'c'])]).toEqual([0, 2, 3]);
    expect([...map.along(['z'])]).toEqual([0]);
  });

  it('takes no longer for long keys', () => {
    const map = new PathMap<true>();
    const key = 'k'.repeat(1_000_000);
    const took = cpuMilliseconds(() => {
      for (let index = 0; index < 10_000; index++) map.at([key, index]).value = true;
    });
    expect(took).toBeLessThan(1_000);
  });
});
