/** What a dry run goes by: the plugins' settings, and patterns that play AIDR. */
import { parse } from 'yaml';
import * as z from 'zod';
import { PolicyError } from './policy-error.ts';

const redactRule = z.strictObject({ pattern: z.string().min(1), with: z.string().optional() });

const policy = z.strictObject({
  /** As in `config` of a plugin in kong.yaml. */
  settings: z.record(z.string(), z.unknown()).default({}),
  /** What AIDR is to block. */
  block: z.array(z.string().min(1)).default([]),
  /** What AIDR is to redact. */
  redact: z
    .array(
      z.union([
        z
          .string()
          .min(1)
          .transform((pattern): RedactRule => ({ pattern })),
        redactRule,
      ]),
    )
    .default([]),
});

export interface RedactRule {
  pattern: string;
  with?: string | undefined;
}

export interface Policy {
  settings: Record<string, unknown>;
  block: string[];
  redact: RedactRule[];
}

/**
 * @param text YAML or JSON
 * @throws PolicyError
 */
export function readPolicy(text: string): Policy {
  let given: unknown;
  try {
    given = parse(text, { maxAliasCount: 100 });
  } catch {
    throw new PolicyError('the policy is not YAML');
  }
  const read = policy.safeParse(given ?? {});
  if (read.success) return read.data;
  // Messages name types and fields, never values.
  const [issue] = read.error.issues;
  throw new PolicyError(`the policy cannot be used: ${issue?.path.join('.') || 'policy'}: ${issue?.message}`);
}
