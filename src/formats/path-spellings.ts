/**
 * A path as the server behind Kong may read it. What is said of paths is looked up in both spellings of it: as it came, and as
 * it is routed.
 */

/** Servers differ in what they pass over: encoding, parameters, empty segments, blanks, dots. */
export function routedPath(path: string): string {
  const routed: string[] = [];
  for (const part of decoded(path).split('/')) {
    const segment = (part.split(/[;?#]/, 1)[0] ?? '').trim();
    if (segment === '..') routed.pop();
    else if (segment !== '' && segment !== '.') routed.push(segment);
  }
  return `/${routed.join('/')}`;
}

/** A path that one of them matches in either spelling: some servers do not pass over what others do. */
export function isAnyOf(patterns: readonly RegExp[], path: string): boolean {
  const routed = routedPath(path);
  return patterns.some((pattern) => pattern.test(path) || pattern.test(routed));
}

export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
