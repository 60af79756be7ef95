/** @returns name and place of an error, for logs. Its message is left out, because it can quote content. */
export function errorLocation(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const frame = (error.stack ?? '').split('\n').find((line) => line.startsWith('    at '));
  return `${error.name} ${frame?.trim() ?? ''}`.trim();
}
