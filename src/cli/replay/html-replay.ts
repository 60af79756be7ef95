/** A replay as one page that loads nothing, for people who file it. */
import { escaped, htmlCell, htmlPage, htmlTable } from '../html-page.ts';
import { FINDING_HEAD, findingCells, HEAD, notesOf, rowsOf } from './rows.ts';
import type { Finding, Totals } from './tally.ts';

export function htmlReplay(totals: Totals, { title, isReal }: { title: string; isReal: boolean }): string {
  const { findings, moreFindings } = totals;
  return htmlPage(
    title,
    `${notesOf(totals, isReal)
      .map((note) => `<p>${escaped(note)}</p>`)
      .join('\n')}
<h2>Routes</h2>
${htmlTable(HEAD, rowsOf(totals).map(cells))}
<h2>Findings</h2>
${findings.length === 0 ? '<p>None.</p>' : htmlTable(FINDING_HEAD, findings.map(findingRow))}
${moreFindings > 0 ? `<p>And ${moreFindings} more.</p>` : ''}`,
  );
}

function cells(row: readonly string[]): string {
  return `<tr>${row.map(htmlCell).join('')}</tr>`;
}

function findingRow(finding: Finding): string {
  const { reason, content = [] } = finding;
  const words = [reason, ...content].flatMap((text) =>
    text === undefined ? [] : [`<pre>${escaped(text)}</pre>`],
  );
  const [where = '', ...rest] = findingCells(finding);
  return `<tr><td>${escaped(where)}${words.join('')}</td>${rest.map(htmlCell).join('')}</tr>`;
}
