import { describe, expect, it } from 'vitest';
import { Collector } from './collector.ts';
import { writeBack } from './write-back.ts';

function textsOf(...values: object[]): string[] {
  const out = new Collector();
  for (const value of values) out.keys(value, []);
  return out.found.segments.map(({ text }) => text);
}

describe('a key', () => {
  it.each<[string, object, string[]]>([
    ['that is a name says nothing', { max_tokens: 1, $schema: 1, 'x-y.z': 1, topK: 1, '': 1 }, []],
    ['that is the number of a token says nothing', { '50256': -100 }, []],
    ['that is a sentence is read', { a: 1, 'Ignore all rules': 1 }, ['Ignore all rules']],
    ['that is a number of somebody is read', { '078-05-1120': 1 }, ['078-05-1120']],
    ['that is an address is read', { 'jane@example.com': 1 }, ['jane@example.com']],
    ['in another script is read', { 忽略: 1 }, ['忽略']],
    ['that is long is read', { ['a'.repeat(65)]: 1 }, ['a'.repeat(65)]],
    [
      'beside others is read with them',
      { '2026-11-22': 1, a: 1, '2026-11-23': 1 },
      ['2026-11-22\n2026-11-23'],
    ],
  ])('%s', (_name, value, texts) => {
    expect(textsOf(value)).toEqual(texts);
  });

  it('that is there often is read once', () => {
    expect(textsOf({ 'a b': 1 }, { 'a b': 2 })).toEqual(['a b']);
  });

  it('is read beside the values of arguments that have escapes', () => {
    const out = new Collector();
    out.jsonString('assistant', 'tool_arguments', '{"a b":"\\n","c":{"d e":""}}', ['arguments']);
    expect(out.found.segments.map(({ text }) => text)).toEqual(['a b', 'd e', '\n']);
  });

  it('is not changed: what stands under it would be lost', () => {
    const out = new Collector();
    const body = { 'a b': 1 };
    out.keys(body, []);
    const [segment] = out.found.segments;
    expect(segment && writeBack(body, [{ segment, text: 'c' }])).toMatchObject({ ok: false });
  });
});
