/** Inspections under `audit` in the relay, which nobody waits for. */
import { type Audit, inspectBeside } from '../inspection/audit.ts';
import type { RelayReports } from './relayed.ts';

export function auditBeside(
  reports: Pick<RelayReports, 'report' | 'reportBroken' | 'reportDropped'>,
  audit: Pick<Audit, 'caller' | 'bytes' | 'inspect'>,
): void {
  inspectBeside({
    ...audit,
    done(inspection) {
      if (inspection) {
        inspection.stats.live = true;
        reports.report(inspection, inspection.stats.aidrMs);
      } else reports.reportBroken();
    },
    dropped: () => reports.reportDropped(),
  });
}
