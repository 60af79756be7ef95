/** A direction in the relay, with a span from its beginning to its record. */
import type { Direction } from '../config/schema.ts';
import type { Caller } from '../inspection/calls/metadata.ts';
import { startInspectionSpan } from '../inspection/report/inspection-span.ts';
import type { RelayReports } from './relayed.ts';

/** @returns both as they were where nobody wants spans */
export function withSpan<Reports extends RelayReports>(
  direction: Direction,
  reports: Reports,
  caller: Caller,
): { caller: Caller; reports: Reports } {
  const spanned = startInspectionSpan(direction, caller, performance.now());
  if (spanned.caller === caller) return { caller, reports };
  const report: RelayReports['report'] = (ended, tookMs) => {
    const record = reports.report(ended, tookMs);
    spanned.end(record);
    return record;
  };
  return { caller: spanned.caller, reports: { ...reports, report } };
}
