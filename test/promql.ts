/** What a PromQL query asks for, and what a server exports: enough of both to compare names and labels. */

export interface Selected {
  metric: string;
  /** Labels that the query matches, groups or joins by. */
  labels: string[];
}

const AGGREGATIONS = new Set(['sum', 'count', 'max', 'min', 'avg']);
const FUNCTIONS = new Set(['absent', 'changes', 'histogram_quantile', 'increase', 'rate']);
const OPERATORS = new Set(['and', 'or', 'unless', 'bool']);
const WORD = /[a-zA-Z_]\w*/g;

/** A word that is not known here counts as a metric, so a misspelt function does not go unseen. */
export function selectedBy(query: string): Selected[] {
  const plain = query.replace(/"[^"]*"/g, '""').replace(/\[[^\]]*\]/g, '');
  const groupings = [...plain.matchAll(/\b(?:by|without|on|ignoring)\s*\(([^)]*)\)/g)];
  const grouped = groupings.flatMap(([, labels = '']) => labels.match(WORD) ?? []);
  const rest = plain.replace(/\b(?:by|without|on|ignoring)\s*\([^)]*\)/g, '');
  const selected = [...rest.matchAll(/([a-zA-Z_:][\w:]*)\s*(?:\{([^}]*)\})?/g)]
    .map(([, name = '', matchers = '']) => ({ name, matched: matchers.match(/\w+(?=\s*[=!])/g) ?? [] }))
    .filter(({ name }) => !AGGREGATIONS.has(name) && !FUNCTIONS.has(name) && !OPERATORS.has(name));
  return selected.map(({ name, matched }) => ({ metric: name, labels: [...matched, ...grouped] }));
}

/** @returns the labels of each series that a scrape shows */
export function exportedBy(scrape: string): Map<string, Set<string>> {
  const exported = new Map<string, Set<string>>();
  for (const [, name = '', labels = ''] of scrape.matchAll(/^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? \S+$/gm)) {
    const known = exported.get(name) ?? new Set();
    for (const [, label = ''] of labels.matchAll(/(\w+)="/g)) known.add(label);
    exported.set(name, known);
  }
  return exported;
}
