import { describe, expect, it } from 'vitest';
import { printErrors } from './error-tree.ts';
import type { EntityCheck, Field, RecordSchema } from './schema.ts';
import { withDefaults } from './schema-defaults.ts';
import { validateRecord } from './validate-record.ts';

/** Validates a value of one field, as if it stood in a plugin's configuration. */
function errorOf(field: Field, value: unknown): string | undefined {
  const schema: RecordSchema = { fields: [{ f: field }] };
  const errors = validateRecord(schema, withDefaults(schema.fields, { f: value }));
  return errors === undefined ? undefined : printErrors(errors);
}

const text = (rest: Partial<Field> = {}): Field => ({ type: 'string', ...rest });
const strings: Field = { type: 'array', elements: text({ len_min: 2 }) };
const map: Field = { type: 'map', keys: text({ match: '^%l+$' }), values: { type: 'integer' } };

describe('the schema language', () => {
  it.each<[string, Field, unknown, string | undefined]>([
    ['a string', text(), 'x', undefined],
    ['an empty string', text(), '', "in 'f': length must be at least 1"],
    ['an empty string where allowed', text({ len_min: 0 }), '', undefined],
    ['a number for a string', text(), 1, "in 'f': expected a string"],
    ['a string for a boolean', { type: 'boolean' }, 'true', "in 'f': expected a boolean"],
    ['a fraction for an integer', { type: 'integer' }, 1.5, "in 'f': expected an integer"],
    ['a string for a number', { type: 'number' }, '1', "in 'f': expected a number"],
    ['nothing', text({ required: true }), undefined, "in 'f': required field missing"],
    ['null', text({ required: true }), null, "in 'f': required field missing"],
    ['nothing with a default', text({ required: true, default: 'd' }), undefined, undefined],
    ['one_of', text({ one_of: ['a', 'b'] }), 'c', "in 'f': expected one of: a, b"],
    ['not_one_of', text({ not_one_of: ['a'] }), 'a', "in 'f': must not be one of: a"],
    ['match', text({ match: '^%s*a%s*$' }), 'b', "in 'f': invalid value: b"],
    ['match in blanks', text({ match: '^%s*a%s*$' }), ' a ', undefined],
    ['match_none', text({ match_none: [{ pattern: '//', err: 'no //' }] }), 'a//b', "in 'f': no //"],
    ['match_all', text({ match_all: [{ pattern: '^a', err: 'no a' }] }), 'b', "in 'f': no a"],
    ['match_any', text({ match_any: { patterns: ['^a', '^b'], err: 'neither' } }), 'c', "in 'f': neither"],
    ['not_match', text({ not_match: 'a' }), 'cat', "in 'f': invalid value: cat"],
    ['starts_with', text({ starts_with: '/' }), 'a', "in 'f': should start with: /"],
    ['an error of its own', text({ one_of: ['a'], err: 'only a' }), 'b', "in 'f': only a"],
    ['uuid', text({ uuid: true }), 'x', "in 'f': expected a valid UUID"],
    ['between', { type: 'integer', between: [1, 5] }, 6, "in 'f': value should be between 1 and 5"],
    ['gt', { type: 'number', gt: 0 }, 0, "in 'f': value must be greater than 0"],
    ['len_min counts bytes', text({ len_min: 3 }), 'é1', undefined],
    ['len_max', text({ len_max: 2 }), 'abc', "in 'f': length must be at most 2"],
    ['eq null', text({ eq: null }), 'x', "in 'f': value must be null"],
    ['ne', text({ ne: 'x' }), 'x', "in 'f': value must not be x"],
    ['a reference', text({ referenceable: true, len_max: 2 }), '{vault://env/x}', undefined],
    ['a reference elsewhere', text({ len_max: 2 }), '{vault://env/x}', "in 'f': length must be at most 2"],
    ['a map for an array', strings, { a: 1 }, "in 'f': expected an array"],
    ['an empty map for an array', strings, {}, undefined],
    ['a bad element', strings, ['ab', 'c'], "in 'f':\n  - in entry 2 of 'f': length must be at least 2"],
    ['contains', { type: 'array', elements: text(), contains: 'a' }, ['b'], "in 'f': expected to contain: a"],
    ['a bad key', map, { A: 1 }, "in 'f': invalid value: A"],
    ['a bad value', map, { a: 'x' }, "in 'f': expected an integer"],
    ['a list for a map', map, [1], "in 'f': expected a map"],
    [
      'a bad record',
      { type: 'record', fields: [{ g: text() }] },
      { g: 1 },
      "in 'f':\n  in 'g': expected a string",
    ],
    ['an unknown field', { type: 'record', fields: [] }, { h: 1 }, "in 'f':\n  in 'h': unknown field"],
  ])('%s', (_, field, value, expected) => {
    expect(errorOf(field, value)).toBe(expected);
  });

  it('fills in defaults, in records too, and leaves what is optional null', () => {
    const fields = [
      { a: text({ default: 'x' }) },
      { b: text() },
      { c: text({ required: true }) },
      { d: { type: 'record', required: true, fields: [{ e: { type: 'integer', default: 1 } }] } },
      { f: { type: 'record', fields: [{ e: { type: 'integer', default: 1 } }] } },
      { g: { type: 'set', elements: text() } },
    ];
    expect(withDefaults(fields, { g: ['a', 'a'] })).toEqual({
      a: 'x',
      b: null,
      c: undefined,
      d: { e: 1 },
      f: null,
      g: ['a'],
    });
  });
});

