import { expect, it } from 'vitest';
import { numberingOf } from './choice-numbers.ts';

const chunk = (index: unknown, finish_reason: string | null = null) => ({
  choices: [{ index, delta: {}, finish_reason }],
});
const numbering = (...values: unknown[]) => numberingOf(values.map((value) => ({ value })));
const counted = (count: number) => Array.from({ length: count }, (_, index) => chunk(index));

it.each<[string, unknown[]]>([
  ['nothing', []],
  ['one chunk', [chunk(0)]],
  ['chunks of one choice', [chunk(0), chunk(0)]],
  ['one that comes back', [...counted(100), chunk(0)]],
  ['chunks without an index', [chunk(undefined), chunk(undefined)]],
  ['two in a chunk', [{ choices: [chunk(0).choices[0], chunk(1).choices[0]] }]],
  ['two that are finished at once', [chunk(0, 'stop'), chunk(1, 'stop')]],
  ['what is no choice', [chunk(0), { choices: [7] }]],
])('counts choices: %s', (_name, values) => {
  expect(numbering(...values)).toBe('choices');
});

it.each<[string, unknown[]]>([
  ['two chunks', [chunk(0), chunk(1)]],
  ['chunks and usage', [chunk(0), { choices: [] }, undefined, { choices: null }, chunk(9, 'stop')]],
  ['as many as there may be choices', counted(128)],
])('may count chunks: %s', (_name, values) => {
  expect(numbering(...values)).toBe('unclear');
});

it('counts chunks when there are more than choices can be, whatever follows', () => {
  expect(numbering(...counted(129), chunk(0))).toBe('chunks');
});
