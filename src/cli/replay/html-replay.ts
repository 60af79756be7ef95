/** A replay as one page that loads nothing, for people who file it. */
import { escaped } from '../html-text.ts';
import { FINDING_HEAD, findingCells, HEAD, notesOf, rowsOf } from './rows.ts';
import type { Finding, Totals } from './tally.ts';

const STYLE = `:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 80rem; padding: 0 1rem }
.wide { overflow-x: auto } table { border-collapse: collapse; margin: 1rem 0 2rem }
th, td { border: 1px solid #8888; padding: .3rem .6rem; text-align: left; vertical-align: top }
th { background: #8883 } pre { white-space: pre-wrap; margin: .3rem 0 0; font: 13px/1.4 ui-monospace, monospace }`;

export function htmlReplay(totals: Totals, { title, isReal }: { title: string; isReal: boolean }): string {
  const { findings, moreFindings } = totals;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escaped(title)}</h1>
${notesOf(totals, isReal)
  .map((note) => `<p>${escaped(note)}</p>`)
  .join('\n')}
<h2>Routes</h2>
${table(HEAD, rowsOf(totals).map(cells))}
<h2>Findings</h2>
${findings.length === 0 ? '<p>None.</p>' : table(FINDING_HEAD, findings.map(findingRow))}
${moreFindings > 0 ? `<p>And ${moreFindings} more.</p>` : ''}
</body>
</html>
`;
}

function table(head: readonly string[], rows: readonly string[]): string {
  const heads = head.map((name) => `<th scope="col">${escaped(name)}</th>`).join('');
  return `<div class="wide"><table>\n<tr>${heads}</tr>\n${rows.join('\n')}\n</table></div>`;
}

function cells(row: readonly string[]): string {
  return `<tr>${row.map((cell) => `<td>${escaped(cell)}</td>`).join('')}</tr>`;
}

function findingRow(finding: Finding): string {
  const { reason, content = [] } = finding;
  const words = [reason, ...content].flatMap((text) =>
    text === undefined ? [] : [`<pre>${escaped(text)}</pre>`],
  );
  const [where = '', ...rest] = findingCells(finding);
  return `<tr><td>${escaped(where)}${words.join('')}</td>${rest.map((cell) => `<td>${escaped(cell)}</td>`).join('')}</tr>`;
}
