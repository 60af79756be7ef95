import { describe, expect, it } from 'vitest';
import { createInspector } from '../create-inspector.ts';
import type { Decision } from '../policy/decision.ts';
import { emptyStats, type InspectionStats } from './inspection-stats.ts';
import { logLineOf, pendingRecord, recordOf } from './record.ts';

const inspectorWith = (more: object = {}) =>
  createInspector(
    {
      ai_guard_api_key: 'pts_demo',
      upstream_llm: { provider: 'openai', api_uri: '/v1/chat/completions' },
      ...more,
    },
    'request',
  ).inspector;

const SECRET = 'my SSN is 078-05-1120';
const rejection = {
  code: 'aidr_prompt_blocked',
  httpStatus: 400,
  ...{ reason: SECRET, status: SECRET, explanation: SECRET },
} as const;
const failure = { class: 'timeout', detail: 'no answer in time', hint: SECRET } as const;
const body = Buffer.from(SECRET);
const ALLOWED: Decision = { outcome: 'allowed' };
const BLOCKED: Decision = { outcome: 'blocked', rejection };
const REDACTED: Decision = { outcome: 'redacted', body };
const FAILED_OPEN: Decision = { outcome: 'failed_open', failure, body };
const FAILED_CLOSED: Decision = { outcome: 'failed_closed', failure, rejection };
const SKIPPED: Decision = { outcome: 'skipped', why: 'the request has no body' };

/** Facts with everything there is to tell. */
const stats: InspectionStats = {
  ...emptyStats(21),
  segments: 3,
  opaque: 1,
  calls: 2,
  attempts: 4,
  aidrMs: 12.3456,
  knownTurns: 5,
  unknownTurns: 2,
  knownRecurring: 20,
  unknownRecurring: 1,
  replaced: 3,
  streamed: true,
  model: 'gpt',
  requestIds: Array.from({ length: 12 }, (_, index) => `prq_${index}`),
  policy: 'in',
  detectors: new Set(['topic', 'code']),
  wouldRedact: true,
  unredactFailed: true,
};

describe('the record of an inspection', () => {
  it('holds all that was learned, and the first eight ids', () => {
    expect(recordOf(inspectorWith(), { decision: FAILED_CLOSED, stats }, 20, 'a1b2')).toEqual({
      strategy: 'enforce',
      provider: 'openai',
      api_uri: '/v1/chat/completions',
      outcome: 'failed_closed',
      model: 'gpt',
      streamed: true,
      failure: 'timeout',
      failure_detail: 'no answer in time',
      rejected_with: 400,
      policy: 'in',
      detectors: ['topic', 'code'],
      aidr_request_ids: stats.requestIds.slice(0, 8),
      kong_request_id: 'a1b2',
      aidr_ms: 12.35,
      overhead_ms: 7.65,
      calls: 2,
      attempts: 4,
      bytes: 21,
      segments: 3,
      opaque: 1,
      known_turns: 5,
      unknown_turns: 2,
      known_recurring: 20,
      unknown_recurring: 1,
      replaced: 3,
      would_redact: true,
      unredact_failed: true,
    });
  });

  it('holds no more than there is to tell', () => {
    expect(recordOf(inspectorWith(), { decision: SKIPPED, stats: emptyStats() }, 1)).toEqual({
      strategy: 'enforce',
      provider: 'openai',
      api_uri: '/v1/chat/completions',
      outcome: 'skipped',
      skipped_because: 'the request has no body',
      aidr_ms: 0,
      overhead_ms: 1,
      calls: 0,
      attempts: 0,
      bytes: 0,
      segments: 0,
    });
  });

  it('names so many detectors as AIDR can have', () => {
    const detectors = new Set(Array.from({ length: 1_000 }, (_, index) => `detector_${index}`));
    const record = recordOf(inspectorWith(), { decision: ALLOWED, stats: { ...emptyStats(), detectors } }, 1);
    expect(record.detectors).toEqual([...detectors].slice(0, 32));
  });

  it('of an audit that is still under way is pending', () => {
    const inspector = inspectorWith({ enforcing_strategy: 'audit' });
    expect(pendingRecord(inspector, 21, 0.5, 'a1b2')).toMatchObject({
      kong_request_id: 'a1b2',
      outcome: 'pending',
      strategy: 'audit',
      bytes: 21,
    });
  });

  it.each([ALLOWED, BLOCKED, REDACTED, FAILED_OPEN, FAILED_CLOSED, SKIPPED])(
    'holds no content, nor does its log line: $outcome',
    (decision) => {
      const record = recordOf(inspectorWith(), { decision, stats }, 20);
      expect(JSON.stringify([record, logLineOf('request', record)])).not.toContain(SECRET);
    },
  );
});

describe('the log line of an inspection', () => {
  const IGNORE = 'enforce_but_ignore_on_error';

  it.each<[Decision, string, 'request' | 'response', string | undefined]>([
    [ALLOWED, 'enforce', 'request', undefined],
    [SKIPPED, 'enforce', 'request', undefined],
    [REDACTED, 'enforce', 'request', undefined],
    [BLOCKED, 'enforce', 'request', 'notice blocked a prompt, detected topic (AIDR request prq_1)'],
    [BLOCKED, 'enforce', 'response', 'notice blocked an answer, detected topic (AIDR request prq_1)'],
    [
      FAILED_CLOSED,
      'enforce',
      'request',
      'err refused a prompt, timeout: no answer in time (AIDR request prq_1)',
    ],
    [
      FAILED_OPEN,
      IGNORE,
      'response',
      'err let an answer pass uninspected, timeout: no answer in time (AIDR request prq_1)',
    ],
    [ALLOWED, 'audit', 'request', undefined],
    [
      BLOCKED,
      'audit',
      'request',
      'notice audit: would have blocked a prompt, detected topic (AIDR request prq_1)',
    ],
    [
      REDACTED,
      'audit',
      'request',
      'notice audit: would have redacted a prompt, detected topic (AIDR request prq_1)',
    ],
    [
      FAILED_CLOSED,
      'audit',
      'response',
      'err audit: would have refused an answer, timeout: no answer in time (AIDR request prq_1)',
    ],
  ])('of $outcome under %s, %s: %s', (decision, strategy, direction, expected) => {
    const known = { ...emptyStats(), detectors: new Set(['topic']), requestIds: ['prq_1'] };
    const inspector = inspectorWith({ enforcing_strategy: strategy });
    const line = logLineOf(direction, recordOf(inspector, { decision, stats: known }, 1));
    expect(line && `${line.level} ${line.text}`).toBe(expected);
  });

  it.each([
    [[], 'blocked a prompt (Kong request a1b2)'],
    [['prq_1', 'prq_2'], 'blocked a prompt (AIDR request prq_1, prq_2; Kong request a1b2)'],
  ])("names Kong's request where it is known, beside the requests %j of AIDR", (requestIds, text) => {
    const told = { decision: BLOCKED, stats: { ...emptyStats(), requestIds } };
    expect(logLineOf('request', recordOf(inspectorWith(), told, 1, 'a1b2'))?.text).toBe(text);
  });

  it('names neither detectors nor ids where there are none', () => {
    const record = recordOf(inspectorWith(), { decision: BLOCKED, stats: emptyStats() }, 1);
    expect(logLineOf('request', record)).toEqual({ level: 'notice', text: 'blocked a prompt' });
  });
});
