/** The table of coverage, for a terminal. */

import { textTable } from '../../text-table.ts';
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
  return `\n${textTable(table).join('\n')}\n`;
}

export { HEAD as COVERAGE_HEAD };
