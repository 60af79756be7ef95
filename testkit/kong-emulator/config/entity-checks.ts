/** Kong's checks across several fields of one record. */

import { addEntityError, type ErrorTree, setFieldError } from './error-tree.ts';
import {
  type EntityCheck,
  eachField,
  type Field,
  type FieldList,
  isReference,
  isTable,
  type RecordSchema,
  type Table,
} from './schema.ts';

type Validate = (field: Field, value: unknown) => string | ErrorTree | undefined;

interface Conditional {
  readonly if_field: string;
  readonly if_match: Partial<Field>;
  readonly then_field: string;
  readonly then_match: Partial<Field>;
  readonly then_err?: string;
}

interface ConditionalAtLeastOneOf {
  readonly if_field: string;
  readonly if_match: Partial<Field>;
  readonly then_at_least_one_of: readonly string[];
  readonly then_err?: string;
}

/** The checkers that the gateway knows; a schema that names another is refused. */
const KNOWN_CHECKERS = [
  'at_least_one_of',
  'conditional',
  'conditional_at_least_one_of',
  'distinct',
  'mutually_exclusive',
  'mutually_required',
  'only_one_of',
] as const;

/** Runs the checks of a record and records what fails. */
export function runEntityChecks(
  schema: RecordSchema,
  input: Table,
  errors: ErrorTree,
  validate: Validate,
): void {
  for (const check of schema.entity_checks ?? []) {
    for (const [name, argument] of Object.entries(check)) {
      if (name === 'conditional') conditional(schema, input, errors, argument as Conditional, validate);
      else if (name === 'conditional_at_least_one_of') {
        conditionalAtLeastOneOf(schema, input, errors, argument as ConditionalAtLeastOneOf, validate);
      } else countCheck(name, input, errors, argument as readonly string[]);
    }
  }
}

/** Where the first field passes its validators, the second must pass its own. */
function conditional(
  schema: RecordSchema,
  input: Table,
  errors: ErrorTree,
  check: Conditional,
  validate: Validate,
): void {
  const ifField = fieldAt(schema.fields, check.if_field);
  const thenField = fieldAt(schema.fields, check.then_field);
  const ifValue = valueAt(input, check.if_field);
  const thenValue = valueAt(input, check.then_field);
  if (ifValue === undefined && thenValue === undefined) return;
  // Kong knows a secret only later, so it leaves references alone.
  if (unresolved(ifField, ifValue) || unresolved(thenField, thenValue)) return;
  if (ifValue === undefined) {
    setFieldError(errors, check.if_field, 'field required for entity check');
    return;
  }
  if (validate({ type: 'any', ...ifField, ...check.if_match }, ifValue) !== undefined) return;
  const error = validate({ type: 'any', ...thenField, ...check.then_match }, thenValue ?? null);
  if (error === undefined) return;
  setFieldError(errors, check.then_field, error);
  const message = check.then_err?.replace('%s', check.if_field);
  addEntityError(errors, message ?? `failed conditional validation given value of field '${check.if_field}'`);
}

function conditionalAtLeastOneOf(
  schema: RecordSchema,
  input: Table,
  errors: ErrorTree,
  check: ConditionalAtLeastOneOf,
  validate: Validate,
): void {
  const value = valueAt(input, check.if_field);
  if (value === undefined) return;
  const field = { type: 'any', ...fieldAt(schema.fields, check.if_field), ...check.if_match };
  if (validate(field, value) !== undefined) return;
  if (check.then_at_least_one_of.some((name) => nonEmpty(valueAt(input, name)))) return;
  const list = quoted(check.then_at_least_one_of);
  addEntityError(
    errors,
    check.then_err?.replace('%s', list) ?? `at least one of these fields must be non-empty: ${list}`,
  );
}

function countCheck(name: string, input: Table, errors: ErrorTree, fields: readonly string[]): void {
  const values = fields.map((field) => valueAt(input, field)).filter(nonEmpty);
  const list = quoted(fields);
  const failed: Readonly<Record<string, string | false>> = {
    at_least_one_of: values.length === 0 && `at least one of these fields must be non-empty: ${list}`,
    only_one_of: values.length !== 1 && `exactly one of these fields must be non-empty: ${list}`,
    distinct: new Set(values).size !== values.length && `values of these fields must be distinct: ${list}`,
    mutually_required:
      values.length !== 0 &&
      values.length !== fields.length &&
      `all or none of these fields must be set: ${list}`,
    mutually_exclusive: values.length > 1 && `only one or none of these fields must be set: ${list}`,
  };
  const message = failed[name];
  if (message) addEntityError(errors, message);
}

function unresolved(field: Field | undefined, value: unknown): boolean {
  return field?.type === 'string' && field.referenceable === true && isReference(value);
}

/** The definition of a field named by a path with dots. */
export function fieldAt(fields: FieldList, path: string): Field | undefined {
  const [head = '', ...rest] = path.split('.');
  const field = eachField(fields).find(([name]) => name === head)?.[1];
  if (rest.length === 0 || field === undefined) return field;
  return fieldAt(field.fields ?? [], rest.join('.'));
}

function valueAt(input: unknown, path: string): unknown {
  const [head = '', ...rest] = path.split('.');
  if (!isTable(input)) return undefined;
  return rest.length === 0 ? input[head] : valueAt(input[head], rest.join('.'));
}

function nonEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(', ');
}

/** Whether a check is of a kind that the gateway runs. */
export function isKnownCheck(check: EntityCheck): boolean {
  return Object.keys(check).every((name) => KNOWN_CHECKERS.some((known) => known === name));
}
