/** Checks that what a plugin server sends as its schema is one: Kong does not start with a schema it cannot read. */

import { matchesPattern } from '../lua/pattern.ts';
import { fieldAt, isKnownCheck } from './entity-checks.ts';
import {
  type EntityCheck,
  type Field,
  type FieldList,
  isTable,
  type RecordSchema,
  type Table,
} from './schema.ts';

const TYPES = ['array', 'set', 'string', 'number', 'boolean', 'integer', 'foreign', 'map', 'record'];
const NESTED: Readonly<Record<string, readonly string[]>> = {
  array: ['elements'],
  set: ['elements'],
  map: ['keys', 'values'],
  record: ['fields'],
};
/** Which types an attribute may stand on, where Kong says so. */
const ATTRIBUTE_TYPES: Readonly<Record<string, readonly string[]>> = {
  between: ['integer', 'number'],
  len_eq: ['array', 'set', 'string', 'map'],
  match: ['string'],
  one_of: ['string', 'number', 'integer'],
  contains: ['array', 'set'],
  is_regex: ['string'],
  timestamp: ['number', 'integer'],
  uuid: ['string'],
  unique: ['string', 'number', 'integer', 'foreign'],
};
const ATTRIBUTES = new Set(
  `type required reference description examples auto unique unique_across_ws on_delete default abstract immutable err
   encrypted referenceable deprecation elements keys values fields entity_checks between eq ne gt len_eq len_min
   len_max match not_match match_all match_none match_any starts_with one_of not_one_of contains is_regex timestamp
   uuid mutually_exclusive_subsets`.split(/\s+/),
);

/** A plugin's schema: the fields that replace or restrict those of every plugin, `config` among them. */
export interface PluginSchema extends RecordSchema {
  readonly name: string;
}

/**
 * Checks the schema of a plugin.
 *
 * @throws {Error} naming the plugin, the field and what is wrong
 */
export function checkPluginSchema(plugin: string, schema: unknown): PluginSchema {
  const fail = (path: string, why: string): never => {
    throw new Error(`error loading plugin schemas: on plugin '${plugin}': in '${path}': ${why}`);
  };
  if (!isTable(schema)) return fail('schema', 'expected a definition table');
  if (!Array.isArray(schema.fields)) return fail('fields', "error in schema definition: no 'fields' table");
  checkFields(schema.fields, 'fields', fail);
  checkEntityChecks(schema as unknown as RecordSchema, 'entity_checks', fail);
  if (fieldAt(schema.fields as unknown as FieldList, 'config')?.type !== 'record') {
    fail('fields', "the plugin's schema has no record 'config'");
  }
  for (const key of Object.keys(schema)) {
    if (!['name', 'fields', 'entity_checks'].includes(key)) fail(key, 'unknown field');
  }
  const { fields, entity_checks } = schema as unknown as PluginSchema;
  return {
    name: plugin,
    fields: recordsRequired(fields),
    ...(entity_checks === undefined ? {} : { entity_checks }),
  };
}

/** A record within a record is required unless its schema says otherwise: its defaults always apply. */
function recordsRequired(fields: FieldList): FieldList {
  return fields.map((entry) =>
    Object.fromEntries(
      Object.entries(entry).map(([name, field]) => {
        if (field.type !== 'record') return [name, field];
        return [
          name,
          { ...field, required: field.required ?? true, fields: recordsRequired(field.fields ?? []) },
        ];
      }),
    ),
  );
}

type Fail = (path: string, why: string) => never;

function checkFields(fields: readonly unknown[], path: string, fail: Fail): void {
  for (const entry of fields) {
    if (!isTable(entry) || Object.keys(entry).length !== 1) {
      fail(path, "each entry in 'fields' must be a sub-table with one field");
    }
    for (const [name, field] of Object.entries(entry as Table)) checkField(field, `${path}.${name}`, fail);
  }
}

function checkField(field: unknown, path: string, fail: Fail): void {
  if (!isTable(field)) fail(path, 'expected a table');
  const type = field.type;
  if (typeof type !== 'string') fail(path, 'missing type declaration');
  if (!TYPES.includes(type)) fail(path, `invalid type: ${type}`);
  for (const name of NESTED[type] ?? []) {
    if (field[name] === undefined) fail(path, `field of type '${type}' must declare '${name}'`);
  }
  for (const [attribute, value] of Object.entries(field)) checkAttribute(field, attribute, value, path, fail);
  checkEntityChecks(field as unknown as RecordSchema, path, fail);
}

function checkAttribute(field: Table, attribute: string, value: unknown, path: string, fail: Fail): void {
  if (!ATTRIBUTES.has(attribute)) fail(path, `unknown field '${attribute}'`);
  if (ATTRIBUTE_TYPES[attribute]?.includes(String(field.type)) === false) {
    fail(path, `field of type '${String(field.type)}' cannot have attribute '${attribute}'`);
  }
  if (attribute === 'description') {
    const length = typeof value === 'string' ? value.length : 0;
    if (length < 10 || length > 500) fail(path, 'description: length must be between 10 and 500');
  }
  if (attribute === 'mutually_exclusive_subsets' || attribute === 'abstract' || attribute === 'auto') {
    fail(path, `the embedded gateway does not support '${attribute}'`);
  }
  if (['elements', 'keys', 'values'].includes(attribute)) checkField(value, `${path}.${attribute}`, fail);
  if (attribute === 'fields' && Array.isArray(value)) checkFields(value, path, fail);
  for (const pattern of patternsOf(attribute, value)) {
    try {
      matchesPattern('', pattern);
    } catch (error) {
      fail(path, `${attribute}: ${(error as Error).message}`);
    }
  }
}

function patternsOf(attribute: string, value: unknown): string[] {
  if (attribute === 'match' || attribute === 'not_match') return [String(value)];
  if (attribute === 'match_any' && isTable(value)) return (value.patterns as string[] | undefined) ?? [];
  if (attribute !== 'match_all' && attribute !== 'match_none') return [];
  return (value as { pattern: string }[]).map(({ pattern }) => pattern);
}

function checkEntityChecks(schema: RecordSchema, path: string, fail: Fail): void {
  for (const check of schema.entity_checks ?? []) {
    if (!isKnownCheck(check)) fail(path, `unknown entity check: ${Object.keys(check).join(', ')}`);
    for (const name of namedFields(check)) {
      if (fieldAt(schema.fields, name) === undefined) {
        fail(path, `the entity check names the field '${name}', which is not there`);
      }
    }
  }
}

function namedFields(check: EntityCheck): string[] {
  return Object.values(check).flatMap((argument) => {
    if (Array.isArray(argument)) return argument as string[];
    const { if_field: first, then_field: second } = argument as { if_field: string; then_field?: string };
    return second === undefined ? [first] : [first, second];
  });
}

/** The `config` record of a plugin's schema. */
export function configField(schema: PluginSchema): Field {
  return fieldAt(schema.fields, 'config') ?? { type: 'record', fields: [] };
}
