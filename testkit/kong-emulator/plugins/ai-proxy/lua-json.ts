/** JSON as Kong's Lua treats it. */

export interface JsonObject {
  readonly [name: string]: unknown;
}

/** What Lua can look fields up in; a list has none of the names that are asked for. */
export function isJsonTable(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null;
}

/** Only nil and false are false in Lua; a null of JSON is true. */
export function truthy(value: unknown): boolean {
  return value !== undefined && value !== false;
}

/** Decodes without marking lists as such: an empty one is an empty table, and goes out as `{}`. */
export function decodeUnmarked(text: string): unknown {
  return JSON.parse(text, (_, value: unknown) => asTable(value));
}

/** A list made in Lua: an empty one goes out as `{}`. */
export function asTable(value: unknown): unknown {
  return Array.isArray(value) && value.length === 0 ? {} : value;
}

/** The elements that Lua's `ipairs` walks over. Throws where it does. */
export function elements(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (isJsonTable(value)) return [];
  throw new TypeError('bad argument #1 to ipairs (table expected)');
}

/** A field of a Lua value: strings have none, and what is neither string nor table throws. */
export function fieldOf(value: unknown, name: string): unknown {
  if (typeof value === 'string') return undefined;
  if (!isJsonTable(value)) throw new TypeError('attempt to index a value that is no table');
  return Object.hasOwn(value, name) ? value[name] : undefined;
}
