/** Failure class × strategy × direction: the client's status, what the upstream received, and the record. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../testkit/aidr-emulator/index.ts';
import { type RouteVariant, type Stage, type StageOptions, startStage } from '../../testkit/harness/stage.ts';

const TEXT = 'Tell me a story.';
const PROMPT = `{"model":"gpt-4o-mini",  "messages":[{"role":"user","content":"${TEXT}"}]}`;
const NO_PORT = 'http://127.0.0.1:9/aidr/aiguard';

const status = {
  request: 'Prompt could not be inspected by CrowdStrike AIDR',
  response: 'Response could not be inspected by CrowdStrike AIDR',
};

/** What goes wrong at AIDR, the client's status, and the failure class that it reads. */
const FAILURES: [name: string, fault: Fault, httpStatus: number, reason: string][] = [
  ['AIDR answers 400', { kind: 'status', status: 400, form: 'pangea' }, 422, 'rejected_input'],
  ['AIDR answers 401', { kind: 'status', status: 401 }, 500, 'unauthorized'],
  ['AIDR answers 403', { kind: 'status', status: 403 }, 500, 'unauthorized'],
  ['AIDR answers 404', { kind: 'status', status: 404, form: 'pangea' }, 422, 'rejected_input'],
  ['AIDR answers 413', { kind: 'status', status: 413, form: 'html' }, 422, 'rejected_input'],
  ['AIDR answers 422', { kind: 'status', status: 422, form: 'pangea' }, 422, 'rejected_input'],
  ['AIDR answers 429', { kind: 'status', status: 429, form: 'pangea' }, 503, 'rate_limited'],
  ['AIDR answers 500', { kind: 'status', status: 500, form: 'pangea' }, 503, 'server_error'],
  ['AIDR answers 502 with HTML', { kind: 'status', status: 502, form: 'html' }, 503, 'server_error'],
  ['AIDR accepts and never has a verdict', { kind: 'accepted', polls: 1000 }, 503, 'timeout'],
  ['AIDR answers 409', { kind: 'status', status: 409, form: 'pangea' }, 503, 'invalid_response'],
  [
    'AIDR asks to come back in a minute',
    { kind: 'status', status: 503, headers: { 'retry-after': '60' } },
    503,
    'server_error',
  ],
  ['AIDR answers no JSON', { kind: 'garbage' }, 503, 'invalid_response'],
  [
    'AIDR answers with another status than Success',
    { kind: 'patch', patch: { status: 'Failed' } },
    503,
    'invalid_response',
  ],
  ['AIDR answers without a result', { kind: 'patch', patch: { result: null } }, 503, 'invalid_response'],
  ['blocked is no boolean', { kind: 'patch', patch: { result: { blocked: 'no' } } }, 503, 'invalid_response'],
  ['blocked is missing', { kind: 'patch', patch: { result: { blocked: null } } }, 503, 'invalid_response'],
  [
    'transformed is no boolean',
    { kind: 'patch', patch: { result: { transformed: 'yes' } } },
    503,
    'invalid_response',
  ],
  ['AIDR answers a list', { kind: 'answer', answer: () => [] }, 503, 'invalid_response'],
  ['AIDR closes the connection', { kind: 'close' }, 503, 'unreachable'],
  ['AIDR resets the connection', { kind: 'reset' }, 503, 'unreachable'],
  ['AIDR never answers', { kind: 'delay', delayMs: 60_000 }, 503, 'timeout'],
  ['AIDR stalls in the middle of an answer', { kind: 'stall' }, 503, 'timeout'],
  ['guard_output is missing', transformedTo(undefined), 422, 'unappliable_redaction'],
  ['guard_output has a message too many', transformedTo((m) => [...m, ...m]), 422, 'unappliable_redaction'],
  ['guard_output has no messages', transformedTo(() => []), 422, 'unappliable_redaction'],
  [
    'guard_output has another role',
    transformedTo((m) => m.map((one) => ({ ...one, role: 'system' }))),
    422,
    'unappliable_redaction',
  ],
  [
    'guard_output has content that is no string',
    transformedTo((m) => m.map((one) => ({ ...one, content: [] }))),
    422,
    'unappliable_redaction',
  ],
  ['guard_output is what was sent', transformedTo((m) => m), 422, 'unappliable_redaction'],
];

