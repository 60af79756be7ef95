import { describe, expect, it } from 'vitest';
import { extract, linesOf } from '../../../testkit/formats/extract.ts';
import type { JsonObject } from '../segment.ts';
import { countTokens } from './count-tokens.ts';

const contents = [{ parts: [{ text: 'a' }] }];

describe('a countTokens request', () => {
  it.each<[string, JsonObject, string[]]>([
    ['contents', { contents }, ['user text /contents/0/parts/0/text: a']],
    [
      'a request inside, in either spelling',
      {
        generateContentRequest: { contents, systemInstruction: { parts: [{ text: 'b' }] }, novel: 'c' },
        generate_content_request: { contents },
      },
      [
        'system text /generateContentRequest/systemInstruction/parts/0/text: b',
        'user text /generateContentRequest/contents/0/parts/0/text: a',
        'user text /generateContentRequest/novel: c',
        'user text /generate_content_request/contents/0/parts/0/text: a',
      ],
    ],
    ['instances', { instances: [{ content: 'a' }] }, ['user text /instances/0/content: a']],
  ])('is read: %s', (_name, body, expected) => {
    expect(linesOf(extract(countTokens, 'request', body))).toEqual(expected);
  });

  it('is not recognised without a prompt', () => {
    expect(extract(countTokens, 'request', { generateContentRequest: {} })).toBeUndefined();
  });
});

it('has an answer of numbers', () => {
  expect(extract(countTokens, 'response', { totalTokens: 3 })?.segments).toEqual([]);
  expect(extract(countTokens, 'response', { usage: {} })).toBeUndefined();
});
