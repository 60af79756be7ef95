/** A configuration as Kong hands it to a plugin: nulls gone, vault references replaced and listed under `$refs`. */

import { eachField, type Field, type FieldList, isReference, isTable, type Table } from './schema.ts';

/** Resolves one reference; a secret that cannot be had is the empty string. */
export type Resolve = (reference: string) => string;

/** The configuration of a record, resolved: only fields that the schema marks `referenceable` are looked at. */
export function resolveRecord(fields: FieldList, data: Table, resolve: Resolve): Table {
  const resolved: Table = {};
  const references: Table = {};
  for (const [name, field] of eachField(fields)) {
    const value = data[name];
    if (value === null || value === undefined) continue;
    const found = referencesOf(field, value);
    if (found !== undefined) references[name] = found;
    const final = resolveValue(field, value, resolve);
    // An empty optional string is no value, unless it stands for a secret that could not be had.
    if (final !== '' || found !== undefined || field.len_min === 0) resolved[name] = final;
  }
  if (Object.keys(references).length > 0) resolved.$refs = references;
  return resolved;
}

function resolveValue(field: Field, value: unknown, resolve: Resolve): unknown {
  if (field.type === 'record' && isTable(value)) return resolveRecord(field.fields ?? [], value, resolve);
  if (field.type === 'string' && field.referenceable === true && isReference(value)) return resolve(value);
  if ((field.type === 'array' || field.type === 'set') && Array.isArray(value)) {
    const element = field.elements ?? { type: 'any' };
    return value.map((item) => resolveValue(element, item, resolve));
  }
  if (field.type === 'map' && isTable(value)) {
    const values = field.values ?? { type: 'any' };
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, resolveValue(values, item, resolve)]),
    );
  }
  return value;
}

/** The references in one field: a string, or those of a list's or a map's elements. */
function referencesOf(field: Field, value: unknown): unknown {
  if (field.type === 'string') return field.referenceable === true && isReference(value) ? value : undefined;
  const inner = field.type === 'map' ? field.values : field.elements;
  if (inner?.type !== 'string' || inner.referenceable !== true) return undefined;
  if (field.type === 'map' && isTable(value)) {
    const found = Object.entries(value).filter(([, item]) => isReference(item));
    return found.length > 0 ? Object.fromEntries(found) : undefined;
  }
  if (!Array.isArray(value) || !value.some(isReference)) return undefined;
  return value.map((item) => (isReference(item) ? item : null));
}