describe('checks across fields', () => {
  const conditional: EntityCheck = {
    conditional: {
      if_field: 'provider',
      if_match: { eq: 'openai' },
      then_field: 'uri',
      then_match: { one_of: ['/v1/chat', 'auto'] },
      then_err: 'wrong uri',
    },
  };
  const nested = (check: EntityCheck): Field => ({
    type: 'record',
    required: true,
    fields: [{ provider: text({ required: true }) }, { uri: text() }, { other: text() }],
    entity_checks: [check],
  });

  it.each<[string, EntityCheck, Record<string, unknown>, string[]]>([
    ['a conditional that holds', conditional, { provider: 'openai', uri: 'auto' }, []],
    ['a conditional that does not apply', conditional, { provider: 'cohere', uri: 'x' }, []],
    [
      'a conditional that fails',
      conditional,
      { provider: 'openai', uri: 'x' },
      ["in 'uri': expected one of: /v1/chat, auto", "- in entry 1 of '@entity': wrong uri"],
    ],
    [
      'a conditional without its first field',
      conditional,
      { uri: 'x' },
      ["in 'provider': field required for entity check"],
    ],
    [
      'at_least_one_of',
      { at_least_one_of: ['uri', 'other'] },
      { provider: 'x' },
      ["at least one of these fields must be non-empty: 'uri', 'other'"],
    ],
    [
      'mutually_required',
      { mutually_required: ['uri', 'other'] },
      { provider: 'x', uri: 'y' },
      ['all or none of these'],
    ],
    [
      'mutually_exclusive',
      { mutually_exclusive: ['uri', 'other'] },
      { provider: 'x', uri: 'y', other: 'z' },
      ['only one or none of these'],
    ],
    ['only_one_of', { only_one_of: ['uri', 'other'] }, { provider: 'x' }, ['exactly one of these']],
    [
      'distinct',
      { distinct: ['uri', 'other'] },
      { provider: 'x', uri: 'y', other: 'y' },
      ['must be distinct'],
    ],
  ])('%s', (_, check, value, expected) => {
    const error = errorOf(nested(check), value);
    if (expected.length === 0) expect(error).toBeUndefined();
    for (const part of expected) expect(error).toContain(part);
  });
});
