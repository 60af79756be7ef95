/** Reads a `kong.yaml`: validates every entity, gives it its id, connects it with the others. */

import { parse } from 'yaml';
import { buildModel } from './build-model.ts';
import { ENTITY_KINDS, PLUGIN_FIELDS, UNSUPPORTED_KINDS } from './entities.ts';
import { type ErrorTree, printErrors } from './error-tree.ts';
import type { PluginSchema } from './metaschema.ts';
import type { Configuration } from './model.ts';
import { eachField, type Field, type FieldList, isTable, type RecordSchema, type Table } from './schema.ts';
import { withDefaults } from './schema-defaults.ts';
import { expandUrl } from './service-url.ts';
import { validateRecord } from './validate-record.ts';

/** An entity before it has an id: its kind, its own fields, and the entity that it is nested in. */
export interface Node {
  readonly kind: string;
  readonly fields: Table;
  readonly parent?: { readonly node: Node; readonly key: string };
}

export interface LoadOptions {
  /** The plugins that can be configured, by name. */
  readonly plugins: ReadonlyMap<string, PluginSchema>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const META = ['_format_version', '_transform', '_comment', '_ignore'];
/** What stands in a nested entity's foreign key while it is validated. */
const PARENT = '(the entity that this one is nested in)';

/**
 * Loads the text of a declarative configuration.
 *
 * @throws {Error} with one line a mistake, each naming entity and field, as Kong prints them
 */
export function loadConfiguration(text: string, options: LoadOptions): Configuration {
  const document = parseYaml(text);
  const nodes: Node[] = [];
  const errors: ErrorTree = new Map();
  checkFormat(document, errors);
  for (const [kind, entries] of Object.entries(document)) {
    if (META.includes(kind)) continue;
    const error = readEntities(kind, entries, undefined, nodes, options);
    if (error !== undefined) errors.set(kind, error);
  }
  refuse(errors);
  const configuration = buildModel(nodes, options, errors);
  refuse(errors);
  return configuration;
}

function parseYaml(text: string): Table {
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    throw new Error(`failed parsing declarative configuration: ${(error as Error).message}`);
  }
  if (!isTable(document)) throw new Error('failed parsing declarative configuration: expected an object');
  return document;
}

function checkFormat(document: Table, errors: ErrorTree): void {
  const version = document._format_version;
  if (version === undefined) errors.set('_format_version', 'required field missing');
  else if (typeof version !== 'string') errors.set('_format_version', 'expected a string');
  else if (version !== '3.0')
    errors.set('_format_version', `the embedded gateway reads version 3.0, not ${version}`);
}

function refuse(errors: ErrorTree): void {
  if (errors.size > 0) throw new Error(`error parsing declarative config:\n${printErrors(errors)}`);
}

function readEntities(
  kind: string,
  entries: unknown,
  parent: Node['parent'],
  nodes: Node[],
  options: LoadOptions,
): string | ErrorTree | undefined {
  if (UNSUPPORTED_KINDS.includes(kind)) return `the embedded gateway does not support '${kind}'`;
  if (ENTITY_KINDS[kind] === undefined) return 'unknown field';
  if (entries === null) return undefined;
  if (!Array.isArray(entries)) return 'expected an array';
  const errors: ErrorTree = new Map();
  for (const [index, entry] of entries.entries()) {
    const error = isTable(entry) ? readEntity(kind, entry, parent, nodes, options) : 'expected a record';
    if (error !== undefined) errors.set(index + 1, error);
  }
  return errors.size > 0 ? errors : undefined;
}

function readEntity(
  kind: string,
  entry: Table,
  parent: Node['parent'],
  nodes: Node[],
  options: LoadOptions,
): ErrorTree | undefined {
  const children = ENTITY_KINDS[kind]?.children ?? {};
  const own = Object.fromEntries(Object.entries(entry).filter(([name]) => children[name] === undefined));
  const given = kind === 'services' ? expandUrl(own) : own;
  if (parent !== undefined) given[parent.key] = PARENT;
  const schema = entitySchema(kind, given, options);
  const fields = withDefaults(schema.fields, given);
  const errors: ErrorTree = schema.unknownPlugin ?? validateRecord(schema, fields) ?? new Map();
  const node: Node = { kind, fields, ...(parent === undefined ? {} : { parent }) };
  nodes.push(node);
  for (const [childKind, key] of Object.entries(children)) {
    if (entry[childKind] === undefined) continue;
    const nested = readEntities(childKind, entry[childKind], { node, key }, nodes, options);
    if (nested !== undefined) errors.set(childKind, nested);
  }
  return errors.size > 0 ? errors : undefined;
}

function entitySchema(
  kind: string,
  entity: Table,
  { plugins }: LoadOptions,
): RecordSchema & { readonly unknownPlugin?: ErrorTree } {
  const known = ENTITY_KINDS[kind];
  const base: RecordSchema = { fields: known?.fields ?? [], entity_checks: known?.checks ?? [] };
  if (kind !== 'plugins' || typeof entity.name !== 'string') return base;
  const plugin = plugins.get(entity.name);
  if (plugin !== undefined) return pluginSchema(plugin);
  const available = [...plugins.keys()].sort().join(', ');
  const message = `plugin '${entity.name}' not enabled; add it to the 'plugins' configuration property`;
  return {
    ...base,
    unknownPlugin: new Map([['name', `${message} (the embedded gateway has: ${available})`]]),
  };
}

/** The schema of a plugin entity: what all plugins share, overlaid by the plugin's own fields. */
function pluginSchema(plugin: PluginSchema): RecordSchema {
  const merged = new Map<string, Field>(eachField(PLUGIN_FIELDS));
  for (const [name, field] of eachField(plugin.fields)) {
    const foreign = field.type === 'foreign';
    merged.set(name, foreign ? { ...field, type: 'string' } : field);
  }
  const fields: FieldList = [...merged].map(([name, field]) => ({ [name]: field }));
  return { fields, entity_checks: plugin.entity_checks ?? [] };
}
