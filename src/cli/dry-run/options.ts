/** The options that `inspect` and `replay` share: what a dry run goes by. */
import { readFile } from 'node:fs/promises';
import { PROVIDERS, type Provider } from '../../config/api-uri.ts';
import { httpUrl, UsageError } from '../arguments.ts';
import type { RealAidr } from './plugin-pair.ts';
import { type Policy, readPolicy } from './policy.ts';
import { PolicyError } from './policy-error.ts';

/** As in kong.yaml. */
const KEY_VARIABLE = 'CS_AIDR_TOKEN';

export const DRY_RUN_OPTIONS = {
  policy: { type: 'string' },
  deny: { type: 'string', multiple: true },
  allow: { type: 'string', multiple: true },
  block: { type: 'string', multiple: true },
  redact: { type: 'string', multiple: true },
  against: { type: 'string' },
  'key-env': { type: 'string' },
  'key-file': { type: 'string' },
  json: { type: 'boolean' },
} as const;

export const DRY_RUN_HELP = `  --redact <regex>      what AIDR would redact; --block <regex>: what it would block. Each as often as you like.
  --deny <regex>, --allow <regex>
                        as deny_patterns and allow_patterns
  --policy <file>       YAML with settings (as in a plugin's config), block and redact
  --against <url>       ask a real AIDR: the base URL of its API
  --key-env <variable>  the environment variable with its token; ${KEY_VARIABLE} is the default
  --key-file <file>     a file with its token`;

export interface DryRunOptions {
  policyFile?: string;
  deny: string[];
  allow: string[];
  block: string[];
  redact: string[];
  /** Where a real AIDR is, and where its key is. */
  against?: { url: string } & ({ keyVariable: string } | { keyFile: string });
}

interface Values {
  policy?: string | undefined;
  deny?: string[] | undefined;
  allow?: string[] | undefined;
  block?: string[] | undefined;
  redact?: string[] | undefined;
  against?: string | undefined;
  'key-env'?: string | undefined;
  'key-file'?: string | undefined;
}

/** @throws UsageError */
export function dryRunOptions(values: Values): DryRunOptions {
  const { policy, deny = [], allow = [], block = [], redact = [], against } = values;
  const { 'key-env': keyVariable, 'key-file': keyFile } = values;
  if (against === undefined && (keyVariable ?? keyFile) !== undefined)
    throw new UsageError('--key-env and --key-file are about --against, which is missing');
  if (keyVariable !== undefined && keyFile !== undefined)
    throw new UsageError('--key-env and --key-file cannot be combined');
  if (against !== undefined && block.length + redact.length > 0)
    throw new UsageError('--block and --redact play AIDR, so they cannot be combined with --against');
  const key = keyFile === undefined ? { keyVariable: keyVariable ?? KEY_VARIABLE } : { keyFile };
  return {
    ...(policy === undefined ? {} : { policyFile: policy }),
    ...{ deny, allow, block, redact },
    ...(against === undefined ? {} : { against: { url: httpUrl('--against', against), ...key } }),
  };
}

/** @throws UsageError */
export function providerNamed(name: string): Provider {
  const provider = PROVIDERS.find((one) => one === name);
  if (provider) return provider;
  throw new UsageError(`--provider takes one of ${PROVIDERS.join(', ')}`);
}

/**
 * The policy with what the options add to it, and the key of a real AIDR.
 *
 * @throws PolicyError
 */
export async function readDryRun(
  options: DryRunOptions,
  env: Readonly<Record<string, string | undefined>>,
): Promise<{ policy: Policy; against: RealAidr | undefined }> {
  const { policyFile, deny, allow, block, redact, against } = options;
  const text = policyFile === undefined ? '' : await readSmallFile(policyFile, 'the policy');
  const policy = readPolicy(text);
  const { settings } = policy;
  const rules = (name: string, more: string[]) =>
    more.length === 0 ? {} : { [name]: [...listOf(settings[name]), ...more] };
  return {
    policy: {
      settings: { ...settings, ...rules('deny_patterns', deny), ...rules('allow_patterns', allow) },
      block: [...policy.block, ...block],
      redact: [...policy.redact, ...redact.map((pattern) => ({ pattern }))],
    },
    against: against && { url: against.url, key: await keyOf(against, env) },
  };
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

async function keyOf(
  against: NonNullable<DryRunOptions['against']>,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  if ('keyFile' in against) return (await readSmallFile(against.keyFile, 'the key')).trim();
  const key = env[against.keyVariable];
  if (key) return key;
  throw new PolicyError(`${against.keyVariable} is not set: it has to hold the token of the AIDR collector`);
}

async function readSmallFile(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    throw new PolicyError(`${what} cannot be read: ${path}`);
  }
}
