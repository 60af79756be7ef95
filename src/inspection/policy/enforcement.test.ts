import { describe, expect, it } from 'vitest';
import type { FailureClass } from '../../aidr/failure.ts';
import type { Inspected } from '../../aidr/verdict.ts';
import { parseJson } from '../../body/json/document.ts';
import { withChanges } from '../../body/text-changes.ts';
import { loadConfig } from '../../config/load.ts';
import type { Segment } from '../../formats/segment.ts';
import type { AskedCall } from '../calls/ask.ts';
import type { Part } from '../calls/plan-calls.ts';
import { apply, combineVerdicts } from './enforcement.ts';

const configWith = (more: object) =>
  loadConfig(
    {
      ai_guard_api_key: 'pts_demo',
      upstream_llm: { provider: 'openai', api_uri: '/v1/chat/completions' },
      ...more,
    },
    'request',
  ).config;

const TEXTS = ['my SSN', 'hello'];

/** Two calls, of one text each, and what AIDR said about them. */
function asked(...inspected: Inspected[]): AskedCall[] {
  return inspected.map((one, index) => {
    const text = TEXTS[index] ?? '';
    const segment: Segment = {
      role: 'user',
      kind: 'text',
      text,
      pieces: [{ path: ['messages', index, 'content'], text }],
      copies: [],
      derived: [],
    };
    const part: Part = { segment, whole: text, text, start: 0, role: 'user' };
    return { call: { parts: [part], tools: [] }, inspected: one };
  });
}

const told = { summary: 'Found something.', detected: [] };
const PASSED: Inspected = { ok: true, verdict: { kind: 'passed', ...told } };
const DETECTED: Inspected = { ok: true, verdict: { kind: 'passed', ...told, detected: ['topic'] } };
const BLOCKED: Inspected = { ok: true, verdict: { kind: 'blocked', ...told } };
const output = (content: unknown, more: { mayBeUnchanged?: true } = {}): Inspected => ({
  ok: true,
  verdict: { kind: 'transformed', ...told, guardOutput: { messages: [{ role: 'user', content }] }, ...more },
});
const REDACTED = output('my ***');
const UNUSABLE = output(5);
const UNSAID = { mayBeUnchanged: true } as const;
const failedWith = (failureClass: FailureClass): Inspected => ({
  ok: false,
  failure: { class: failureClass, detail: failureClass },
});

const IGNORING = { enforcing_strategy: 'enforce_but_ignore_on_error' };
const BODY = '{"messages": [{"role":"user","content":"my SSN"}, {"role":"user","content":"hello"}]}';

/** `outcome`, `outcome failure` or `outcome failure: body`. */
function outcomeOf(more: object, ...inspected: Inspected[]): string {
  const config = configWith(more);
  const parsed = parseJson(Buffer.from(BODY));
  if (!parsed.ok) throw new Error('expected a document');
  const combined = combineVerdicts('request', config, asked(...inspected));
  const decision =
    combined.kind === 'decided'
      ? combined.decision
      : apply('request', config, parsed.document, combined).decision;
  const failure = 'failure' in decision ? ` ${decision.failure.class}` : '';
  const rejected = 'rejection' in decision ? ` ${decision.rejection.httpStatus}` : '';
  const body = 'body' in decision && decision.body ? `: ${Buffer.from(decision.body)}` : '';
  return decision.outcome + failure + rejected + body;
}

const REWRITTEN = BODY.replace('my SSN', 'my ***');

