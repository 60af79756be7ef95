import { expect, it } from 'vitest';
import { placesThatExcuse } from '../../testkit/formats/overlooked-leaves.ts';
import { Collector } from './collector.ts';
import { JSON_SCHEMA } from './json-schema-shape.ts';
import type { JsonObject } from './segment.ts';

function rest(schema: JsonObject): string[] {
  const out = new Collector();
  out.account('user', schema, JSON_SCHEMA, []);
  return out.extraction.segments.flatMap(({ text }) => text.split('\n')).sort();
}

it('says nothing with its keywords, types and sizes', () => {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: ['object', 'null'],
    additionalProperties: false,
    items: { type: 'STRING', format: 'date-time', maxLength: '20', nullable: true },
    anyOf: [{ type: 'integer', minimum: 1 }, { not: { type: 'array', uniqueItems: true } }],
  };
  expect(rest(schema)).toEqual([]);
});

it('says something with whatever is the caller’s: names, prose, literals, patterns, references, large numbers', () => {
  const schema = {
    title: 'a',
    properties: { b: { type: 'c', description: 'd', enum: ['e'], default: { f: 'g' } } },
    required: ['h'],
    $defs: { i: { $ref: '#/j', pattern: 'k', const: 'l', examples: ['m'], $comment: 'n' } },
    maximum: 4111111111111111,
    maxLength: '4111111111111112',
    format: 'o',
    novel: 'p',
  };
  expect(rest(schema)).toEqual(
    [
      ...['a', 'c', 'd', 'e', 'g', 'h', '#/j', 'k', 'l', 'm', 'n', '4111111111111112', 'o', 'p'],
      ...['b', 'f', 'i', 'novel', '4111111111111111'],
    ].sort(),
  );
});

it('excuses no word that only looks like a keyword or an id', () => {
  expect(placesThatExcuse(JSON_SCHEMA)).toEqual([]);
});
