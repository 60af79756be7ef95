/** Whether a value fits a schema of Kong's. */
import { runEntityChecks } from './entity-checks.ts';
import type { ErrorTree } from './error-tree.ts';
import { eachField, type Field, isReference, isTable, type RecordSchema, type Table } from './schema.ts';
import { withDefaults } from './schema-defaults.ts';
import { runValidators } from './validators.ts';

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'expected a string',
  number: 'expected a number',
  boolean: 'expected a boolean',
  integer: 'expected an integer',
  array: 'expected an array',
  set: 'expected a set',
  map: 'expected a map',
  record: 'expected a record',
};

/** Validates a complete record: its fields one by one, then the checks across fields. */
export function validateRecord(schema: RecordSchema, input: Table): ErrorTree | undefined {
  const errors: ErrorTree = new Map();
  const known = new Map(eachField(schema.fields));
  for (const [name, value] of Object.entries(input)) {
    if (value === undefined) continue;
    const field = known.get(name);
    const error = field === undefined ? 'unknown field' : validateField(field, value);
    if (error !== undefined) errors.set(name, error);
  }
  for (const [name, field] of known) {
    if (field.required === true && (input[name] === null || input[name] === undefined)) {
      errors.set(name, 'required field missing');
    }
  }
  runEntityChecks(schema, input, errors, validateField);
  return errors.size > 0 ? errors : undefined;
}

/** Validates one value: a message, a tree of messages for what is nested, or nothing. */
function validateField(field: Field, value: unknown): string | ErrorTree | undefined {
  if (value === null || value === undefined) return validateNull(field);
  if (field.eq === null) return field.err ?? 'value must be null';
  if (field.unsupported !== undefined) return field.unsupported;
  const error = validateType(field, value);
  if (error !== undefined) return error;
  if (field.type === 'string' && field.referenceable === true && isReference(value)) return undefined;
  // Empty strings are refused unless the schema allows them.
  const limits = field.type === 'string' && field.len_min === undefined ? { ...field, len_min: 1 } : field;
  return runValidators(limits, value);
}

function validateNull(field: Field): string | undefined {
  if (field.ne === null) return field.err ?? 'value must not be null';
  if (field.eq !== undefined && field.eq !== null) return `value must be ${String(field.eq)}`;
  return field.required === true ? 'required field missing' : undefined;
}

function validateType(field: Field, value: unknown): string | ErrorTree | undefined {
  const mismatch = EXPECTED[field.type] ?? `invalid type: ${field.type}`;
  switch (field.type) {
    case 'array':
    case 'set':
      return isSequence(value) ? validateElements(field, value) : mismatch;
    case 'map':
      return isTable(value) ? validateMap(field, value) : mismatch;
    case 'record':
      return isTable(value) ? validateNested(field, value) : mismatch;
    case 'integer':
      return Number.isInteger(value) ? undefined : mismatch;
    case 'any':
      return undefined;
    case 'foreign':
      return isTable(value) || typeof value === 'string' ? undefined : 'expected a reference to an entity';
    default:
      return typeof value === field.type ? undefined : mismatch;
  }
}

function validateElements(field: Field, value: readonly unknown[] | Table): ErrorTree | undefined {
  const errors: ErrorTree = new Map();
  const element: Field = { type: 'any', ...field.elements, required: true };
  for (const [index, item] of Object.values(value).entries()) {
    const error = validateField(element, item);
    if (error !== undefined) errors.set(index + 1, error);
  }
  return errors.size > 0 ? errors : undefined;
}

function validateMap(field: Field, value: Table): string | ErrorTree | undefined {
  for (const [key, item] of Object.entries(value)) {
    const error =
      validateField({ type: 'any', ...field.keys, required: true }, key) ??
      validateField({ type: 'any', ...field.values, required: true }, item);
    if (error !== undefined) return error;
  }
  return undefined;
}

function validateNested(field: Field, value: Table): ErrorTree | undefined {
  const schema: RecordSchema = { fields: field.fields ?? [], entity_checks: field.entity_checks ?? [] };
  return validateRecord(schema, withDefaults(schema.fields, value));
}

/** Lua has one empty table for both, so an empty map passes for a list. */
function isSequence(value: unknown): value is readonly unknown[] | Table {
  return Array.isArray(value) || (isTable(value) && Object.keys(value).length === 0);
}
