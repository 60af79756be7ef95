/** The report as one page that loads nothing, for people who file it. */

import { escaped, htmlCell, htmlPage, htmlTable } from '../../html-page.ts';
import type { CoverageRow } from '../coverage.ts';
import type { Finding } from '../finding.ts';
import type { Checked } from '../index.ts';
import { COVERAGE_HEAD, cellsOf } from './coverage-text.ts';

const STYLE = `
.unprotected td { background: #f443; font-weight: 600 } .error { color: light-dark(#b00020, #ff8a80); font-weight: 600 }
.warning { color: light-dark(#8a5300, #ffb74d) }`;
const FINDING_HEAD = ['level', 'place', 'problem', 'remedy', 'code'];

/** @param title what was checked, and when */
export function htmlReport({ findings, coverage }: Checked, title: string): string {
  const unprotected = coverage.filter(({ isProtected }) => !isProtected).length;
  return htmlPage(
    title,
    `<h2>Coverage</h2>
<p>${coverage.length} kinds of traffic, ${unprotected} of them not inspected in both directions.</p>
${htmlTable(COVERAGE_HEAD, coverage.map(coverageRow))}
<h2>Findings</h2>
${findings.length === 0 ? '<p>None.</p>' : htmlTable(FINDING_HEAD, findings.map(findingRow))}`,
    STYLE,
  );
}

function coverageRow(row: CoverageRow): string {
  const unprotected = row.isProtected ? '' : ' class="unprotected"';
  return `<tr${unprotected}>${cellsOf(row).map(htmlCell).join('')}</tr>`;
}

function findingRow({ code, level, place, problem, remedy, recipe }: Finding): string {
  const { line, column } = place.position;
  const where = `<code>${escaped(`${place.file}:${line}:${column}`)}</code><br>${escaped(place.path)}`;
  const cure = `${escaped(remedy)}${recipe === undefined ? '' : `<pre>${escaped(recipe)}</pre>`}`;
  return `<tr><td class="${level}">${level}</td><td>${where}</td>${htmlCell(problem)}<td>${cure}</td><td><code>${code}</code></td></tr>`;
}
