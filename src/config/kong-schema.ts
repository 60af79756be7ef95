/**
 * Kong's schema of a plugin's configuration, generated from the zod schema.
 *
 * It travels to Kong as JSON, so it holds no functions: what cannot be said with Kong's declarative validators is
 * checked when an instance starts (load.ts).
 *
 * @see https://developer.konghq.com/custom-plugins/schema.lua/
 */
import * as z from 'zod';
import { API_URIS, allowedApiUrisMessage, PROVIDERS } from './api-uri.ts';
import { fieldMeta } from './schema.ts';

/** What travels to Kong. */
export type Json = string | number | boolean | Json[] | { [key: string]: Json };

/** One entry of a Kong `fields` array: a single key, the field's name. */
export type KongField = Record<string, Record<string, Json>>;

/** The `fields` of the configuration record, in the order of the zod schema. */
export function kongFields(schema: z.ZodObject): KongField[] {
  return Object.entries(schema.shape).map(([name, type]) => ({ [name]: kongField(name, type as z.ZodType) }));
}

function kongField(name: string, type: z.ZodType): Record<string, Json> {
  const { inner, optional, defaultValue } = unwrap(type);
  const meta = fieldMeta.get(type);
  if (!meta) throw new Error(`configuration field ${name} has no description`);
  return {
    ...kongType(name, inner),
    ...(meta.patterns ? { match_any: { patterns: [...meta.patterns.match], err: meta.patterns.error } } : {}),
    description: meta.description,
    ...(defaultValue === undefined ? {} : { default: defaultValue }),
    ...(optional ? {} : { required: true }),
    ...(meta.forbidden ? { not_one_of: [...meta.forbidden] } : {}),
    ...(meta.referenceable ? { referenceable: true } : {}),
    ...(meta.encrypted ? { encrypted: true } : {}),
  };
}

interface Unwrapped {
  inner: z.ZodType;
  optional: boolean;
  defaultValue: Json | undefined;
}

function unwrap(type: z.ZodType): Unwrapped {
  if (type instanceof z.ZodOptional) return { ...unwrap(type.unwrap() as z.ZodType), optional: true };
  if (type instanceof z.ZodDefault) {
    const inner = unwrap(type.def.innerType as z.ZodType);
    return { ...inner, defaultValue: type.def.defaultValue as Json };
  }
  return { inner: type, optional: false, defaultValue: undefined };
}

function kongType(name: string, type: z.ZodType): Record<string, Json> {
  if (type instanceof z.ZodEnum) return { type: 'string', one_of: type.options as string[] };
  if (type instanceof z.ZodURL) return { type: 'string', match: '^%s*https?://' };
  if (type instanceof z.ZodString) {
    return { type: 'string', len_min: 1, ...(type.maxLength === null ? {} : { len_max: type.maxLength }) };
  }
  if (type instanceof z.ZodNumber) {
    return { type: 'integer', between: [type.minValue ?? 0, type.maxValue ?? Number.MAX_SAFE_INTEGER] };
  }
  if (type instanceof z.ZodBoolean) return { type: 'boolean' };
  if (type instanceof z.ZodArray) {
    const { maxItems } = z.toJSONSchema(type);
    const elements = kongType(name, type.element as z.ZodType);
    return { type: 'array', ...(maxItems === undefined ? {} : { len_max: maxItems }), elements };
  }
  if (type instanceof z.ZodRecord) {
    return mapType(name, type);
  }
  if (type instanceof z.ZodObject) {
    return { type: 'record', fields: kongFields(type), entity_checks: API_URI_CHECKS };
  }
  throw new Error(`configuration field ${name} has a type that Kong's schema cannot say`);
}

function mapType(name: string, { keyType, valueType }: z.ZodRecord): Record<string, Json> {
  if (!(keyType instanceof z.ZodEnum)) {
    return { type: 'map', keys: { type: 'string' }, values: { type: 'string', len_min: 0 } };
  }
  const keys = { type: 'string', one_of: keyType.options as string[] };
  return { type: 'map', keys, values: kongType(name, valueType as z.ZodType) };
}

/** `%s*` around each value: surrounding blanks are forgiven, as in hand-written YAML. */
const API_URI_CHECKS: Json[] = PROVIDERS.map((provider) => ({
  conditional: {
    if_field: 'provider',
    if_match: { eq: provider },
    then_field: 'api_uri',
    then_match: {
      match_any: {
        patterns: API_URIS[provider].map((uri) => `^%s*${luaPatternQuote(uri)}%s*$`),
        err: allowedApiUrisMessage(provider),
      },
    },
  },
}));

function luaPatternQuote(text: string): string {
  return text.replace(/[^A-Za-z0-9/_]/g, '%$&');
}
