/** The report for programs. */
import type { Checked } from '../index.ts';

export function jsonReport({ findings, coverage }: Checked): string {
  const report = {
    findings: findings.map(({ code, level, place, problem, remedy, recipe }) => ({
      ...{ code, level, file: place.file, ...place.position, path: place.path, problem, remedy },
      ...(recipe === undefined ? {} : { recipe }),
    })),
    coverage: coverage.map(({ place, ...row }) => ({ route: place.path, file: place.file, ...row })),
  };
  return `${JSON.stringify(report, undefined, 2)}\n`;
}
