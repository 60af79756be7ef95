/**
 * The findings in the format of code scanners.
 *
 * @see https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
import { CODES, type Code } from '../codes.ts';
import type { Finding, Level } from '../finding.ts';

const LEVELS: Record<Level, 'error' | 'warning' | 'note'> = {
  error: 'error',
  warning: 'warning',
  info: 'note',
};
const RULES = Object.keys(CODES) as Code[];

/** @param version of this package */
export function sarifReport(findings: readonly Finding[], version: string): string {
  const driver = {
    name: 'aidr-kong',
    version,
    rules: RULES.map((id) => ({ id, shortDescription: { text: CODES[id].description } })),
  };
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [{ tool: { driver }, columnKind: 'utf16CodeUnits', results: findings.map(resultOf) }],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

function resultOf({ code, level, place, problem, remedy }: Finding) {
  const { line, column } = place.position;
  return {
    ruleId: code,
    ruleIndex: RULES.indexOf(code),
    level: LEVELS[level],
    message: { text: `${place.path === '' ? '' : `${place.path}: `}${problem} (${remedy})` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(place.file) },
          region: { startLine: line, startColumn: column },
        },
        ...(place.path === '' ? {} : { logicalLocations: [{ fullyQualifiedName: place.path }] }),
      },
    ],
  };
}

/** A relative reference, or an absolute URI: what a path is made of may need escapes. */
function uriOf(file: string): string {
  if (/^https?:\/\//.test(file)) return file;
  const path = file.replaceAll('\\', '/').split('/').map(encodeURIComponent).join('/');
  return path.startsWith('/') ? `file://${path}` : path;
}
