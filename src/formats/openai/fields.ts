/** Reads an object key by key. What its table does not name is text: a new API version adds keys without asking. */
import type { Path } from '../../body/json/edit.ts';
import type { Collector } from '../collector.ts';
import { isObject, type JsonObject, type Role, type SegmentKind } from '../segment.ts';

/** Whose words an object holds, and what they are. */
export interface Speaker {
  role: Role;
  kind: SegmentKind;
}

/** How the value under one key is read. */
export type Field = (
  value: unknown,
  place: Path,
  out: Collector,
  speaker: Speaker,
  owner: JsonObject,
) => void;

/** Keys in reading order. */
export type Fields = Record<string, Field>;

export function readFields(
  object: JsonObject,
  fields: Fields,
  place: Path,
  out: Collector,
  speaker: Speaker,
): void {
  // Streams have thousands of chunks: only keys that can hold something are looked up.
  for (const key of tellingKeys(fields)) {
    if (Object.hasOwn(object, key)) fields[key]?.(object[key], [...place, key], out, speaker, object);
  }
  for (const key in object) {
    if (!Object.hasOwn(fields, key)) out.leaves(speaker.role, speaker.kind, object[key], [...place, key]);
  }
}

const KEYS = new WeakMap<Fields, string[]>();

function tellingKeys(fields: Fields): string[] {
  const known = KEYS.get(fields);
  if (known) return known;
  const keys = Object.keys(fields).filter((key) => fields[key] !== label);
  KEYS.set(fields, keys);
  return keys;
}

const label: Field = () => {};

/** What the model calls something by. */
export const called: Field = (value, place, out, { role }) => out.label(role, value, place);

/** Keys whose strings are ids, enums, settings, and names that nobody can choose. */
export function labels(...keys: string[]): Fields {
  return Object.fromEntries(keys.map((key) => [key, label]));
}

/** The speaker's own words. */
export const text: Field = (value, place, out, { role, kind }) => out.text(role, kind, value, place);

export const refusal: Field = (value, place, out, { role }) => out.text(role, 'refusal', value, place);

/** What the model asks a tool to do: JSON in a string, or free text. */
export const toolArguments: Field = (value, place, out, { role }) =>
  out.text(role, 'tool_arguments', value, place);

/** Quotations of sources and notes on them: citations, search results, the findings of a content filter. */
export const citations: Field = (value, place, out) =>
  readProse({ role: 'tool', kind: 'citation' }, value, place, out);

/** A schema's descriptions and titles. */
export const schemaProse: Field = (value, place, out) => {
  if (typeof value === 'string') out.text('system', 'text', value, place);
  else out.descriptions(value, place);
};

export const prose: Field = (value, place, out, speaker) => readProse(speaker, value, place, out);

/** A URL of media, or an object that holds one. */
export const media: Field = (value, place, out, speaker) => {
  if (isObject(value)) readFields(value, MEDIA, place, out, speaker);
  else if (value !== null) out.url(speaker.role, 'document', value, place);
};

const MEDIA: Fields = {
  url: (value, place, out, speaker, owner) => media(value, place, out, speaker, owner),
  ...labels('detail', 'format'),
};

/** base64, whatever it is called: `{"data": …, "format": …}`, or the data alone. */
export const base64: Field = (value, place, out, speaker) => {
  if (isObject(value)) readFields(value, DATA, place, out, speaker);
  else if (value !== null) out.base64(speaker.role, 'document', value, undefined, place);
};

const DATA: Fields = {
  data: (value, place, out, speaker, owner) => base64(value, place, out, speaker, owner),
  ...labels('format'),
};

/** A reference to what stands elsewhere. */
export const opaque: Field = (value, _place, out) => {
  if (value !== null) out.opaque();
};

/** What only the provider can read; empty in the first events of a stream. */
export const encrypted: Field = (value, place, out) => {
  if (value !== null && value !== '') out.opaque(value, place);
};

/** Every string but those that name things, wherever they stand. */
export function readProse({ role, kind }: Speaker, value: unknown, place: Path, out: Collector): void {
  if (Array.isArray(value)) {
    value.forEach((item, index) => {
      readProse({ role, kind }, item, [...place, index], out);
    });
  } else if (isObject(value)) {
    for (const [key, item] of Object.entries(value)) {
      if (FREE_MAPS.has(key)) out.leaves(role, kind, item, [...place, key]);
      else if (!NAMING.has(key)) readProse({ role, kind }, item, [...place, key], out);
    }
  } else {
    out.leaves(role, kind, value, place);
  }
}

const NAMING = new Set([
  ...['type', 'id', 'file_id', 'container_id', 'chunk_id', 'hash', 'code', 'status'],
  // A content filter's verdicts, a grammar's dialect, the keys and buttons of a computer call.
  ...['severity', 'source_type', 'filter_reason', 'syntax', 'keys', 'button'],
]);

/** Their keys are the caller's own: environment variables, a file's attributes. */
const FREE_MAPS = new Set(['env', 'attributes']);
