/** Whether Kong and the plugins would take a declarative configuration. */
import { checkedBy } from '../../cli/check/command.ts';
import { sentence } from '../../cli/check/finding.ts';
import type { CheckResult } from './check.ts';

/** Errors about what gets through: Kong and the plugins take such a configuration. */
const LOADS = [
  ...['guard-missing', 'guard-replaced', 'guard-incomplete', 'guard-lenient', 'marker-written'],
  ...['plugin-condition', 'plugin-ordering', 'added-after-inspection', 'open-internal-route'],
];

export async function checkConfiguration(file: string): Promise<CheckResult> {
  const { findings } = await checkedBy({ files: [file], settings: [] }, { env: {}, stdin: process.stdin });
  const error = findings.find(({ level, code }) => level === 'error' && !LOADS.includes(code));
  return { subject: 'configuration', isOk: !error, finding: error ? sentence(error) : `${file} loads` };
}
