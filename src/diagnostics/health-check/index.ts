/** `aidr-pluginserver --check`: whether what Kong needs is there, one line a check. */
import type { CheckResult } from './check.ts';
import { checkSocket } from './socket.ts';

export interface Checks {
  sockets: { plugin: string; path: string }[];
  /** A declarative configuration; undefined: none is read. */
  config: string | undefined;
  /** Says which step on the way to AIDR fails. */
  aidr: boolean;
}

/** @returns the report, and whether everything is well */
export async function runChecks(
  { sockets, config, aidr }: Checks,
  env: Readonly<Record<string, string | undefined>>,
): Promise<{ report: string; isOk: boolean }> {
  const results = await Promise.all([
    ...sockets.map(async (socket) => [await checkSocket(socket)]),
    ...(config === undefined ? [] : [configuration(config)]),
    ...(aidr ? [aidrOf(env)] : []),
  ]).then((all) => all.flat());
  return { report: results.map(line).join(''), isOk: results.every(({ isOk }) => isOk) };
}

// Loaded on demand: a container's health check asks the sockets alone, over and over.
async function configuration(path: string): Promise<CheckResult[]> {
  const { checkConfiguration } = await import('./configuration.ts');
  return [await checkConfiguration(path)];
}

async function aidrOf(env: Readonly<Record<string, string | undefined>>): Promise<CheckResult[]> {
  const { checkAidr } = await import('./aidr.ts');
  return checkAidr(env);
}

function line({ subject, isOk, finding }: CheckResult): string {
  return `${isOk ? 'ok' : 'failed'}  ${`${subject}: ${finding}`.replace(/\p{Cc}+/gu, ' ')}\n`;
}
