import { AIGuard } from '@crowdstrike/aidr';
import { AidrPostV1UnredactResponseSchema } from '@crowdstrike/aidr/schemas/ai-guard';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { loadPolicy, startEmulator } from './index.ts';

const policy = await loadPolicy();
const emulator = await startEmulator({
  policy: {
    ...policy,
    input: { name: 'encrypting', malicious_prompt: 'block', US_SSN: 'encrypt', EMAIL_ADDRESS: 'encrypt' },
    output: { name: 'masking', CREDIT_CARD: 'mask' },
  },
});
beforeEach(() => emulator.reset());
afterAll(() => emulator.stop());

const client = new AIGuard({ token: 'pts_demo', baseURLTemplate: emulator.url, maxRetries: 0 });

const SSN = '234-56-7890';
const CARD = '4111 1111 1111 1111';

async function ask(path: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${emulator.url}/v1/${path}`, {
    method: 'POST',
    headers: { authorization: 'Bearer pts_demo', 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const answer: unknown = await response.json();
  return { status: response.status, answer };
}

/** The official client's verdict on one message. */
async function guard(content: string, more: { event_type?: string; input_fpe_context?: string } = {}) {
  const role = more.event_type === 'output' ? 'assistant' : 'user';
  const { result } = await client.guardChatCompletions({
    guard_input: { messages: [{ role, content }] },
    ...more,
  });
  if (!result || !('guard_output' in result)) throw new Error('no verdict');
  const output = result.guard_output as { messages: [{ content: string }] };
  return { ...result, text: output.messages[0].content, context: result.fpe_context ?? '' };
}

describe('unredact', () => {
  it('gives the official client its own values back, in any JSON', async () => {
    const { text, context } = await guard(`${SSN} jane@example.com`);
    expect(text).not.toContain(SSN);
    const [ssn = '', mail = ''] = text.split(' ');
    const data = { [ssn]: [ssn, 1, null, { deep: `<${mail}>`, other: '111-22-3333' }], ['__proto__']: mail };
    const answer = await client.unredact({ redacted_data: data, fpe_context: context });
    expect(answer).toMatchObject({ status: 'Success', summary: '' });
    expect(answer.result).toEqual({
      data: {
        [ssn]: [SSN, 1, null, { deep: '<jane@example.com>', other: '111-22-3333' }],
        ['__proto__']: 'jane@example.com',
      },
    });
    const [data200] = AidrPostV1UnredactResponseSchema.options;
    expect(await data200['~standard'].validate(answer)).not.toHaveProperty('issues');
  });

  it('leaves the values of another request alone', async () => {
    const [one, other] = [await guard(SSN), await guard(SSN)];
    expect(one.context).not.toBe(other.context);
    const { answer } = await ask('unredact', { redacted_data: one.text, fpe_context: other.context });
    expect(answer).toHaveProperty('result.data', one.text);
  });

  it('serves the new key after a rotation', async () => {
    const { text, context } = await guard(SSN);
    emulator.setKeys(['pts_new']);
    const body = { redacted_data: text, fpe_context: context };
    expect((await ask('unredact', body)).status).toBe(401);
    const { answer } = await ask('unredact', body, { authorization: 'Bearer pts_new' });
    expect(answer).toHaveProperty('result.data', SSN);
  });

  it('answers later when it is told to', async () => {
    const { text, context } = await guard(SSN);
    emulator.fault([{ kind: 'accepted', polls: 0, match: { on: 'unredact' } }]);
    const { status, answer } = await ask('unredact', { redacted_data: text, fpe_context: context });
    expect(status).toBe(202);
    const { location } = (answer as { result: { location: string } }).result;
    const polled = await fetch(location, { headers: { authorization: 'Bearer pts_demo' } });
    expect(await polled.json()).toHaveProperty('result.data', SSN);
  });

  it.each<[number, string, unknown, Record<string, string>]>([
    [401, 'without a known key', {}, { authorization: 'Bearer pts_wrong' }],
    [400, 'without JSON', '{', {}],
    [400, 'called something else', '{}', { 'content-type': 'text/plain' }],
    [413, 'over 1 MiB', { redacted_data: 'x'.repeat(1024 * 1024) }, {}],
  ])('answers %i to a body %s', async (status, _, body, headers) => {
    expect((await ask('unredact', body, headers)).status).toBe(status);
  });

  it.each([
    [400, 501],
    [400, 300_000],
    [200, 500],
  ])('answers %i to data that is %i lists deep', async (status, depth) => {
    const { context } = await guard(SSN);
    const deep = '['.repeat(depth) + ']'.repeat(depth);
    const raw = `{"redacted_data":${deep},"fpe_context":${JSON.stringify(context)}}`;
    expect((await ask('unredact', raw)).status).toBe(status);
  });
});

describe('a context that is broken or foreign is a validation error', () => {
  it.each([
    ['unredact', { redacted_data: 'a' }, 'fpe_context'],
    [
      'guard_chat_completions',
      { guard_input: { messages: [{ role: 'user', content: 'a' }] } },
      'input_fpe_context',
    ],
  ])('of %s', async (path, body, member) => {
    const { context } = await guard(SSN);
    for (const wrong of ['gAyHpblmIoUXKTiYY8xKiQ==', `AAAA${context.slice(4)}`, '']) {
      const { status, answer } = await ask(path, { ...body, [member]: wrong });
      expect(status).toBe(400);
      expect(answer).toMatchObject({
        status: 'ValidationError',
        result: { errors: [{ code: 'DoesNotMatchPattern', source: `/${member}` }] },
      });
    }
  });
});

describe('a guard call with the context of an earlier one', () => {
  it('is judged by its clear text', async () => {
    const { text, context } = await guard(SSN);
    const answer = await guard(text, { input_fpe_context: context });
    expect(answer).toMatchObject({
      detectors: { confidential_and_pii_entity: { data: { entities: [{ value: SSN }] } } },
    });
  });

  it('encrypts under a context of its own', async () => {
    const first = await guard(SSN);
    const second = await guard(first.text, { input_fpe_context: first.context });
    expect(second.context).not.toBe(first.context);
    const { answer } = await ask('unredact', { redacted_data: second.text, fpe_context: second.context });
    expect(answer).toHaveProperty('result.data', SSN);
  });

  it('gets back what was sent when nothing is redacted in it', async () => {
    const { text, context } = await guard(SSN);
    const answer = await guard(`It is ${text}.`, { event_type: 'output', input_fpe_context: context });
    expect(answer).toMatchObject({ transformed: false, text: `It is ${text}.` });
  });

  it('gets back the clear text with the redactions made in it', async () => {
    const { text, context } = await guard(SSN);
    const answer = await guard(`${text} ${CARD}`, { event_type: 'output', input_fpe_context: context });
    expect(answer).toMatchObject({ transformed: true, text: `${SSN} ${'*'.repeat(CARD.length)}` });
  });
});
