import { describe, expect, it } from 'vitest';
import { messagesNamed } from './findings.ts';

const fired = (...analyzed_paths: unknown[]) => ({ detected: true, analyzed_paths });
const calm = {
  detected: false,
  analyzed_paths: ['$.messages[0].content', '$.tools[0].function.description'],
};

describe('the messages that a verdict names', () => {
  it.each<[string, object, number[]]>([
    ['one', { a: fired('$.messages[3].content') }, [3]],
    ['one, by two detectors', { a: fired('$.messages[3].content'), b: fired('$.messages[3]') }, [3]],
    ['several', { a: fired('$.messages[3].content', '$.messages[0].content') }, [3, 0]],
    ['only those of detectors that fired', { a: fired('$.messages[3].content'), b: calm }, [3]],
  ])('are %s', (_name, detectors, messages) => {
    expect(messagesNamed({ blocked: true, detectors })).toEqual(messages);
  });

  it.each<[string, unknown]>([
    ['no detector fired', { detectors: { a: calm } }],
    [
      'one that fired names nothing',
      { detectors: { a: fired('$.messages[3].content'), b: { detected: true } } },
    ],
    ['one that fired names an empty list', { detectors: { a: fired() } }],
    [
      'it names a tool',
      { detectors: { a: fired('$.messages[3].content', '$.tools[0].function.description') } },
    ],
    ['it names a place of another form', { detectors: { a: fired('$..messages[3].content') } }],
    ['it names what is in no list', { detectors: { a: fired('$.messages[3][0]') } }],
    ['it names no text at all', { detectors: { a: fired(3) } }],
    ['it names thousands', { detectors: { a: fired(...Array(1_000).fill('$.messages[0].content')) } }],
    [
      'an access rule blocked',
      {
        detectors: { a: fired('$.messages[3].content') },
        access_rules: { r: { matched: true, action: 'blocked' } },
      },
    ],
    ['there are no detectors', {}],
    ['there is no result', undefined],
  ])('are unknown where %s', (_name, result) => {
    expect(messagesNamed(result)).toBeUndefined();
  });
});