describe('the verdicts on a body', () => {
  it.each<[string, object, Inspected[], string]>([
    [
      'change it where the output does, though AIDR does not say so',
      {},
      [output('my ***', UNSAID)],
      `redacted: ${REWRITTEN}`,
    ],
    ['let it pass where the output is what was sent', {}, [output('my SSN', UNSAID)], 'allowed'],
    ['need an output that fits, even so', {}, [output(5, UNSAID)], 'failed_closed unappliable_redaction 422'],
    ['all passed', {}, [PASSED, PASSED], 'allowed'],
    ['none', {}, [], 'allowed'],
    ['a block', {}, [PASSED, BLOCKED], 'blocked 400'],
    ['a block beside a redaction', {}, [REDACTED, BLOCKED], 'blocked 400'],
    ['a block beside a redaction that cannot be applied', {}, [UNUSABLE, BLOCKED], 'blocked 400'],
    ['a block beside a failure', {}, [failedWith('timeout'), BLOCKED], 'blocked 400'],
    ['a block beside a failure that is ignored', IGNORING, [failedWith('timeout'), BLOCKED], 'blocked 400'],
    ['a block, validating', { operation: 'validate' }, [BLOCKED], 'blocked 400'],
    ['a block, auditing: what it would have been', { enforcing_strategy: 'audit' }, [BLOCKED], 'blocked 400'],
    ['a detection', {}, [DETECTED], 'allowed'],
    ['a detection that is to be enforced', { enforce_on_detection: true }, [PASSED, DETECTED], 'blocked 400'],
    ['a redaction', {}, [REDACTED, PASSED], `redacted: ${REWRITTEN}`],
    ['a redaction that cannot be applied', {}, [UNUSABLE], 'failed_closed unappliable_redaction 422'],
    ['the same, ignoring errors', IGNORING, [UNUSABLE], 'failed_closed unappliable_redaction 422'],
    ['the same, validating', { operation: 'validate' }, [UNUSABLE], 'allowed'],
    [
      'a redaction of a body that is too large to be rewritten',
      { max_rewrite_size: 20 },
      [REDACTED],
      'failed_closed unappliable_redaction 422',
    ],
    [
      'a redaction beside a failure that is ignored',
      IGNORING,
      [REDACTED, failedWith('timeout')],
      `failed_open timeout: ${REWRITTEN}`,
    ],
    ['a redaction beside a failure', {}, [REDACTED, failedWith('timeout')], 'failed_closed timeout 503'],
    [
      'a failure of two kinds: the one that a caller can provoke',
      {},
      [failedWith('timeout'), failedWith('rejected_input')],
      'failed_closed rejected_input 422',
    ],
    [
      'the same, ignoring errors',
      IGNORING,
      [failedWith('timeout'), failedWith('overloaded')],
      'failed_closed overloaded 503',
    ],
    [
      'the same, auditing',
      { enforcing_strategy: 'audit' },
      [failedWith('timeout')],
      'failed_closed timeout 503',
    ],
  ])('become one outcome: %s', (_name, config, inspected, expected) => {
    expect(outcomeOf(config, ...inspected)).toBe(expected);
  });
});

describe('the verdicts on slices of one text', () => {
  const WHOLE = 'Call me at 078-05-1120 before noon, or at any other time that suits you.';
  const redact = (text: string) => text.replace('078-05-1120', '***');

  /** Two slices of it, both of which hold the number. */
  function combinedFrom(verdictOn: (slice: string, index: number) => Inspected) {
    const [segment] = asked(PASSED).map(({ call }) => call.parts[0]?.segment);
    if (!segment) throw new Error('expected a segment');
    const calls = [0, 5].map((start, index): AskedCall => {
      const text = WHOLE.slice(start, start + 65);
      const part: Part = { segment, whole: WHOLE, text, start, role: 'user' };
      return { call: { parts: [part], tools: [], isCut: true }, inspected: verdictOn(text, index) };
    });
    return combineVerdicts('request', configWith({}), calls);
  }

  it('are one redaction where they agree', () => {
    const combined = combinedFrom((slice) => output(redact(slice)));
    const changed = combined.kind === 'verdict' ? [...combined.changes] : [];
    expect(changed.map(([{ text }, changes]) => withChanges(text, changes))).toEqual([redact(WHOLE)]);
  });

  it('are nothing to apply where none redacts', () => {
    const combined = combinedFrom(() => PASSED);
    expect('changes' in combined && combined.changes.size).toBe(0);
  });

  it('are refused where the one redacts what the other one saw as well and left', () => {
    expect(combinedFrom((slice, index) => (index === 0 ? PASSED : output(redact(slice))))).toMatchObject({
      kind: 'decided',
      decision: { outcome: 'failed_closed', failure: { class: 'unappliable_redaction' } },
    });
  });
});

describe('a failure', () => {
  const OPENING: FailureClass[] = [
    'timeout',
    'unreachable',
    'rate_limited',
    'server_error',
    'circuit_open',
    'unauthorized',
  ];
  const CLOSING: FailureClass[] = [
    'rejected_input',
    'failed_on_input',
    'invalid_response',
    'payload_too_large',
    'unappliable_redaction',
    'overloaded',
    'internal',
  ];

  it.each(OPENING)('lets traffic pass where errors are ignored: %s', (failureClass) => {
    expect(outcomeOf(IGNORING, PASSED, failedWith(failureClass))).toBe(`failed_open ${failureClass}`);
    expect(outcomeOf({}, PASSED, failedWith(failureClass))).toMatch(/^failed_closed/);
  });

  it.each(CLOSING)('that a caller can provoke lets nothing pass: %s', (failureClass) => {
    for (const config of [
      {},
      IGNORING,
      { enforcing_strategy: 'audit' },
      { ...IGNORING, operation: 'validate' },
    ]) {
      expect(outcomeOf(config, PASSED, failedWith(failureClass))).toMatch(`failed_closed ${failureClass}`);
    }
  });
});
