/** Reads an object key by key. What its table does not name is text: a new API version adds keys without asking. */
import type { Path } from '../../body/json/edit.ts';
import type { Collector } from '../collector.ts';
import { isObject, type JsonObject, type Role, type SegmentKind } from '../segment.ts';

/** Whose words an object holds, and what they are. */
export interface TextOrigin {
  role: Role;
  kind: SegmentKind;
}

/** How the value under one key is read. */
export type Field = (
  value: unknown,
  path: Path,
  out: Collector,
  origin: TextOrigin,
  owner: JsonObject,
) => void;

/** Keys in reading order. */
export type Fields = Record<string, Field>;

export function readFields(
  object: JsonObject,
  fields: Fields,
  path: Path,
  out: Collector,
  origin: TextOrigin,
): void {
  // Streams have thousands of chunks: only keys that can hold something are looked up.
  for (const key of readableKeys(fields)) {
    if (Object.hasOwn(object, key)) fields[key]?.(object[key], [...path, key], out, origin, object);
  }
  for (const key in object) {
    if (!Object.hasOwn(fields, key)) out.leaves(origin.role, origin.kind, object[key], [...path, key]);
  }
}

const KEYS = new WeakMap<Fields, string[]>();

function readableKeys(fields: Fields): string[] {
  const known = KEYS.get(fields);
  if (known) return known;
  const keys = Object.keys(fields).filter((key) => fields[key] !== label);
  KEYS.set(fields, keys);
  return keys;
}

const label: Field = () => {};

/** What the model calls something by. */
export const called: Field = (value, path, out, { role }) => out.identifier(role, value, path);

/** Keys whose strings are ids, enums, settings, and names that nobody can choose. */
export function labels(...keys: string[]): Fields {
  return Object.fromEntries(keys.map((key) => [key, label]));
}

/** The speaker's own words. */
export const text: Field = (value, path, out, { role, kind }) => out.text(role, kind, value, path);

export const refusal: Field = (value, path, out, { role }) => out.text(role, 'refusal', value, path);

/** What the model asks a tool to do: JSON in a string, or free text. */
export const toolArguments: Field = (value, path, out, { role }) =>
  out.text(role, 'tool_arguments', value, path);

/** Quotations of sources and notes on them: citations, search results, the findings of a content filter. */
export const citations: Field = (value, path, out) =>
  readProse({ role: 'tool', kind: 'citation' }, value, path, out);

/** A schema's descriptions and titles. */
export const schemaProse: Field = (value, path, out) => {
  if (typeof value === 'string') out.text('system', 'text', value, path);
  else out.descriptions(value, path);
};

export const prose: Field = (value, path, out, origin) => readProse(origin, value, path, out);

/** A URL of media, or an object that holds one. */
export const media: Field = (value, path, out, origin) => {
  if (isObject(value)) readFields(value, MEDIA, path, out, origin);
  else if (value !== null) out.url(origin.role, 'document', value, path);
};

const MEDIA: Fields = {
  url: (value, path, out, origin, owner) => media(value, path, out, origin, owner),
  ...labels('detail', 'format'),
};

/** base64, whatever it is called: `{"data": …, "format": …}`, or the data alone. */
export const base64: Field = (value, path, out, origin) => {
  if (isObject(value)) readFields(value, DATA, path, out, origin);
  else if (value !== null) out.base64(origin.role, 'document', value, undefined, path);
};

const DATA: Fields = {
  data: (value, path, out, origin, owner) => base64(value, path, out, origin, owner),
  ...labels('format'),
};

/** A reference to what stands elsewhere. */
export const opaque: Field = (value, path, out) => {
  if (value !== null) out.reference(path);
};

/** What only the provider can read; empty in the first events of a stream. */
export const encrypted: Field = (value, path, out) => {
  if (value !== null && value !== '') out.opaque('encrypted', value, path);
};

/** Every string but those that name things, wherever they stand. */
export function readProse({ role, kind }: TextOrigin, value: unknown, path: Path, out: Collector): void {
  if (Array.isArray(value)) {
    value.forEach((item, index) => {
      readProse({ role, kind }, item, [...path, index], out);
    });
  } else if (isObject(value)) {
    for (const [key, item] of Object.entries(value)) {
      if (FREE_MAPS.has(key)) out.leaves(role, kind, item, [...path, key]);
      else if (!NAMING.has(key)) readProse({ role, kind }, item, [...path, key], out);
    }
  } else {
    out.leaves(role, kind, value, path);
  }
}

const NAMING = new Set([
  ...['type', 'id', 'file_id', 'container_id', 'chunk_id', 'hash', 'code', 'status'],
  // A content filter's verdicts, a grammar's dialect, the keys and buttons of a computer call.
  ...['severity', 'source_type', 'filter_reason', 'syntax', 'keys', 'button'],
]);

/** Their keys are the caller's own: environment variables, a file's attributes. */
const FREE_MAPS = new Set(['env', 'attributes']);
