/** Whether Kong and the plugins would take a declarative configuration. */
import { runCheck } from '../../cli/check/command.ts';
import type { CheckResult } from './check.ts';

export async function checkConfiguration(file: string): Promise<CheckResult> {
  const { findings, hasErrors } = await runCheck({ file, settings: [], strict: false, json: false }, {});
  const [, firstError] = /^error +(.*)$/m.exec(findings) ?? [];
  return { subject: 'configuration', isOk: !hasErrors, finding: firstError ?? `${file} loads` };
}
