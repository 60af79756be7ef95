/** The report as one page that loads nothing, for people who file it. */

import { escaped } from '../../html-text.ts';
import type { CoverageRow } from '../coverage.ts';
import type { Finding } from '../finding.ts';
import type { Checked } from '../index.ts';
import { COVERAGE_HEAD, cellsOf } from './coverage-text.ts';

const STYLE = `body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: #1a1a1a }
table { border-collapse: collapse; width: 100%; margin: 1rem 0 2rem }
th, td { border: 1px solid #c8c8c8; padding: .35rem .6rem; text-align: left; vertical-align: top }
th { background: #f2f2f2 } code, pre { font: 13px/1.4 ui-monospace, monospace } pre { white-space: pre-wrap; margin: .5rem 0 0 }
.unprotected td { background: #fde3e1; font-weight: 600 } .error { color: #b00020; font-weight: 600 } .warning { color: #8a5300 }`;

/** @param title what was checked, and when */
export function htmlReport({ findings, coverage }: Checked, title: string): string {
  const unprotected = coverage.filter(({ isProtected }) => !isProtected).length;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escaped(title)}</h1>
<h2>Coverage</h2>
<p>${coverage.length} kinds of traffic, ${unprotected} of them not inspected in both directions.</p>
<table>
<tr>${COVERAGE_HEAD.map((name) => `<th>${escaped(name)}</th>`).join('')}</tr>
${coverage.map(coverageRow).join('\n')}
</table>
<h2>Findings</h2>
${findings.length === 0 ? '<p>None.</p>' : findingsTable(findings)}
</body>
</html>
`;
}

function coverageRow(row: CoverageRow): string {
  const cells = cellsOf(row).map((cell) => `<td>${escaped(cell)}</td>`);
  return `<tr${row.isProtected ? '' : ' class="unprotected"'}>${cells.join('')}</tr>`;
}

function findingsTable(findings: readonly Finding[]): string {
  const rows = findings.map(({ code, level, place, problem, remedy, recipe }) => {
    const { line, column } = place.position;
    const where = `<code>${escaped(`${place.file}:${line}:${column}`)}</code><br>${escaped(place.path)}`;
    const cure = `${escaped(remedy)}${recipe === undefined ? '' : `<pre>${escaped(recipe)}</pre>`}`;
    return `<tr><td class="${level}">${level}</td><td>${where}</td><td>${escaped(problem)}</td><td>${cure}</td><td><code>${code}</code></td></tr>`;
  });
  return `<table>
<tr><th>level</th><th>place</th><th>problem</th><th>remedy</th><th>code</th></tr>
${rows.join('\n')}
</table>`;
}
