/** A replay for people, on a terminal. */
import { printable } from '../dry-run/printable.ts';
import { FINDING_HEAD, findingCells, HEAD, notesOf, rowsOf } from './rows.ts';
import type { Totals } from './tally.ts';

export function textReplay(totals: Totals, { title, isReal }: { title: string; isReal: boolean }): string {
  const { findings, moreFindings } = totals;
  const more = moreFindings > 0 ? [`and ${moreFindings} more`] : [];
  return [
    printable(title),
    ...notesOf(totals, isReal).map((note) => printable(note)),
    '',
    ...table([HEAD, ...rowsOf(totals)]),
    ...(findings.length > 0 ? ['', ...table([FINDING_HEAD, ...findings.map(findingCells)]), ...more] : []),
    ...findings.flatMap(({ position, reason, content = [] }) =>
      [reason, ...content].flatMap((text) =>
        text === undefined ? [] : [`${printable(position)}: ${printable(text)}`],
      ),
    ),
  ]
    .join('\n')
    .concat('\n');
}

function table(rows: readonly string[][]): string[] {
  const shown = rows.map((row) => row.map((cell) => printable(cell)));
  const widths = (shown[0] ?? []).map((_, column) =>
    shown.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), 0),
  );
  return shown.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