interface Message {
  role: string;
  content: unknown;
}

/** AIDR says that it changed the texts, and returns this. */
function transformedTo(messages: ((sent: Message[]) => unknown) | undefined): Fault {
  return {
    kind: 'answer',
    answer: (body) => {
      const answer = body as { result: { guard_output: { messages: Message[] } } };
      const guardOutput = messages && { messages: messages(answer.result.guard_output.messages) };
      return { ...answer, result: { ...answer.result, transformed: true, guard_output: guardOutput } };
    },
  };
}

/** Classes that a caller cannot provoke: these may pass where the strategy says so, and the client may try again. */
const OUTAGES = ['timeout', 'unreachable', 'rate_limited', 'server_error', 'circuit_open'];
const RETRYABLE = [...OUTAGES, 'invalid_response'];
const PASSING = [...OUTAGES, 'unauthorized'];

/** Of those, what one text alone may bring about. */
const DOUBTFUL = ['timeout', 'unreachable', 'server_error', 'unauthorized'];

const DOUBTED = FAILURES.flatMap(([name, fault, , reason], row) =>
  DOUBTFUL.includes(reason) ? [[name, fault, row] as const] : [],
);

const DIRECTIONS = ['request', 'response'] as const;

/** Milliseconds. Of a shorter time, one pause of a busy machine is so much that this process is to blame. */
const TIMEOUT = 800;
const IGNORING = { enforcing_strategy: 'enforce_but_ignore_on_error', timeout: TIMEOUT };
/** The routes of each row. */
const KINDS = {
  enforce: { timeout: TIMEOUT },
  'ignoring-request': IGNORING,
  'ignoring-response': IGNORING,
  doubted: { ...IGNORING, timeout: 2_000 },
  audit: { enforcing_strategy: 'audit', timeout: TIMEOUT },
};

/** A key for each: neither the failures of one nor what AIDR last said to its health probe are another's. */
const keyOf = (row: number, kind: string) => `pts_${row}_${kind}`;

function routes(): Record<string, RouteVariant> {
  const all = FAILURES.flatMap((_, row) =>
    Object.entries(KINDS).map(([kind, config]): [string, RouteVariant] => [
      `${kind}-${row}`,
      { config: { ...config, ai_guard_api_key: keyOf(row, kind) } },
    ]),
  );
  return Object.fromEntries(all);
}

/** Which failure it is, AIDR's client decides, the same in both plugin servers: one of each class for the stock one. */
function rowsFor({ pluginServer }: StageOptions) {
  const rows = FAILURES.map((row, index) => [...row, index] as const);
  const isFirst = (reason: string, index: number) =>
    FAILURES.findIndex((other) => other[3] === reason) === index;
  return pluginServer === 'stock' ? rows.filter(([, , , reason, index]) => isFirst(reason, index)) : rows;
}

