/** The policy file: which detectors run on which side, and what a hit leads to. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const BlockOrReport = z.enum(['block', 'report']);
const EntityAction = z.enum(['block', 'report', 'replacement', 'mask', 'partial_mask', 'encrypt']);
const LinkAction = z.enum(['block', 'report', 'defang']);

const Topic = z.enum([
  'toxicity',
  'self-harm-and-violence',
  'roleplay',
  'weapons',
  'criminal-conduct',
  'sexual',
  'financial-advice',
  'legal-advice',
  'religion',
  'politics',
  'health-coverage',
  'negative-sentiment',
  'gibberish',
]);

const Rules = z.strictObject({
  name: z.string().min(1),
  malicious_prompt: BlockOrReport.optional(),
  US_SSN: EntityAction.optional(),
  EMAIL_ADDRESS: EntityAction.optional(),
  CREDIT_CARD: EntityAction.optional(),
  AWS_ACCESS_KEY_ID: EntityAction.optional(),
  malicious_link: LinkAction.optional(),
  competitors: BlockOrReport.optional(),
  topics: z.partialRecord(Topic, BlockOrReport).optional(),
});

const Pattern = z.string().min(1).refine(isPattern, 'not a regular expression');

const PolicySchema = z
  .strictObject({
    malicious_prompts: z.array(Pattern),
    malicious_hosts: z.array(z.string().regex(/^[\w-]+(\.[\w-]+)+$/, 'not a host name')),
    competitors: z.array(z.string().min(1)),
    topics: z.partialRecord(Topic, z.array(z.string().min(1))),
    input: Rules,
    output: Rules,
  })
  .check(({ value, issues }) => {
    for (const side of ['input', 'output'] as const)
      for (const topic of Object.keys(value[side].topics ?? {}))
        if (!Object.hasOwn(value.topics, topic))
          issues.push({
            code: 'custom',
            path: [side, 'topics', topic],
            message: 'has no phrases under topics',
            input: topic,
          });
  });

/** The lists of things to look for, and the rules of both sides. */
export type Policy = z.infer<typeof PolicySchema>;

/** One side's rules: an action for each detector that is on. */
export type Rules = z.infer<typeof Rules>;

/** What a hit leads to. */
export type Action = z.infer<typeof EntityAction> | z.infer<typeof LinkAction>;

const DEFAULT_POLICY_FILE = join(import.meta.dirname, 'policy.yaml');

/** Reads and checks a policy file. Throws an error that names every offending key. */
export async function loadPolicy(file: string = DEFAULT_POLICY_FILE): Promise<Policy> {
  return checkPolicy(parse(await readFile(file, 'utf8')), file);
}

/** Checks a policy that came from code. Throws an error that names every offending key. */
export function checkPolicy(policy: unknown, source = 'policy'): Policy {
  const checked = PolicySchema.safeParse(policy);
  if (!checked.success) throw new Error(`${source}:\n${z.prettifyError(checked.error)}`);
  return checked.data;
}

function isPattern(source: string): boolean {
  try {
    new RegExp(source, 'iu');
    return true;
  } catch {
    return false;
  }
}
