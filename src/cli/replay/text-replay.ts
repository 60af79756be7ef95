/** A replay for people, on a terminal. */
import { printable } from '../dry-run/printable.ts';
import { textTable } from '../text-table.ts';
import { FINDING_HEAD, findingCells, HEAD, notesOf, rowsOf } from './rows.ts';
import type { Totals } from './tally.ts';

export function textReplay(totals: Totals, { title, isReal }: { title: string; isReal: boolean }): string {
  const { findings, moreFindings } = totals;
  const more = moreFindings > 0 ? [`and ${moreFindings} more`] : [];
  return [
    printable(title),
    ...notesOf(totals, isReal).map((note) => printable(note)),
    '',
    ...printed([HEAD, ...rowsOf(totals)]),
    ...(findings.length > 0 ? ['', ...printed([FINDING_HEAD, ...findings.map(findingCells)]), ...more] : []),
    ...findings.flatMap(({ position, reason, content = [] }) =>
      [reason, ...content].flatMap((text) =>
        text === undefined ? [] : [`${printable(position)}: ${printable(text)}`],
      ),
    ),
  ]
    .join('\n')
    .concat('\n');
}

function printed(rows: readonly string[][]): string[] {
  return textTable(rows.map((row) => row.map((cell) => printable(cell))));
}
