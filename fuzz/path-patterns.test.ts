/** What is said of paths is looked up for every request: a path that repeats what a pattern looks for takes no longer. */
import { describe, expect, it } from 'vitest';
import type { Endpoint, Provider } from '../src/formats/provider.ts';
import { PROVIDERS } from '../src/formats/providers.ts';
import { endpointTable } from '../src/formats/registry.ts';
import { threadNanoseconds } from './growth.ts';
import { slowLength, wordsOf } from './regular-expressions.ts';

const endpoints = endpointTable().flatMap((one) => one.endpoints);

/** What stands before the names of endpoints, where those of their providers begin in the middle. */
const BEGINNINGS = [
  ...['', '/v1', '/v1beta/', '/v1beta/models/x', '/v1beta/models/', '/v1/projects/p/locations/l/'],
  ...['/v1/projects/p/locations/l/endpoints/', '/v1/projects/p/locations/l/reasoningEngines/', '/v1/x'],
];

function spelledOut(name: string): string[] {
  const path = name
    .replaceAll(/\{\w+\}/g, 'x')
    .replace(/…(?=.)/, 'a.GenerativeService.')
    .replace('…', '');
  return BEGINNINGS.flatMap((beginning) => [
    `${beginning}${path}`,
    `${beginning}${path}x`,
    `${beginning}${path}/x`,
  ]);
}

/** Everything that one matches, and its beginnings: what is looked for first is then found everywhere. */
function repeatedOf({ names, path }: Pick<Endpoint, 'names' | 'path'>): string[] {
  const matched = names.flatMap((name) =>
    spelledOut(name)
      .filter((one) => path.test(one))
      .slice(0, 2),
  );
  const beginnings = matched.flatMap((one) =>
    [...one.matchAll(/[/:]/g)].flatMap(({ index }) => [one.slice(0, index), one.slice(0, index + 1)]),
  );
  return [...new Set([...matched, ...beginnings, ...wordsOf(path.source)])].filter((one) => one !== '');
}

const ENDS = ['', '/', '!', ':x', ':x!', ':predict', ':stream', '/content/x', '/publishers/x'];
/** UTF-16 code units: four times what Kong takes. */
const LENGTH = 32_768;
/** A pattern with a bounded number of segments reads each of them several times. */
const patientClock = () => threadNanoseconds() / 4;

/** @returns what takes long */
function slowRepetition(pattern: RegExp, repeated: readonly string[]): string | undefined {
  for (const one of repeated)
    for (const after of ENDS) {
      const strain = { before: '', repeated: one, after };
      if (slowLength(pattern, strain, patientClock, [LENGTH]) !== undefined) return `${one}… ${after}`;
    }
  return undefined;
}

describe('the pattern of an endpoint', () => {
  it('matches what its row is called', () => {
    const unlike = endpoints.filter(
      ({ names, path }) => !names.some((name) => spelledOut(name).some((one) => path.test(one))),
    );
    expect(unlike.map(({ names, path }) => `${names[0]} ${path}`)).toEqual([]);
  });

  it('takes a time in proportion to the path, whatever is repeated in it', () => {
    const slow = endpoints.flatMap((endpoint) => {
      const repeated = slowRepetition(endpoint.path, repeatedOf(endpoint));
      return repeated === undefined ? [] : [`${endpoint.path}: ${repeated}`];
    });
    expect(slow).toEqual([]);
  });

  it('is found slow where each place is read to the end', () => {
    const names = ['/v1/models…'];
    const path = /\/v1\/models(?:\/[^:]*)?$/;
    expect(slowRepetition(path, repeatedOf({ names, path }))).toBeDefined();
  });
});

it('what else is looked for in a path takes a time in proportion to it', () => {
  const providers: readonly Provider[] = PROVIDERS;
  const patterns = [...providers, ...providers.flatMap(({ servers = [] }) => servers)].flatMap(
    ({ modelInPath, streamRequest, mediaRequest }: Partial<Provider>) => [
      ...[modelInPath ?? [], streamRequest?.path ?? [], mediaRequest?.path ?? []].flat(),
    ],
  );
  const slow = [...new Set(patterns)].flatMap((pattern) => {
    const words = wordsOf(pattern.source);
    const repeated = [...words, words.join(''), words.join('x'), `${words.join('x')}/`, '/x:y', '%3Ax'];
    const found = slowRepetition(pattern, [...new Set(repeated)]);
    return found === undefined ? [] : [`${pattern}: ${found}`];
  });
  expect(slow).toEqual([]);
});