export function failures(options: StageOptions): void {
  describe('failures', () => {
    let stage: Stage;
    beforeAll(async () => {
      stage = await startStage({
        ...options,
        keys: FAILURES.flatMap((_, row) => Object.keys(KINDS).map((kind) => keyOf(row, kind))),
        routes: {
          ...routes(),
          down: { config: { ai_guard_api_base_url: NO_PORT } },
          'wrong-key': { config: { ai_guard_api_key: 'pts_wrong' } },
        },
      });
    });
    beforeEach(() => stage.reset());
    afterAll(() => stage?.stop());

    const received = () => stage.provider.requests.map(({ body }) => body.toString());

    describe.each(rowsFor(options))('when %s', (_name, fault, httpStatus, reason, row) => {
      it.each(DIRECTIONS)('under enforce, the %s direction refuses', async (direction) => {
        stage.aidr.fault({ ...fault, match: atAidr(direction) });
        const reply = await stage.post(PROMPT, { route: `enforce-${row}` });
        expect({ status: reply.status, body: JSON.parse(reply.text) }).toMatchObject({
          status: httpStatus,
          body: { reason, status: status[direction], code: `aidr_${reason}` },
        });
        expect(reply.headers.get('content-type')).toContain('application/json');
        expect(reply.headers.has('retry-after')).toBe(RETRYABLE.includes(reason));
        expect(reply.headers.get('x-should-retry')).toBe(RETRYABLE.includes(reason) ? null : 'false');
        expect(received()).toEqual(direction === 'request' ? [] : [PROMPT]);
        expect(await stage.record(direction)).toMatchObject({
          outcome: 'failed_closed',
          failure: reason,
          strategy: 'enforce',
          rejected_with: httpStatus,
        });
      });

      const passes = PASSING.includes(reason);
      it.each(DIRECTIONS)(
        `under enforce_but_ignore_on_error, the %s direction ${passes ? 'lets pass' : 'refuses'}`,
        async (direction) => {
          stage.aidr.fault({ ...fault, match: atAidr(direction) });
          const reply = await stage.post(PROMPT, { route: `ignoring-${direction}-${row}` });
          expect(reply.status).toBe(passes ? 200 : httpStatus);
          expect(received()).toEqual(direction === 'request' && !passes ? [] : [PROMPT]);
          const outcome = passes ? 'failed_open' : 'failed_closed';
          expect(await stage.record(direction)).toMatchObject({ outcome, failure: reason });
        },
      );

      it.each(DIRECTIONS)('under audit, the %s direction lets pass and says so', async (direction) => {
        stage.aidr.fault({ ...fault, match: atAidr(direction) });
        const reply = await stage.post(PROMPT, { route: `audit-${row}` });
        expect(reply.status).toBe(200);
        expect(received()).toEqual([PROMPT]);
        expect(await stage.record(direction)).toMatchObject({ outcome: 'pending', strategy: 'audit' });
      });
    });

    describe.each(DOUBTED)('when %s, but for one text only', (_name, fault, row) => {
      it.each(DIRECTIONS)(
        'under enforce_but_ignore_on_error, the %s direction refuses it',
        async (direction) => {
          stage.aidr.fault({ ...fault, match: onText(direction) });
          const reply = await stage.post(PROMPT, { route: `doubted-${row}` });
          expect({ status: reply.status, body: JSON.parse(reply.text) }).toMatchObject({
            status: 422,
            body: { reason: 'failed_on_input', status: status[direction] },
          });
          expect(received()).toEqual(direction === 'request' ? [] : [PROMPT]);
          expect(await stage.record(direction)).toMatchObject({
            outcome: 'failed_closed',
            failure: 'failed_on_input',
          });
        },
      );
    });

    it.each([
      ['AIDR refuses connections', 'down', 503, 'unreachable'],
      ['the key is wrong', 'wrong-key', 500, 'unauthorized'],
    ])('when %s the prompt is not forwarded', async (_name, route, httpStatus, reason) => {
      const reply = await stage.post(PROMPT, { route });
      expect({ status: reply.status, body: JSON.parse(reply.text) }).toMatchObject({
        status: httpStatus,
        body: { reason, status: status.request },
      });
      expect(received()).toEqual([]);
    });

    it('every fail-open is in the log', () => {
      expect(stage.gateway.log()).toMatch(/let (a prompt|an answer) pass uninspected, timeout/);
    });
  });
}

/** Everything that AIDR is asked when the direction has its turn, the health probe included. */
function atAidr(direction: (typeof DIRECTIONS)[number]): Fault['match'] {
  return direction === 'request' ? {} : { lacks: TEXT };
}

function onText(direction: (typeof DIRECTIONS)[number]): Fault['match'] {
  return direction === 'request' ? { text: TEXT } : { event_type: 'output' };
}
