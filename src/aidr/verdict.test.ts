import { describe, expect, it } from 'vitest';
import type { Reply } from './transport.ts';
import { readUnredacted } from './unredact.ts';
import { acceptedCall, type Inspected, isDeliveredBlock, readVerdict } from './verdict.ts';

const ID = 'prq_x6fdiizbon6j3bsdvnpmwxsz2aan7fqd';
const SUMMARY = 'Malicious Prompt was detected and blocked.  Confidential and PII Entity was not detected.';

/** A body that is no string goes as JSON. */
function reply(status: number, body: unknown): Reply {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { status, body: Buffer.from(text), retryAfter: undefined };
}

/** AIDR's own envelope. */
function pangea(status: string, result: unknown, summary = '') {
  const time = '2026-09-21T17:24:33.105Z';
  return { request_id: ID, request_time: time, response_time: time, status, summary, result };
}

/** The envelope of CrowdStrike's API gateway. */
const gateway = (code: number, message: string) => ({
  meta: { trace_id: 't' },
  errors: [{ code, message }],
});

const output = (content: string) => ({ messages: [{ role: 'user', content }] });
const quiet = { detected: false, data: null };
const entities = (...values: string[]) => ({
  detected: true,
  data: { entities: values.map((value) => ({ type: 'T', value, action: 'redacted', start_pos: 4 })) },
});

/** One of each detector, with the data that its schema has; all but the first two fired. */
const EVERY_DETECTOR = {
  malicious_prompt: quiet,
  confidential_and_pii_entity: quiet,
  secret_and_key_entity: entities('EXAMPLEKEY'),
  custom_entity: quiet,
  malicious_entity: {
    detected: true,
    data: { entities: [{ type: 'URL', value: 'evil.example', action: 'defanged,blocked', raw: {} }] },
  },
  competitors: { detected: true, data: { action: 'reported', entities: ['Acme Corp'] } },
  language: {
    detected: true,
    data: { action: 'reported', languages: [{ language: 'fr', confidence: 0.3 }] },
  },
  topic: { detected: true, data: { action: 'reported', topics: [{ topic: 'gibberish', confidence: 1 }] } },
  emoji: { detected: true, data: { action: 'reported', emojis: [{ slug: 'fire', char: '🔥' }] } },
  code: { detected: true, data: { language: 'fortran', action: 'blocked' } },
  mcp_validation: { detected: true, data: { action: 'reported', entities: [{ type: 'x', similarity: 1 }] } },
};
const FIRED = Object.keys(EVERY_DETECTOR).filter(
  (name) => EVERY_DETECTOR[name as keyof typeof EVERY_DETECTOR].detected,
);

const told = { summary: undefined, detected: [] };
/** findings.test.ts has those. */
function withoutFindings(inspected: Inspected): unknown {
  if (!inspected.ok) return inspected;
  const { findings: _, ...verdict } = inspected.verdict;
  return { ok: true, verdict };
}
const passed = (more: object): Inspected => {
  const kind = 'guardOutput' in more ? 'transformed' : 'passed';
  return { ok: true, verdict: { kind, ...told, ...more } } as Inspected;
};
const blocked = (more: object): Inspected =>
  ({ ok: true, verdict: { kind: 'blocked', ...told, ...more } }) as Inspected;

