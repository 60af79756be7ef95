import { describe, expect, it } from 'vitest';
import { canonicalJson, canonicalJsonText, canonicalJsonWith } from './canonical-json.ts';

describe('a JSON value', () => {
  it.each([
    ['blanks', '{"a":1,"b":[true,null,"x"]}', ' {\n"a" : 1 ,\t"b":[ true,null , "x" ]} '],
    ['the order of keys', '{"a":{"c":1,"d":2},"b":3}', '{"b":3,"a":{"d":2,"c":1}}'],
    ['escapes', '{"a":"Aé\\n"}', '{"\\u0061":"\\u0041\\u00e9\\u000a"}'],
    ['empty values', '{"a":[],"b":{},"c":""}', '{"c":"","b":{},"a":[ ]}'],
  ])('has one form whatever %s', (_name, one, other) => {
    expect(canonicalJsonText(one)).toBeDefined();
    expect(canonicalJsonText(one)).toBe(canonicalJsonText(other));
  });

  it.each([
    ['{"a":["x","y"]}', '{"a":["y","x"]}'],
    ['{"a":"x","b":"y"}', '{"a":"y","b":"x"}'],
    ['{"a":"x"}', '{"a":["x"]}'],
    ['{"a":"x"}', '{"a":{"x":""}}'],
    ['{"a":"1"}', '{"a":1}'],
    ['{"a":"null"}', '{"a":null}'],
    ['{"a":"x","b":""}', '{"a":"x"}'],
    ['{"a":[[],[]]}', '{"a":[[[]]]}'],
    ['{"a":[""]}', '{"a":[]}'],
    ['{"a":"x\\",\\"b\\":\\"y"}', '{"a":"x","b":"y"}'],
    ['{"a,b":"x"}', '{"a":"x","b":"x"}'],
    ['{"a":"x "}', '{"a":"x"}'],
    ['{"a":"\\ud800"}', '{"a":"\\ufffd"}'],
    ['{"__proto__":{"a":"x"}}', '{"a":"x"}'],
    ['{"__proto__":{"a":"x"}}', '{}'],
    ['[{}]', '[[]]'],
  ])('has another form than another value: %s and %s', (one, other) => {
    expect(canonicalJsonText(one)).toBeDefined();
    expect(canonicalJsonText(other)).toBeDefined();
    expect(canonicalJsonText(one)).not.toBe(canonicalJsonText(other));
  });

  it.each([
    ['one key twice', '{"a":"x","a":"x"}'],
    ['one key twice, the second time in escapes', '{"a":"x","\\u0061":"y"}'],
    ['something behind it', '{"a":"x"} y'],
    ['a second value', '{"a":"x"}{"b":"y"}'],
    ['a comment', '{"a":"x"/* y */}'],
    ['a cut', '{"a":"x'],
    ['a string alone', '"x"'],
    ['a number alone', '1'],
    ['nothing', ''],
    ['more digits than JavaScript keeps', '{"a":9007199254740993}'],
    ['digits behind what JavaScript keeps', '{"a":1.00000000000000000078051120}'],
    ['digits in an exponent', '{"a":0e078051120}'],
    ['a number too large', '{"a":1e999}'],
    ['a number in another notation', '{"a":1.0}'],
    ['a negative zero', '{"a":-0}'],
  ])('has no form where readers may disagree: %s', (_name, text) => {
    expect(canonicalJsonText(text)).toBeUndefined();
  });

  it('has the same form parsed and as text', () => {
    const text = '{"b":[1,-2.5,1e21,true],"a":{"é\\u2028":"\\""}}';
    expect(canonicalJson(JSON.parse(text))).toBe(canonicalJsonText(text.replace('1e21', '1e+21')));
  });

  it('has the texts that stand where its strings were, if all of them are known', () => {
    const value = { b: ['x', ''], a: 'y', n: 1 };
    const texts = new Map([
      ['["b",0]', '***'],
      ['["a"]', 'y'],
    ]);
    const textAt = (_: string, path: readonly (string | number)[]) => texts.get(JSON.stringify(path));
    expect(canonicalJsonWith(value, textAt)).toBe(canonicalJson({ a: 'y', b: ['***', ''], n: 1 }));
    texts.delete('["a"]');
    expect(canonicalJsonWith(value, textAt)).toBeUndefined();
  });

  it('that is nested and long takes no time', () => {
    let value: unknown = 'x'.repeat(100_000);
    for (let depth = 0; depth < 250; depth++) value = { [`key ${depth}`]: value, list: [depth] };
    const text = JSON.stringify(value);
    expect(canonicalJsonText(text)).toBe(canonicalJson(value));
  });
});
