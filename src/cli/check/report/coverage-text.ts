/** The table of coverage, for a terminal. */
import type { CoverageRow } from '../coverage.ts';

const HEAD = ['route', 'provider', 'request', 'response', 'guard', 'policy'];

export function cellsOf({ place, provider, request, response, guard, policy }: CoverageRow): string[] {
  return [place.path, provider, request, response, guard, policy];
}

/** @returns nothing where there is no traffic at all */
export function coverageText(rows: readonly CoverageRow[]): string {
  if (rows.length === 0) return '';
  const table = [HEAD, ...rows.map(cellsOf)].map((cells) =>
    cells.map((cell) => cell.replace(/\p{Cc}+/gu, ' ')),
  );
  const widths = HEAD.map((_, column) => Math.max(...table.map((cells) => cells[column]?.length ?? 0)));
  const lines = table.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `\n${lines.join('\n')}\n`;
}

export { HEAD as COVERAGE_HEAD };
