import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpuMilliseconds } from '../../../testkit/cpu-time.ts';
import { editJson } from './edit.ts';

const gone = (...paths: (string | number)[][]) => paths.map((path) => ({ path, removed: true as const }));

describe('an item of a list that is removed', () => {
  it.each([
    ['the only one', '[ 1 ]', gone([0]), '[ ]'],
    ['the first', '[ 1 , 2, 3]', gone([0]), '[ 2, 3]'],
    ['one between others', '[1, 2 ,3]', gone([1]), '[1 ,3]'],
    ['the last', '[1, {"a": [2]} ]', gone([1]), '[1 ]'],
    ['the first two', '[1,\n 2,\n 3]', gone([0], [1]), '[3]'],
    ['the last two', '[1, 2, 3]', gone([1], [2]), '[1]'],
    ['all', '[1, 2]', gone([0], [1]), '[]'],
    [
      'beside an item that is changed',
      '["a", "b", "c"]',
      [...gone([0], [2]), { path: [1], text: 'x' }],
      '["x"]',
    ],
    ['with whatever changes in it', '[{"a":"b"},1]', [...gone([0]), { path: [0, 'a'], text: 'x' }], '[1]'],
    ['that is a list behind another', '[[1], [2, 3]]', gone([0], [1, 0]), '[[3]]'],
    ['behind a string that looks like a list', '["[", 1]', gone([1]), '["["]'],
  ])('goes with one comma: %s', (_name, json, edits, expected) => {
    expect(editJson(json, edits)).toBe(expected);
  });

  it('leaves the others as they are, whichever they are', () => {
    const list = fc.array(fc.tuple(fc.json({ maxDepth: 2 }), fc.boolean(), fc.constantFrom('', ' ', '\n')));
    fc.assert(
      fc.property(list, (items) => {
        const json = `{"a":[${items.map(([item, , blank]) => `${blank}${item}${blank}`).join(',')}],"b":1}`;
        const edits = items.flatMap(([, goes], index) => (goes ? gone(['a', index]) : []));
        const left = items.flatMap(([item, goes]) => (goes ? [] : [JSON.parse(item)]));
        expect(JSON.parse(editJson(json, edits))).toEqual({ a: left, b: 1 });
      }),
      { numRuns: 300 },
    );
  });

  it('takes time in proportion to their number', () => {
    const count = 100_000;
    const json = `[${Array(count).fill('{}').join(',')},1]`;
    const edits = Array.from({ length: count }, (_, index) => gone([index])).flat();
    expect(cpuMilliseconds(() => expect(editJson(json, edits)).toBe('[1]'))).toBeLessThan(2_000);
  });
});
