/** Fills in what a configuration leaves out, as Kong does when it inserts an entity. */

import { eachField, type Field, type FieldList, isTable, type Table } from './schema.ts';

/**
 * A copy with every field of the schema: defaults where there are some, `null` for optional fields, nothing for
 * required fields without a default (validation then reports those).
 */
export function withDefaults(fields: FieldList, data: Table): Table {
  const filled: Table = { ...data };
  for (const [name, field] of eachField(fields)) filled[name] = adjusted(field, data[name]);
  return filled;
}

function adjusted(field: Field, value: unknown): unknown {
  if (value === undefined) return missing(field);
  if (field.type === 'record' && isTable(value)) return withDefaults(field.fields ?? [], { ...value });
  if (field.type === 'set' && Array.isArray(value))
    return [...new Set(value)].map((item) => element(field, item));
  if (field.type === 'array' && Array.isArray(value)) return value.map((item) => element(field, item));
  if (field.type === 'map' && isTable(value)) {
    const values = field.values ?? { type: 'any' };
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, adjusted(values, item)]));
  }
  return value;
}

function element(field: Field, item: unknown): unknown {
  return adjusted(field.elements ?? { type: 'any' }, item);
}

function missing(field: Field): unknown {
  if (field.default !== undefined) return structuredClone(field.default);
  if (field.required !== true) return null;
  return field.type === 'record' ? withDefaults(field.fields ?? [], {}) : undefined;
}
