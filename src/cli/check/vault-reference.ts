/** `{vault://…}`: a value that Kong fetches from a vault. */

export function isVaultReference(value: unknown): boolean {
  return typeof value === 'string' && /^\{vault:\/\/.+\}$/.test(value);
}
