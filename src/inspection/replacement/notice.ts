/** What a model reads in the place of what AIDR blocked. */
import type { Verdict } from '../../aidr/verdict.ts';
import type { Config } from '../../config/schema.ts';
import { violation } from '../refusal/rejection.ts';

/** UTF-16 code units of what was found. */
const MAX_FOUND = 300;

/**
 * The same verdict gives the same words on every node and after a restart: a model's thoughts can be bound to all that
 * was said before them, and providers cache prompts. So there is no id of a request in it.
 *
 * @see https://platform.claude.com/docs/build-with-claude/preserved-thinking/prefix-checks
 */
export function noticeOf(config: Config, verdict: Verdict): string {
  const { explanation } = violation('request', config, verdict);
  const found = explanation?.replace(/\.$/, '').slice(0, MAX_FOUND).toWellFormed() ?? 'it violates a policy';
  const policy = explanation !== undefined && verdict.policy ? ` (policy ${verdict.policy})` : '';
  return `[CrowdStrike AIDR removed this content: ${found}${policy}. Go on without it.]`;
}
