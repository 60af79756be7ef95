/**
 * @returns name and place of an error, for logs: its message can quote content, these cannot
 */
export function errorLocation(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const frame = (error.stack ?? '').split('\n').find((line) => line.startsWith('    at '));
  return `${error.name} ${frame?.trim() ?? ''}`.trim();
}
