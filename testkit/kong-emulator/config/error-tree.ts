/** Validation errors by field, and their text as Kong prints them for a declarative configuration. */

/** Field names, or entry numbers from 1, to a message or to what is nested. */
export type ErrorTree = Map<string | number, string | ErrorTree>;

/** Records an error that concerns several fields at once. */
export function addEntityError(errors: ErrorTree, message: string): void {
  const known = errors.get('@entity');
  const list: ErrorTree = known instanceof Map ? known : new Map();
  list.set(list.size + 1, message);
  errors.set('@entity', list);
}

/** Records an error of a field named by a path with dots. */
export function setFieldError(errors: ErrorTree, path: string, error: string | ErrorTree): void {
  const dot = path.indexOf('.');
  if (dot === -1) {
    errors.set(path, error);
    return;
  }
  const head = path.slice(0, dot);
  const known = errors.get(head);
  const nested: ErrorTree = known instanceof Map ? known : new Map();
  errors.set(head, nested);
  setFieldError(nested, path.slice(dot + 1), error);
}

/** One line an error, indented by depth, each naming the field or entry it stands under. */
export function printErrors(errors: ErrorTree, item = '', indent = ''): string {
  const lines: string[] = [];
  for (const [key, error] of errors) {
    const where = typeof key === 'number' ? `- in entry ${key} of '${item}'` : `in '${key}'`;
    if (typeof error === 'string') lines.push(`${indent}${where}: ${error}`);
    else lines.push(`${indent}${where}:`, printErrors(error, String(key), `${indent}  `));
  }
  return lines.join('\n');
}
