/** JSON as parsed, and what is done to it without knowing more. */

export type JsonObject = Record<string, unknown>;

/** What is nested deeper is no JSON here: walking it would overflow the stack. */
const MAX_DEPTH = 500;

/** The bytes as JSON; undefined when they are none. */
export function parseJson(raw: Buffer): unknown {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(raw));
    return isTooDeep(value) ? undefined : value;
  } catch {
    return undefined;
  }
}

function isTooDeep(value: unknown): boolean {
  const children = (each: unknown): unknown[] =>
    typeof each === 'object' && each !== null ? Object.values(each) : [];
  let level = [value];
  for (let depth = 0; depth <= MAX_DEPTH && level.length > 0; depth++) level = level.flatMap(children);
  return level.length > 0;
}

/** True for a JSON object, false for arrays, null and scalars. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Applies a JSON merge patch: objects are merged, `null` removes a member, everything else replaces.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7386
 */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged: JsonObject = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else merged[name] = mergePatch(merged[name], value);
  }
  return merged;
}

/** A copy in which every string value is changed; names of members are not. */
export function mapStrings(value: JsonObject, change: (text: string) => string): JsonObject;
export function mapStrings(value: unknown, change: (text: string) => string): unknown;
export function mapStrings(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, change));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, mapStrings(member, change)]),
  );
}
