import { describe, expect, it } from 'vitest';
import { findingsOf } from './findings.ts';

const entity = (type: unknown, action: string) => ({ type, action, value: '078-05-1120' });

describe('what detectors found', () => {
  it.each<[string, unknown, object[]]>([
    ['is nothing without a result', undefined, []],
    ['is nothing without detectors', { detectors: 7 }, []],
    [
      'is nothing where nothing was detected',
      { detectors: { topic: { detected: false, data: { action: 'blocked' } }, code: { detected: 'yes' } } },
      [],
    ],
    [
      'begins with what decided, though AIDR lists it last',
      {
        detectors: {
          emoji: { detected: true, data: { action: 'reported', emojis: [{ slug: 'fire' }] } },
          malicious_prompt: { detected: true, data: { action: 'blocked' } },
        },
      },
      [
        { detector: 'malicious_prompt', types: [] },
        { detector: 'emoji', types: [] },
      ],
    ],
    [
      'names the entities that were blocked, once each, and none that was only redacted',
      {
        detectors: {
          confidential_and_pii_entity: {
            detected: true,
            data: {
              entities: [
                entity('EMAIL', 'redacted:masked'),
                ...['US_SSN', 'US_SSN'].map((one) => entity(one, 'blocked')),
              ],
            },
          },
        },
      },
      [{ detector: 'confidential_and_pii_entity', types: ['US_SSN'] }],
    ],
    [
      'names topics',
      {
        detectors: {
          topic: { detected: true, data: { action: 'blocked', topics: [{ topic: 'weapons' }, 5] } },
        },
      },
      [{ detector: 'topic', types: ['weapons'] }],
    ],
    [
      'never has the texts that were found',
      {
        detectors: {
          competitors: { detected: true, data: { action: 'blocked', entities: ['Globex'] } },
          malicious_entity: { detected: true, data: { entities: [entity({ a: 1 }, 'defanged,blocked')] } },
        },
      },
      [
        { detector: 'competitors', types: [] },
        { detector: 'malicious_entity', types: [] },
      ],
    ],
    [
      'names the access rules by which AIDR blocked',
      {
        access_rules: {
          large: { matched: true, action: 'blocked', name: 'Large' },
          other: { matched: false, action: 'blocked', name: 'Other' },
          noted: { matched: true, action: 'reported', name: 'Noted' },
          unnamed: { matched: true, action: 'blocked' },
        },
      },
      [
        { detector: 'access_rule', types: ['Large'] },
        { detector: 'access_rule', types: ['unnamed'] },
      ],
    ],
    [
      'is short, and of one line',
      { detectors: { [`a\u001b[31m\n${'x'.repeat(100)}`]: { detected: true } } },
      [{ detector: `a [31m ${'x'.repeat(57)}`, types: [] }],
    ],
  ])('%s', (_name, result, expected) => {
    expect(findingsOf(result)).toEqual(expected);
  });

  it('is no list of everything', () => {
    const detectors = Object.fromEntries(
      Array.from({ length: 100 }, (_, at) => [`d${at}`, { detected: true }]),
    );
    expect(findingsOf({ detectors })).toHaveLength(8);
    const entities = Array.from({ length: 100 }, (_, at) => entity(`T${at}`, 'blocked'));
    expect(findingsOf({ detectors: { d: { detected: true, data: { entities } } } })[0]?.types).toHaveLength(
      4,
    );
  });
});
