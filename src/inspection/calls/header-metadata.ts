/**
 * What a request's headers tell AIDR: the values of those that `metadata_from_headers` names, and the span of a
 * `traceparent`. Clients write headers, so a value is sent only where it can be what it is said to be.
 */

import type { AnyConfig } from '../../config/mcp-schema.ts';
import {
  AGENT_TYPES,
  cutTo,
  HEADER_FIELD_LIMITS,
  HEADER_FIELDS,
  type HeaderField,
} from '../../config/metadata-fields.ts';
import { parseTraceparent } from '../../tracing/trace-context.ts';

export interface HeaderMetadata {
  session_id?: string;
  conversation_id?: string;
  span_id?: string;
  hostname?: string;
  agent_type?: (typeof AGENT_TYPES)[number];
  is_agent?: boolean;
  user_name?: string;
  user_group?: string;
}

/**
 * @param get a header's value by its name in lower case
 * @returns undefined when the headers tell nothing
 */
export function headerMetadata(
  { metadata_from_headers: named }: Pick<AnyConfig, 'metadata_from_headers'>,
  get: (name: string) => string | undefined,
): HeaderMetadata | undefined {
  const span = parseTraceparent(get('traceparent'))?.spanId;
  if (!named) return span === undefined ? undefined : { span_id: span };
  const told = HEADER_FIELDS.flatMap((field) => {
    const header = named[field]?.toLowerCase();
    const value = header === undefined ? undefined : metadataOf(field, get(header));
    return value === undefined ? [] : [[field, value] as const];
  });
  const all: HeaderMetadata = {
    ...(span === undefined ? {} : { span_id: span }),
    ...Object.fromEntries(told),
  };
  return Object.keys(all).length > 0 ? all : undefined;
}

/** @returns undefined for what the field cannot hold */
function metadataOf(field: HeaderField, header: string | undefined): string | boolean | undefined {
  const value = header?.trim();
  if (!value || UNPRINTABLE.test(value)) return undefined;
  if (field === 'is_agent') return BOOLEANS.get(value.toLowerCase());
  if (field === 'agent_type') return AGENT_TYPES.find((type) => type === value.toLowerCase());
  return cutTo(value, HEADER_FIELD_LIMITS[field]);
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
]);

/** And what stands where bytes were no UTF-8. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}\ufffd]/u;
