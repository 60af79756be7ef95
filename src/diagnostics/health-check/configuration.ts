/** Whether Kong and the plugins would take a declarative configuration. */
import { findingsOf } from '../../cli/check/command.ts';
import { sentence } from '../../cli/check/finding.ts';
import type { CheckResult } from './check.ts';

export async function checkConfiguration(file: string): Promise<CheckResult> {
  const findings = await findingsOf({ file, settings: [] }, {});
  const error = findings.find(({ level }) => level === 'error');
  return { subject: 'configuration', isOk: !error, finding: error ? sentence(error) : `${file} loads` };
}
