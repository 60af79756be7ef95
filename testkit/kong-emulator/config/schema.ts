/**
 * Kong's schema language, as far as a plugin server can send it as JSON.
 *
 * `null` stands for Kong's explicit null, `undefined` for a value that is not there.
 */

/** A map of names to values, from YAML or JSON. */
export type Table = { [name: string]: unknown };

/** A named pattern of `match_none` and `match_all`. */
export interface NamedPattern {
  readonly pattern: string;
  readonly err?: string;
}

/** Attributes that restrict values; `conditional` checks hold only these. */
export interface Validators {
  readonly eq?: unknown;
  readonly ne?: unknown;
  readonly one_of?: readonly unknown[];
  readonly not_one_of?: readonly unknown[];
  readonly gt?: number;
  readonly timestamp?: boolean;
  readonly uuid?: boolean;
  readonly is_regex?: boolean;
  readonly between?: readonly [number, number];
  readonly len_eq?: number;
  readonly len_min?: number;
  readonly len_max?: number;
  readonly starts_with?: string;
  readonly not_match?: string;
  readonly match?: string;
  readonly match_none?: readonly NamedPattern[];
  readonly match_all?: readonly NamedPattern[];
  readonly match_any?: { readonly patterns: readonly string[]; readonly err?: string };
  readonly contains?: unknown;
  /** A check in TypeScript, for the gateway's own entities: the message when it fails. */
  readonly custom?: (value: never) => string | undefined;
}

/** One field's definition. */
export interface Field extends Validators {
  readonly type: string;
  readonly required?: boolean;
  readonly default?: unknown;
  readonly referenceable?: boolean;
  readonly err?: string;
  readonly elements?: Field;
  readonly keys?: Field;
  readonly values?: Field;
  readonly fields?: FieldList;
  readonly entity_checks?: readonly EntityCheck[];
  /** Set by the gateway for what Kong knows and the gateway does not do: why it refuses. */
  readonly unsupported?: string;
}

/** Fields in Kong's form: a list of single-entry maps. */
export type FieldList = readonly { readonly [name: string]: Field }[];

/** One entry of `entity_checks`: a single-entry map from the checker's name to its argument. */
export type EntityCheck = { readonly [checker: string]: unknown };

export interface RecordSchema {
  readonly fields: FieldList;
  readonly entity_checks?: readonly EntityCheck[];
}

/** The fields of a list, in order, as pairs. */
export function eachField(fields: FieldList): [name: string, field: Field][] {
  return fields.flatMap((entry) => Object.entries(entry));
}

/** Whether Kong would take the text for a vault reference. */
export function isReference(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith('{vault://') && value.endsWith('}');
}

/** Whether a value is a map; an empty list passes for one, as in Lua. */
export function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && (!Array.isArray(value) || value.length === 0);
}
