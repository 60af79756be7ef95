import { expect, it } from 'vitest';
import { didYouMean } from './did-you-mean.ts';

const NAMES = ['crowdstrike-aidr-request', 'crowdstrike-aidr-response', 'env', 'post-function'];

it.each([
  ['crowdstrike-aidr-requst', 'did you mean crowdstrike-aidr-request?'],
  ['crowdstrike-aidr-repsonse', 'did you mean crowdstrike-aidr-response?'],
  ['evn', 'did you mean env?'],
  ['post_function', 'did you mean post-function?'],
  ['aws', undefined],
  ['key-auth', undefined],
  ['env', undefined],
  ['', undefined],
  ['x'.repeat(100_000), undefined],
])('%.40s: %s', (word, expected) => {
  expect(didYouMean(word, NAMES)).toBe(expected);
});
