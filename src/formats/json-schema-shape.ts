/**
 * JSON Schema, as bodies have it for the form of an answer. Its keywords and types say nothing; whatever a caller fills in
 * is text: the names of properties, titles, descriptions, literals, patterns and references.
 *
 * Google's dialect is among them: types in capitals, sizes as strings, `nullable`, `propertyOrdering`, `example`.
 *
 * @see https://json-schema.org/draft/2020-12/schema
 * @see https://ai.google.dev/api/caching#Schema
 */
import { either, known, mapOf, matching, object, oneOf, type Shape } from './shape.ts';

const TYPES = ['string', 'number', 'integer', 'boolean', 'array', 'object', 'null'];

const type = oneOf(...TYPES, ...TYPES.map((word) => word.toUpperCase()), 'TYPE_UNSPECIFIED');

const format = oneOf(
  ...[
    'date-time',
    'date',
    'time',
    'duration',
    'email',
    'idn-email',
    'hostname',
    'idn-hostname',
    'ipv4',
    'ipv6',
  ],
  ...['uri', 'uri-reference', 'uri-template', 'iri', 'iri-reference', 'uuid', 'json-pointer'],
  ...[
    'relative-json-pointer',
    'regex',
    'int32',
    'int64',
    'float',
    'double',
    'byte',
    'binary',
    'password',
    'enum',
  ],
);

/** Large ones are text: nobody has so many characters, items or properties. */
const size = matching(/^\d{1,6}$/);

const dialect = matching(
  /^https?:\/\/json-schema\.org\/(?:schema|draft-0[3-7]\/schema|draft\/20(?:19-09|20-12)\/schema)#?$/,
);

export const JSON_SCHEMA: Shape = object(() => {
  // What a caller writes; or, where a property has the name of a keyword, the property's schema.
  const literal = either(known, JSON_SCHEMA);
  return {
    type: either(type, JSON_SCHEMA),
    format: either(format, JSON_SCHEMA),
    strict: known,
    $schema: dialect,
    ...named(
      ['$id', 'id', '$anchor', '$dynamicAnchor', '$recursiveAnchor', '$vocabulary', '$comment'],
      literal,
    ),
    ...named(['$ref', '$dynamicRef', '$recursiveRef', 'ref'], literal),
    ...named(['title', 'description', 'pattern', 'enum', 'const', 'default', 'example', 'examples'], literal),
    ...named(['required', 'propertyOrdering', 'property_ordering', 'dependentRequired'], literal),
    ...named(['deprecated', 'readOnly', 'writeOnly', 'nullable', 'uniqueItems'], literal),
    ...named(['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'], literal),
    ...named(['minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties'], size),
    ...named(
      ['min_length', 'max_length', 'min_items', 'max_items', 'min_properties', 'max_properties'],
      size,
    ),
    ...named(['minContains', 'maxContains'], size),
    contentEncoding: oneOf('7bit', '8bit', 'binary', 'quoted-printable', 'base16', 'base32', 'base64'),
    contentMediaType: literal,
    discriminator: object({ propertyName: literal, mapping: mapOf(literal) }),
    ...named(['items', 'prefixItems', 'additionalItems', 'unevaluatedItems', 'contains'], JSON_SCHEMA),
    ...named(
      ['additionalProperties', 'unevaluatedProperties', 'propertyNames', 'contentSchema'],
      JSON_SCHEMA,
    ),
    ...named(['additional_properties', 'any_of', 'prefix_items'], JSON_SCHEMA),
    ...named(['allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else'], JSON_SCHEMA),
    ...named(['properties', 'patternProperties', '$defs', 'definitions', 'defs'], mapOf(JSON_SCHEMA)),
    ...named(['dependentSchemas', 'dependencies'], mapOf(either(JSON_SCHEMA, literal))),
  };
});

function named(keys: readonly string[], shape: Shape): Record<string, Shape> {
  return Object.fromEntries(keys.map((key) => [key, shape]));
}
