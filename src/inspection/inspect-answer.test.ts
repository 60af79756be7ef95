import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { type Fault, startEmulator } from '../../testkit/aidr-emulator/index.ts';
import { createInspector } from './create-inspector.ts';
import { historyOfProcess, historyScope, turnKey } from './history/history.ts';
import { inspectAnswer } from './inspect-answer.ts';

const emulator = await startEmulator();
afterAll(() => emulator.stop());
beforeEach(() => emulator.reset());

const inspectorWith = (more: object) =>
  createInspector(
    {
      ai_guard_api_key: 'pts_demo',
      ai_guard_api_base_url: emulator.url,
      upstream_llm: { provider: 'openai', api_uri: '/v1/chat/completions' },
      ...more,
    },
    'response',
  ).inspector;

const answerOf = (content: string) => ({
  bytes: Buffer.from(JSON.stringify({ choices: [{ message: { role: 'assistant', content } }] })),
  encoding: undefined,
  contentType: 'application/json',
  path: '/v1/chat/completions',
  status: 200,
  requestHadBody: true,
});

it.each([
  ['application/json; charset=utf-7', 'blocked'],
  ['text/event-stream; charset=utf-16le', 'blocked'],
  ['application/json; charset=ISO-8859-1', 'allowed'],
])('an answer called %s is %s: some clients honour a charset', async (contentType, outcome) => {
  const inspector = inspectorWith({});
  const answer = { ...answerOf('The weather is fine.'), contentType };
  const { decision } = await inspectAnswer(inspector, answer, { caller: {} }, { encryptions: [] });
  expect(decision.outcome).toBe(outcome);
});

describe('an answer counts as a turn already inspected', () => {
  const SAFE = 'The weather is fine.';
  const SSN = 'Your SSN is 078-05-1120.';
  const MASKED = 'Your SSN is *******1120.';

  it.each<[string, string, object, Fault | undefined, string, Record<string, boolean>]>([
    ['when it passed', SAFE, {}, undefined, 'allowed', { [SAFE]: true }],
    ['as it was redacted', SSN, {}, undefined, 'redacted', { [SSN]: false, [MASKED]: true }],
    [
      'not when it was blocked',
      'how to build a pipe bomb',
      {},
      undefined,
      'blocked',
      { 'how to build a pipe bomb': false },
    ],
    [
      'not when AIDR gave no verdict',
      SAFE,
      { enforcing_strategy: 'enforce_but_ignore_on_error' },
      { kind: 'status', status: 403 },
      'failed_open',
      { [SAFE]: false },
    ],
    [
      'not when it was refused',
      SAFE,
      {},
      { kind: 'status', status: 403 },
      'failed_closed',
      { [SAFE]: false },
    ],
    [
      'not when its redaction could not be applied',
      SSN,
      { max_rewrite_size: 10 },
      undefined,
      'failed_closed',
      { [SSN]: false, [MASKED]: false },
    ],
  ])('%s', async (name, content, config, fault, outcome, known) => {
    emulator.fault(fault);
    const history = historyScope(name, undefined, {});
    const carryOver = { encryptions: [], history };
    const { decision } = await inspectAnswer(
      inspectorWith(config),
      answerOf(content),
      { caller: {} },
      carryOver,
    );
    expect(decision.outcome).toBe(outcome);
    for (const [text, isKnown] of Object.entries(known)) {
      const [turn] = await historyOfProcess.recall([
        turnKey(history, { role: 'assistant', kind: 'text', text }),
      ]);
      expect(turn !== undefined).toBe(isKnown);
    }
  });
});

it('a call has room for the context that decrypts its texts', async () => {
  const encryptions = [{ context: 'A'.repeat(8_000), values: ['0000'] }];
  const answer = answerOf('a'.repeat(1_046_000));
  const { stats } = await inspectAnswer(inspectorWith({}), answer, { caller: {} }, { encryptions });
  expect(stats.calls).toBe(2);
  const sizes = emulator.calls.map(({ raw }) => raw.length);
  expect(sizes).toHaveLength(2);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(1_048_576);
});

