/** `{vault://…}`: a value that Kong fetches from a vault; and what decK puts in when it reads the file. */

/** @returns undefined for what Kong takes for a value */
export function vaultReference(value: unknown): { prefix: string } | undefined {
  if (typeof value !== 'string') return undefined;
  const prefix = /^\{vault:\/\/([^/?}]+)\/[^}]+\}$/.exec(value)?.[1];
  return prefix === undefined ? undefined : { prefix };
}

/** `${{ env "DECK_…" }}` */
export function isTemplate(value: unknown): boolean {
  return typeof value === 'string' && /\$\{\{.*\}\}/s.test(value);
}
