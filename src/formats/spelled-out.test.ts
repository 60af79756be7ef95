import { expect, it } from 'vitest';
import { Collector } from './collector.ts';
import { claimSpelled } from './spelled-out.ts';

it.each<[string, unknown[], string[]]>([
  ['spell the text', ['I am', ' Bob', '.'], []],
  ['spell a part of it', [' Bob'], []],
  ['spell something else', ['I am', ' Eve'], ['I am', ' Eve']],
  ['spell it in another order', [' Bob', 'I am'], [' Bob', 'I am']],
  ['are no strings', [{ token: 'I am Bob.' }, 7], ['I am Bob.']],
])('tokens that %s', (_name, tokens, rest) => {
  const out = new Collector();
  claimSpelled(
    tokens.map((value, index) => ({ value, path: [index] })),
    'I am Bob.',
    out,
  );
  out.account('tool', tokens, { keys: () => new Map([['token', {}]]) }, []);
  expect(out.extraction.segments.flatMap(({ text }) => text.split('\n'))).toEqual(rest);
});