it.each([
  ['gpt-4o', 'gpt-4o'],
  ['a'.repeat(128), 'a'.repeat(128)],
  ['a'.repeat(129), undefined],
  ['', undefined],
])('what an answer calls its model is told and recorded if it can be a name: %s', async (model, expected) => {
  const bytes = Buffer.from(JSON.stringify({ model, choices: [{ message: { content: 'Hi' } }] }));
  const answer = { ...answerOf(''), bytes };
  const { stats } = await inspectAnswer(inspectorWith({}), answer, { caller: {} }, { encryptions: [] });
  expect(stats.model).toBe(expected);
  expect(JSON.parse(emulator.calls[0]?.raw.toString() ?? '').model).toBe(expected);
});

it('a list of whole answers is inspected, and what stands beside it in a stream', async () => {
  const inspector = inspectorWith({ upstream_llm: { provider: 'kong', api_uri: '/llm/v1/completions' } });
  const outcomeOf = async (bytes: string, contentType: string) => {
    const answer = { ...answerOf(''), bytes: Buffer.from(bytes), contentType, path: '/llm/v1/completions' };
    const { decision, stats } = await inspectAnswer(inspector, answer, { caller: {} }, { encryptions: [] });
    return [decision.outcome, stats.formats, stats.segments];
  };
  const format = ['kong.text-generation'];
  const said = (text: string) => JSON.stringify({ generated_text: text });
  expect(await outcomeOf(`[${said('Hi')}]`, 'application/json')).toEqual(['allowed', format, 1]);
  const weapon = 'how to build a pipe bomb';
  expect(await outcomeOf(`[${said(weapon)}]`, 'application/json')).toEqual(['blocked', format, 1]);
  const stream = `: ${weapon}\n\ndata: ${said('Hi')}\n\n`;
  expect(await outcomeOf(stream, 'text/event-stream')).toEqual(['blocked', format, 2]);
});

describe('the answer to a request without a body', () => {
  const list = (...data: object[]) => ({ object: 'list', data });
  const part = { type: 'output_text', text: 'Your SSN is 078-05-1120.' };
  const turn = { type: 'message', role: 'assistant', content: [part] };

  it.each<[string, object, string]>([
    ['turns are inspected', list({ type: 'function_call', name: 'f' }, turn), 'redacted'],
    ['one turn is inspected', turn, 'redacted'],
    ['tool calls are inspected', list({ name: 'f', arguments: '{"ssn":"078-05-1120"}' }), 'redacted'],
    ['tool results are inspected', list({ call_id: 'c', output: '078-05-1120' }), 'redacted'],
    ['reasoning is inspected', list({ type: 'reasoning', summary: [part] }), 'redacted'],
    ['turns deep in something else are inspected', list({ sample: { output: [turn] } }), 'redacted'],
    ['models pass', list({ id: 'gpt-4o', object: 'model', owned_by: 'openai' }), 'skipped'],
    ['nothing known passes', { id: 'file-1', object: 'file', deleted: true }, 'skipped'],
  ])('%s', async (_name, body, outcome) => {
    const bytes = Buffer.from(JSON.stringify(body));
    const answer = { ...answerOf(''), bytes, path: '/v1/responses/r/input_items', requestHadBody: false };
    const { decision } = await inspectAnswer(inspectorWith({}), answer, { caller: {} }, { encryptions: [] });
    expect(decision.outcome).toBe(outcome);
    if ('body' in decision) expect(Buffer.from(decision.body ?? '').toString()).not.toContain('078-05');
  });
});

it.each([
  ['video/mp4', 'skipped'],
  ['application/octet-stream', 'blocked'],
  [undefined, 'blocked'],
])('a part of a stored answer that is called %s is %s', async (contentType, outcome) => {
  const bytes = Buffer.from([0xff, 0x00]);
  const answer = { ...answerOf(''), bytes, contentType, status: 206, requestHadBody: false };
  const { decision } = await inspectAnswer(inspectorWith({}), answer, { caller: {} }, { encryptions: [] });
  expect(decision.outcome).toBe(outcome);
});
