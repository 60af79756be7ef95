/** `aidr-kong check` from files to text and exit code. */
import { writeFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { type Finding, line } from './finding.ts';
import { type Checked, check } from './index.ts';
import { type AdminApi, readAdminApi } from './read/admin-api.ts';
import type { Input } from './read/index.ts';
import { readText } from './read/text-file.ts';
import { Unreadable } from './read/unreadable.ts';
import { coverageText } from './report/coverage-text.ts';
import { htmlReport } from './report/html.ts';
import { jsonReport } from './report/json.ts';
import { sarifReport } from './report/sarif.ts';
import { readEnvironment, readKongConf, type Settings, type SettingsSource, settingsOf } from './settings.ts';

export interface CheckOptions {
  /** Paths, or `-` for standard input. */
  files: string[];
  admin?: { url: string; tokenVariable?: string };
  /** Paths, or `env`. */
  settings: string[];
  strict: boolean;
  form: 'text' | 'json' | 'sarif';
  /** The file to which the page is written. */
  html?: string;
}

/** Of the process. */
export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>;
  stdin: Readable;
  /** Of this package. */
  version: string;
}

/** What goes to stdout and stderr, and whether there is an error. */
export interface Report {
  output: string;
  summary: string;
  hasErrors: boolean;
}

export async function runCheck(options: CheckOptions, surroundings: Surroundings): Promise<Report> {
  const checked = await checkedBy(options, surroundings);
  const findings = options.strict ? checked.findings.map(asStrict) : checked.findings;
  const reported = { ...checked, findings };
  const summary = summaryOf(options, findings);
  if (options.html !== undefined) await writeFile(options.html, htmlReport(reported, summary));
  return {
    output: outputOf(reported, options, surroundings.version),
    summary: `${summary}\n`,
    hasErrors: findings.some(({ level }) => level === 'error'),
  };
}

export async function checkedBy(
  { files, admin, settings }: Pick<CheckOptions, 'files' | 'admin' | 'settings'>,
  { env, stdin }: Omit<Surroundings, 'version'>,
): Promise<Checked> {
  try {
    const inputs: Input[] = [];
    for (const file of files) inputs.push({ file, text: await readText(file, stdin) });
    if (admin) inputs.push(...(await readAdminApi(adminApi(admin, env))));
    return check(inputs, await readSettings(settings, { env, stdin }));
  } catch (error) {
    if (error instanceof Unreadable) return { findings: [error.finding], coverage: [] };
    throw error;
  }
}

function adminApi(
  { url, tokenVariable }: { url: string; tokenVariable?: string },
  env: Surroundings['env'],
): AdminApi {
  if (tokenVariable === undefined) return { url };
  const token = env[tokenVariable];
  if (token) return { url, token };
  throw new Unreadable(url, `${tokenVariable} is not set`, 'set it to the token of the Admin API');
}

async function readSettings(
  origins: string[],
  { env, stdin }: Omit<Surroundings, 'version'>,
): Promise<Settings | undefined> {
  const sources: SettingsSource[] = [];
  for (const origin of origins)
    sources.push(
      origin === 'env' ? readEnvironment(env) : readKongConf(await readText(origin, stdin), origin),
    );
  const [first, ...others] = sources;
  return first && settingsOf([first, ...others]);
}

function outputOf(checked: Checked, { form }: CheckOptions, version: string): string {
  if (form === 'json') return jsonReport(checked);
  if (form === 'sarif') return sarifReport(checked.findings, version);
  return `${checked.findings.map((one) => `${line(one)}\n`).join('')}${coverageText(checked.coverage)}`;
}

function summaryOf({ files, admin }: CheckOptions, findings: readonly Finding[]): string {
  const count = (level: Finding['level']) => findings.filter((finding) => finding.level === level).length;
  const subject = [...files, ...(admin ? [admin.url] : [])].join(' ');
  return `${subject}: ${numbered(count('error'), 'error')}, ${numbered(count('warning'), 'warning')}`;
}

function asStrict(finding: Finding): Finding {
  return finding.level === 'warning' ? { ...finding, level: 'error' } : finding;
}

function numbered(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
