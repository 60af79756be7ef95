/**
 * A path as the server behind Kong may read it. What is said of paths is looked up in each spelling of it: as it came, and as
 * it is routed, with what looks like a fragment and without it.
 */
import { LRUCache } from 'lru-cache';

/** Servers differ in what they pass over: encoding, parameters, empty segments, blanks, dots, and which slash it is. */
export function routedPath(path: string): string {
  const routed: string[] = [];
  for (const part of decoded(path).split(/[/\\]/)) {
    const segment = (part.split(/[;?#]/, 1)[0] ?? '').trim();
    if (segment === '..') routed.pop();
    else if (segment !== '' && segment !== '.') routed.push(segment);
  }
  return `/${routed.join('/')}`;
}

/** The spellings of a path, as it came first: some servers do not pass over what others do. */
export function spellingsOf(path: string): readonly string[] {
  return [path, ...routesOf(path)];
}

/** As servers route it: most take `#` for the path's end, as it came or decoded, and some for a character like others. */
export function routesOf(path: string): readonly string[] {
  const readings = [path, withoutFragment(path), withoutFragment(decoded(path))];
  return [...new Set(readings.map(routedPath))];
}

function withoutFragment(path: string): string {
  return path.split(/[?#]/, 1)[0] ?? '';
}

/**
 * Applications use few paths, and ask for them again and again.
 *
 * @returns a test whether one of the patterns matches a path in either spelling
 */
export function pathTest(patterns: readonly RegExp[]): (path: string) => boolean {
  const tested = new LRUCache<string, boolean>(PATHS);
  return (path) => {
    const before = tested.get(path);
    if (before !== undefined) return before;
    const spellings = spellingsOf(path);
    const matches = patterns.some((pattern) => spellings.some((spelling) => pattern.test(spelling)));
    tested.set(path, matches);
    return matches;
  };
}

/** Of what is remembered by paths, in UTF-16 code units: a few of the longest paths that Kong takes, or all that are usual. */
export const PATHS = {
  max: 500,
  maxSize: 262_144,
  sizeCalculation: (_: unknown, path: string) => path.length + 1,
};

/** What is no UTF-8 is decoded as far as it is, so that nothing else stays encoded because of it. */
export function decoded(text: string): string {
  return text.replace(/(?:%[\da-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString());
}
