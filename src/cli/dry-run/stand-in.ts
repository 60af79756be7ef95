/**
 * Plays AIDR by a few patterns: its answers are bytes as AIDR's are, so that everything behind them is the plugins' own.
 *
 * Patterns run in linear time: the texts are foreign.
 */
import { RE2JS } from 're2js';
import type { GuardInput } from '../../aidr/request.ts';
import type { Aidr } from '../../aidr/session.ts';
import { readVerdict } from '../../aidr/verdict.ts';
import { compilePattern } from '../../inspection/patterns/linear-pattern.ts';
import type { Policy, RedactRule } from './policy.ts';
import { PolicyError } from './policy-error.ts';

/** What stands for whatever a pattern without a replacement of its own matches. */
const REDACTED = '<redacted>';

interface Compiled {
  expression: RE2JS;
  replacement: string;
}

/** @throws PolicyError names the rule that cannot run */
export function standIn({ block, redact }: Pick<Policy, 'block' | 'redact'>): Aidr {
  const blocking = block.map((pattern, index) => compiled('block', index, { pattern }));
  const redacting = redact.map((rule, index) => compiled('redact', index, rule));
  let calls = 0;
  return {
    readVerdict,
    openChannel: () => ({
      hasEnded: false,
      end: () => ({ attempts: 0, elapsedMs: 0 }),
      async send(call) {
        if (call.kind !== 'guard') return { ok: false, failure: UNREDACT };
        const answer = answerTo(JSON.parse(call.input), blocking, redacting);
        const body = Buffer.from(JSON.stringify({ request_id: `stand-in-${++calls}`, ...answer }), 'utf8');
        return { ok: true, reply: { status: 200, body, retryAfter: undefined } };
      },
    }),
  };
}

const UNREDACT = { class: 'rejected_input', detail: 'the stand-in encrypts nothing' } as const;

function compiled(
  field: string,
  index: number,
  { pattern, with: replacement = REDACTED }: RedactRule,
): Compiled {
  const checked = compilePattern(pattern);
  if (!checked.ok) throw new PolicyError(`${field}: rule ${index + 1} ${checked.reason}`);
  return { expression: RE2JS.compile(pattern), replacement };
}

function answerTo(input: GuardInput, blocking: readonly Compiled[], redacting: readonly Compiled[]) {
  const matched = new Set<string>();
  withTexts(input, (text) => {
    blocking.forEach(({ expression }, index) => {
      if (expression.matcher(text).find()) matched.add(`block_${index + 1}`);
    });
    return text;
  });
  const blocked = matched.size > 0;
  const output = withTexts(input, (text) =>
    redacting.reduce((rest, rule, index) => {
      const changed = replaced(rest, rule);
      if (changed !== rest) matched.add(`redact_${index + 1}`);
      return changed;
    }, text),
  );
  const transformed = !blocked && matched.size > 0;
  return {
    status: 'Success',
    summary: summaryOf(matched.size, blocking.length + redacting.length),
    result: {
      ...{ blocked, transformed, policy: 'stand-in' },
      ...(transformed ? { guard_output: output } : {}),
      detectors: Object.fromEntries([...matched].map((name) => [name, { detected: true }])),
    },
  };
}

function summaryOf(matches: number, patterns: number): string {
  if (matches > 0) return 'One of your patterns matches.';
  return patterns > 0 ? 'None of your patterns matches.' : 'You gave no pattern, so everything passes.';
}

/** @returns the same with other texts; roles and names of tools stay: AIDR has to answer with those that it was sent */
function withTexts({ messages, tools }: GuardInput, replace: (text: string) => string): GuardInput {
  return {
    ...(messages
      ? { messages: messages.map(({ role, content }) => ({ role, content: replace(content) })) }
      : {}),
    ...(tools
      ? {
          tools: tools.map(({ type, function: { name, ...rest } }) => ({
            type,
            function: { name, ...(deepTexts(rest, replace) as typeof rest) },
          })),
        }
      : {}),
  };
}

function deepTexts(value: unknown, replace: (text: string) => string): unknown {
  if (typeof value === 'string') return replace(value);
  if (Array.isArray(value)) return value.map((item) => deepTexts(item, replace));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, deepTexts(item, replace)]));
}

function replaced(text: string, { expression, replacement }: Compiled): string {
  const matcher = expression.matcher(text);
  let [result, from] = ['', 0];
  while (matcher.find()) {
    if (matcher.end() === matcher.start()) continue;
    result += text.slice(from, matcher.start()) + replacement;
    from = matcher.end();
  }
  return result + text.slice(from);
}
