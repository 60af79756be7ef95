/** Texts as the ids of a model's tokens: lists of numbers, or of such lists, which nobody here can read. */
export function holdsNumbers(value: unknown): boolean {
  return Array.isArray(value) && value.some((item) => typeof item === 'number' || holdsNumbers(item));
}
