/** Members of AIDR's answers are looked up by name only, so lists count as objects too. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null;
}
