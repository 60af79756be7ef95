import { describe, expect, it } from 'vitest';
import { FAILURE_CLASSES } from '../../aidr/failure.ts';
import { loadConfig } from '../../config/load.ts';
import { REFUSALS, type RefusalCode } from './refusal-codes.ts';
import { denied, failure, messageOf, uninspectable, violation } from './rejection.ts';

const configWith = (more: object = {}, upstream: object = {}) =>
  loadConfig(
    {
      ai_guard_api_key: 'pts_demo',
      upstream_llm: { provider: 'openai', api_uri: '/v1/chat/completions', ...upstream },
      ...more,
    },
    'request',
  ).config;

const SUMMARY = 'Topic was not detected.  Malicious Prompt was detected and blocked.  Code was not detected.';
const PROMPT = { detector: 'malicious_prompt', types: [] };
const ENTITY = { detector: 'confidential_and_pii_entity', types: ['US_SSN'] };

describe('the sentence that people read', () => {
  it.each<[string, object, Parameters<typeof violation>[2], string]>([
    [
      'names what was found, and whom to ask about it',
      {},
      { summary: SUMMARY, findings: [PROMPT], requestId: 'prq_1' },
      'Prompt has been rejected by CrowdStrike AIDR: Malicious Prompt was detected (AIDR request prq_1).',
    ],
    [
      'names what decided first',
      {},
      { summary: SUMMARY, findings: [ENTITY, PROMPT] },
      'Prompt has been rejected by CrowdStrike AIDR: Confidential and PII Entity (US_SSN) was detected, also Malicious Prompt.',
    ],
    [
      'has of the summary only what was detected, where AIDR names no detectors',
      {},
      { summary: SUMMARY },
      'Prompt has been rejected by CrowdStrike AIDR: Malicious Prompt was detected and blocked.',
    ],
    [
      'stands without a summary too',
      {},
      { summary: undefined },
      'Prompt has been rejected by CrowdStrike AIDR.',
    ],
    [
      'says nothing of what was found where the reason is not to be revealed',
      { reveal_reason: false },
      { summary: SUMMARY, findings: [PROMPT], requestId: 'prq_1' },
      'Prompt has been rejected by CrowdStrike AIDR (AIDR request prq_1).',
    ],
    [
      'is one sentence with the words of the configuration',
      { request_failure_message: 'Not here.' },
      { summary: SUMMARY, findings: [PROMPT] },
      'Not here: Malicious Prompt was detected.',
    ],
  ])('%s', (_name, config, verdict, expected) => {
    expect(messageOf(violation('request', configWith(config), verdict))).toBe(expected);
  });

  it('names the rule of a local pattern', () => {
    const rejection = denied(configWith(), 'denied by deny_patterns rule 2');
    expect(messageOf(rejection)).toBe(
      'Prompt has been rejected by CrowdStrike AIDR: denied by deny_patterns rule 2.',
    );
    expect(messageOf(denied(configWith({ reveal_reason: false }), 'rule 2'))).not.toContain('rule');
  });

  it('says for a failure what can be done, with the hint and the id where there are any', () => {
    expect(messageOf(failure('response', { class: 'timeout', detail: 'secret', requestId: 'prq_1' }))).toBe(
      'Response could not be inspected by CrowdStrike AIDR: no verdict came in time, try again (AIDR request prq_1).',
    );
    const hinted = failure('request', {
      class: 'unappliable_redaction',
      detail: '',
      hint: 'sign it elsewhere',
    });
    expect(messageOf(hinted)).toMatch(/: sign it elsewhere\.$/);
  });
});

describe('a reason', () => {
  it("is AIDR's summary as it is", () => {
    expect(violation('request', configWith(), { summary: SUMMARY, findings: [PROMPT] }).reason).toBe(SUMMARY);
  });

  it.each([
    ['/v1/chat/completions', 'set upstream_llm.api_uri to the endpoint of this route, or to auto'],
    ['auto', 'any endpoint of openai'],
  ])('says what to do about a shape that %s does not know', (api_uri, words) => {
    expect(uninspectable('request', configWith({}, { api_uri }), 'unknown_shape').reason).toContain(words);
  });
});

describe('a status', () => {
  const may = { 502: true, 503: true, 504: true } as Record<number, true>;

  it.each(Object.entries(REFUSALS))(
    'of %s is one that clients repeat only where that helps',
    (code, kind) => {
      expect([408, 409, 429]).not.toContain(kind.httpStatus);
      // A certificate stays what it is; no client repeats without being told that it does not help.
      if (code !== 'aidr_upstream_not_trusted') expect(kind.mayRepeat).toBe(may[kind.httpStatus] ?? false);
    },
  );

  it.each(FAILURE_CLASSES)('of the failure %s is that of its code', (failureClass) => {
    const { code, httpStatus, retryAfter } = failure('request', { class: failureClass, detail: '' });
    expect(code).toBe(`aidr_${failureClass}`);
    const kind = REFUSALS[code as RefusalCode];
    expect([httpStatus, retryAfter]).toEqual([kind.httpStatus, kind.mayRepeat ? 1 : undefined]);
  });

  it('of an answer that cannot be read is 422, whatever is wrong with it', () => {
    for (const why of ['too_large', 'unknown_encoding', 'unknown_shape', 'opaque_part'] as const)
      expect(uninspectable('response', configWith(), why)).toMatchObject({
        code: 'aidr_unreadable_answer',
        httpStatus: 422,
      });
  });

  it('of blocked content is what the configuration says', () => {
    const config = configWith({ block_status: 451 });
    expect(violation('response', config, { summary: '' }).httpStatus).toBe(451);
    expect(denied(config, '').httpStatus).toBe(451);
    expect(uninspectable('request', config, 'unknown_shape').httpStatus).toBe(400);
  });
});
