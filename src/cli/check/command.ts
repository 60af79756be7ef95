/** `aidr-kong check` from files to text and exit code. */
import { createReadStream } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { type Finding, line } from './finding.ts';
import { check, type NamedFinding } from './index.ts';
import { readEnvironment, readKongConf, type Settings, type SettingsSource, settingsOf } from './settings.ts';

export interface CheckOptions {
  file: string;
  /** Paths, or `env`. */
  settings: string[];
  strict: boolean;
  json: boolean;
}

/** What goes to stdout and stderr, and whether there is an error. */
export interface Report {
  findings: string;
  summary: string;
  hasErrors: boolean;
}

/** Bytes; Kong's own limit on a configuration that it is sent is far below. */
const MAX_FILE = 67_108_864;

export async function runCheck(
  options: CheckOptions,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Report> {
  return report(await findingsOf(options, env), options);
}

export async function findingsOf(
  { file, settings }: Pick<CheckOptions, 'file' | 'settings'>,
  env: Readonly<Record<string, string | undefined>>,
): Promise<NamedFinding[]> {
  try {
    return check(await readText(file), file, await readSettings(settings, env));
  } catch (error) {
    if (error instanceof Unreadable) return [error.finding];
    throw error;
  }
}

async function readSettings(
  origins: string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<Settings | undefined> {
  const sources: SettingsSource[] = [];
  for (const origin of origins)
    sources.push(origin === 'env' ? readEnvironment(env) : readKongConf(await readText(origin), origin));
  const [first, ...others] = sources;
  return first && settingsOf([first, ...others]);
}

class Unreadable extends Error {
  override readonly name = 'Unreadable';
  readonly finding: NamedFinding;

  constructor(place: string, problem: string) {
    super(problem);
    this.finding = { level: 'error', place, problem, check: 'declaration' };
  }
}

/** A pipe is read like a file. @throws Unreadable */
async function readText(path: string): Promise<string> {
  const bytes = await buffer(createReadStream(path, { end: MAX_FILE })).catch((error) => {
    throw new Unreadable(
      path,
      `it cannot be read: ${error instanceof Error && 'code' in error ? error.code : 'unknown error'}`,
    );
  });
  if (bytes.length > MAX_FILE) throw new Unreadable(path, `it is larger than ${MAX_FILE} bytes`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Unreadable(path, 'it is not UTF-8 text');
  }
}

function report(found: NamedFinding[], { strict, json, file }: CheckOptions): Report {
  const findings = strict ? found.map(asStrict) : found;
  const count = (level: Finding['level']) => findings.filter((finding) => finding.level === level).length;
  const [errors, warnings] = [count('error'), count('warning')];
  return {
    findings: json
      ? `${JSON.stringify({ findings }, undefined, 2)}\n`
      : findings.map((one) => `${line(one)}\n`).join(''),
    summary: `${file}: ${numbered(errors, 'error')}, ${numbered(warnings, 'warning')}\n`,
    hasErrors: errors > 0,
  };
}

function asStrict(finding: NamedFinding): NamedFinding {
  return finding.level === 'warning' ? { ...finding, level: 'error' } : finding;
}

function numbered(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