describe('what AIDR says of a verdict', () => {
  const line = 'a\n[err] b\r\u2028\u001b[31mc';

  it.each<[string, string]>([
    ['is one line', line],
    ['has an end', line.repeat(500)],
  ])('%s, whatever it is', (_name, said) => {
    const result = { blocked: true, policy: said, detectors: { [said]: { detected: true } } };
    const read = readVerdict(reply(200, { request_id: said, summary: said, result }));
    const verdict = read.ok ? read.verdict : undefined;
    const { summary = '', policy = '', detected = [] } = verdict ?? {};
    // What is no id is none.
    expect(verdict).not.toHaveProperty('requestId');
    for (const text of [summary, policy, ...detected]) {
      expect(text).toMatch(/^a \[err\] b {3}\[31mc[^\p{C}\p{Zl}\p{Zp}]*$/u);
    }
    expect(summary.length).toBeLessThanOrEqual(1_024);
    for (const name of [policy, ...detected]) expect(name.length).toBeLessThanOrEqual(128);
  });
});

describe("AIDR's answer is read as a verdict", () => {
  it.each<[string, unknown, Inspected]>([
    [
      'allowed, with a guard_output that changes nothing',
      pangea(
        'Success',
        {
          blocked: false,
          transformed: false,
          policy: 'in',
          guard_output: output('Hi'),
          detectors: { malicious_prompt: quiet },
        },
        'Malicious Prompt was not detected.',
      ),
      passed({ summary: 'Malicious Prompt was not detected.', requestId: ID, policy: 'in' }),
    ],
    [
      'allowed by a polled result',
      pangea('Success', { blocked: false, transformed: false, policy: 'in', detectors: {} }),
      passed({ summary: '', requestId: ID, policy: 'in' }),
    ],
    [
      'blocked',
      pangea(
        'Success',
        {
          blocked: true,
          transformed: false,
          policy: 'in',
          detectors: { malicious_prompt: { detected: true, data: {} } },
        },
        SUMMARY,
      ),
      blocked({ summary: SUMMARY, requestId: ID, policy: 'in', detected: ['malicious_prompt'] }),
    ],
    [
      'transformed by a redaction',
      pangea('Success', {
        blocked: false,
        transformed: true,
        guard_output: output('<US_SSN>'),
        detectors: { confidential_and_pii_entity: entities('078-05-1120') },
      }),
      passed({
        summary: '',
        requestId: ID,
        detected: ['confidential_and_pii_entity'],
        guardOutput: output('<US_SSN>'),
      }),
    ],
    [
      'transformed by encryption',
      pangea('Success', {
        blocked: false,
        transformed: true,
        guard_output: output('(614)-273-8841'),
        detectors: { a: entities('(555)-555-5555'), b: entities('x', 'y'), c: quiet },
        fpe_context: 'gAyHpblmIoUXKTiYY8xKiQ==',
      }),
      passed({
        summary: '',
        requestId: ID,
        detected: ['a', 'b'],
        guardOutput: output('(614)-273-8841'),
        encrypted: { fpeContext: 'gAyHpblmIoUXKTiYY8xKiQ==', found: ['(555)-555-5555', 'x', 'y'] },
      }),
    ],
    [
      'blocked with every detector and an access rule',
      pangea('Success', {
        blocked: true,
        transformed: true,
        policy: 'out',
        guard_output: output('See evil[.]example'),
        detectors: EVERY_DETECTOR,
        access_rules: {
          large: { matched: true, action: 'blocked', name: 'Large', logic: {}, attributes: {} },
        },
      }),
      blocked({ summary: '', requestId: ID, policy: 'out', detected: FIRED }),
    ],
    [
      'passed with every detector',
      pangea('Success', { blocked: false, transformed: false, detectors: EVERY_DETECTOR }),
      passed({ summary: '', requestId: ID, detected: FIRED }),
    ],
    ['blocked, without a status and an id', { result: { blocked: true, transformed: false } }, blocked({})],
    ['passed, without a status and an id', { result: { blocked: false } }, passed({})],
    [
      'passed, with null for all that is optional',
      {
        request_id: null,
        status: null,
        summary: null,
        result: { blocked: false, transformed: null, detectors: null, fpe_context: null },
      },
      passed({}),
    ],
    ...[undefined, null].map<[string, unknown, Inspected]>((transformed) => [
      `with a guard_output of which nobody says whether it was transformed: ${transformed}`,
      { result: { blocked: false, transformed, guard_output: output('***') } },
      passed({ guardOutput: output('***'), mayBeUnchanged: true }),
    ]),
    [
      'transformed without a guard_output: what that means is decided where it is applied',
      { result: { blocked: false, transformed: true } },
      passed({ guardOutput: undefined }),
    ],
    [
      'passed, with a context that encrypted nothing',
      { result: { blocked: false, transformed: false, fpe_context: 'gAyH' } },
      passed({}),
    ],
    [
      'passed, by detectors that are no objects',
      { result: { blocked: false, detectors: { a: null, b: true, c: [], d: { detected: 'yes' } } } },
      passed({}),
    ],
  ])('%s', (_name, body, expected) => {
    expect(withoutFindings(readVerdict(reply(200, body)))).toStrictEqual(expected);
  });
});

describe("AIDR's answer is a failure", () => {
  it.each<[string, number, unknown, string]>([
    [
      'a validation error',
      400,
      pangea('ValidationError', { errors: [{ code: 'FieldRequired' }] }),
      'rejected_input',
    ],
    ['an unexpected property', 400, pangea('ValidationError', { errors: [] }), 'rejected_input'],
    ['401 of the gateway', 401, gateway(401, 'Unauthorized'), 'unauthorized'],
    ['401 of AIDR itself', 401, pangea('Unauthorized', null), 'unauthorized'],
    ['403 of another server', 403, { detail: 'Forbidden' }, 'unauthorized'],
    ['404 of another server', 404, { detail: 'Not Found' }, 'rejected_input'],
    ['405', 405, '', 'invalid_response'],
    ['408', 408, '', 'timeout'],
    ['409', 409, pangea('Conflict', null), 'invalid_response'],
    ['413 with HTML', 413, '<html>too large</html>', 'rejected_input'],
    ['422 of another server', 422, { detail: [{ loc: ['body'] }] }, 'rejected_input'],
    ['429 of AIDR itself', 429, pangea('TooManyRequests', null), 'rate_limited'],
    ['429 of the gateway', 429, gateway(429, 'API rate limit exceeded.'), 'rate_limited'],
    ['500 with a verdict that allows', 500, pangea('Success', { blocked: false }), 'server_error'],
    ['502 with HTML', 502, '<html>bad gateway</html>', 'server_error'],
    ['599 without a body', 599, '', 'server_error'],
    ['202 with a verdict that allows', 202, pangea('Success', { blocked: false }), 'invalid_response'],
    ['204', 204, '', 'invalid_response'],
    ['301', 301, '', 'invalid_response'],
    ['200 with HTML', 200, '<html>captive portal</html>', 'invalid_response'],
    ['200 without a body', 200, '', 'invalid_response'],
    ['200 with null', 200, 'null', 'invalid_response'],
    ['200 with a list', 200, [{ result: { blocked: false } }], 'invalid_response'],
    ['200 with text', 200, '"blocked"', 'invalid_response'],
    ['200 that breaks off', 200, '{"result":{"blocked":false', 'invalid_response'],
    ['200 of another status', 200, pangea('InactiveDevice', { blocked: false }), 'invalid_response'],
    ['200 Accepted', 200, pangea('Accepted', { blocked: false }), 'invalid_response'],
    [
      '200 with a status that is no text',
      200,
      { status: 200, result: { blocked: false } },
      'invalid_response',
    ],
    ['200 with errors only', 200, gateway(500, 'Internal'), 'invalid_response'],
    ['200 without a result', 200, pangea('Success', null), 'invalid_response'],
    ['200 without blocked', 200, pangea('Success', { transformed: false }), 'invalid_response'],
    ['blocked as text', 200, pangea('Success', { blocked: 'false' }), 'invalid_response'],
    ['blocked as a number', 200, pangea('Success', { blocked: 0 }), 'invalid_response'],
    ['blocked in the wrong place', 200, { blocked: false, result: {} }, 'invalid_response'],
    [
      'transformed as text',
      200,
      pangea('Success', { blocked: false, transformed: 'yes' }),
      'invalid_response',
    ],
    ['detectors as a list', 200, pangea('Success', { blocked: false, detectors: [] }), 'invalid_response'],
  ])('%s', (_name, status, body, expected) => {
    const inspected = readVerdict(reply(status, body));
    expect(inspected).toMatchObject({ ok: false, failure: { class: expected } });
  });

  it("with AIDR's id of the call, and without its words", () => {
    const inspected = readVerdict(reply(400, pangea('ValidationError', { errors: ['secret'] }, 'secret')));
    expect(inspected).toEqual({
      ok: false,
      failure: { class: 'rejected_input', detail: 'AIDR answered with status 400', requestId: ID },
    });
  });
});

describe('a delivered block is a block', () => {
  it.each<[string, number, unknown]>([
    ['with status 500', 500, pangea('InternalError', { blocked: true })],
    ['with status 401', 401, pangea('Unauthorized', { blocked: true })],
    ['with status 202', 202, pangea('Accepted', { blocked: true, location: 'x' })],
    ['of another status', 200, pangea('Failed', { blocked: true })],
    [
      'whatever else is broken',
      200,
      {
        request_id: 5,
        status: [],
        summary: {},
        result: { blocked: true, transformed: 'no', detectors: 3, policy: {} },
      },
    ],
  ])('%s', (_name, status, body) => {
    const answer = reply(status, body);
    expect(readVerdict(answer)).toMatchObject({ ok: true, verdict: { kind: 'blocked', detected: [] } });
    expect(isDeliveredBlock(answer.body)).toBe(true);
  });

  it.each<[string, Uint8Array]>([
    ['with bytes that are no UTF-8', Buffer.from('{"x":"\xff","result":{"blocked":true}}', 'latin1')],
    ['with a key twice', Buffer.from('{"x":1,"x":2,"result":{"blocked":true}}')],
    ['behind a byte-order mark', Buffer.from('\ufeff{"result":{"blocked":true}}')],
  ])('%s, which would let nothing pass', (_name, body) => {
    expect(isDeliveredBlock(body)).toBe(true);
    expect(readVerdict({ status: 200, body, retryAfter: undefined })).toMatchObject({
      ok: true,
      verdict: { kind: 'blocked' },
    });
  });

  it.each([
    '',
    'null',
    '{}',
    '{"result":{"blocked":"true"}}',
    '{"blocked":true}',
    '{"result":{"blocked":tru',
  ])('and not one that only looks like it: %j', (body) => {
    expect(isDeliveredBlock(Buffer.from(body))).toBe(false);
  });
});

it.each<[string, unknown, unknown]>([
  [
    'both',
    pangea('Accepted', { ttl_mins: 5760, retry_counter: 0, location: 'https://x' }),
    { location: 'https://x', requestId: ID },
  ],
  ['the id', pangea('Accepted', null), { location: undefined, requestId: ID }],
  ['nothing, being no object', '[]', { location: undefined, requestId: undefined }],
  ['nothing, being no JSON', 'soon', {}],
])('an accepted call names %s', (_name, body, expected) => {
  expect(acceptedCall(reply(202, body).body)).toEqual(expected);
});

describe('the answer to unredact', () => {
  const data = { telephone: '(555)-555-5555', ssn: '457-55-5462' };

  it.each<[string, unknown, unknown]>([
    ['an object', pangea('Success', { data }), data],
    ['a list', { result: { data: ['a', null] } }, ['a', null]],
    ['null', { result: { data: null } }, null],
  ])('is data: %s', (_name, body, expected) => {
    expect(readUnredacted(reply(200, body))).toEqual({ ok: true, data: expected });
  });

  it.each<[string, number, unknown, string]>([
    ['without data', 200, pangea('Success', {}), 'invalid_response'],
    ['of another status', 200, pangea('Failed', { data }), 'invalid_response'],
    ['that is no JSON', 200, 'data', 'invalid_response'],
    ['202', 202, pangea('Accepted', { data }), 'invalid_response'],
    ['400', 400, pangea('ValidationError', { errors: [] }), 'rejected_input'],
    ['401', 401, gateway(401, 'Unauthorized'), 'unauthorized'],
    ['503', 503, '<html>', 'server_error'],
  ])('is a failure: %s', (_name, status, body, expected) => {
    expect(readUnredacted(reply(status, body))).toMatchObject({ ok: false, failure: { class: expected } });
  });
});
