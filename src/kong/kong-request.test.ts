import { describe, expect, it } from 'vitest';
import { KongRequest } from './kong-request.ts';
import type { Pdk } from './pdk.ts';

/** A Kong request whose batch hook answers every question with the same. */
function batchHookGiving(value: unknown): KongRequest {
  const give = async () => value;
  const functions = { prompt: give, facts: give, answer: give, expectAnswer: give, leave: give };
  const kong = { ctx: { crowdstrikeAidr: functions } };
  const kongRequest = new KongRequest(kong as unknown as Pdk);
  kongRequest.useBatchHook();
  return kongRequest;
}

describe('what the batch hook gives', () => {
  it('is a prompt with all that the request plugin needs', async () => {
    const prompt = await batchHookGiving({
      headers: { host: 'a', cookie: ['b', 'c'] },
      body: Uint8Array.of(0xff),
      path: '/v1',
      ip: '203.0.113.7',
      consumer: { username: 'alice', custom_id: null },
      service: 'openai',
      route: 'chat',
      credential: 'c',
      groups: 'staff, ops',
      request_id: 'r',
    }).prompt(1, 1);
    expect(prompt).toMatchObject({
      body: Uint8Array.of(0xff),
      path: '/v1',
      consumer: { username: 'alice' },
      forwardedIp: '203.0.113.7',
      service: { name: 'openai' },
      route: 'chat',
      ...{ credentialId: 'c', groups: 'staff, ops', requestId: 'r' },
    });
    expect([prompt.headers.get('cookie'), prompt.headers.count]).toEqual(['b, c', 3]);
  });

  it.each([
    ['same', 'same'],
    ['changed', 'changed'],
    ['translated', 'translated'],
    ['something new', undefined],
    [null, undefined],
  ])('is what became of the prompt (%s)', async (state, promptState) => {
    const given = { prompt_marker: 'm', prompt_state: state };
    expect(await batchHookGiving(given).expectAnswer('')).toEqual({
      promptMarker: 'm',
      ...(promptState ? { promptState } : {}),
    });
    await expect(batchHookGiving(undefined).expectAnswer('')).rejects.toThrow('the batch hook gave nothing');
  });

  it('has no body where it is too large, announced or not', async () => {
    for (const problem of [undefined, null, 'request body file too big: 3 > 2']) {
      const prompt = await batchHookGiving({ headers: {}, path: '/', problem }).prompt(1, 1);
      expect(prompt.body).toBeUndefined();
    }
  });

  it('may lack what a request need not have', async () => {
    const prompt = await batchHookGiving({ headers: [], body: null, path: '/' }).prompt(1, 1);
    expect(prompt).toMatchObject({ body: undefined, consumer: undefined, forwardedIp: undefined });
    expect(prompt).toMatchObject({
      credentialId: undefined,
      groups: undefined,
      route: undefined,
      requestId: undefined,
    });
    expect(prompt.headers.count).toBe(0);
  });

  it.each([
    ['nothing', undefined],
    ['no table', 'x'],
    ['no headers', { path: '/', body: new Uint8Array() }],
    ['a body that is none', { path: '/', headers: {}, body: {} }],
    [
      'a body that could not be read',
      { path: '/', headers: {}, problem: 'failed to open cached request body' },
    ],
    ['a body that this Kong reads from memory only', { path: '/', headers: {}, problem: 'did not fit' }],
  ])('is refused as a prompt when it is %s', async (_name, value) => {
    await expect(batchHookGiving(value).prompt(1, 1)).rejects.toThrow();
  });

  it.each([
    ['nothing', undefined],
    ['no table', 'x'],
    ['no headers', { path: '/' }],
  ])('is refused as facts of a request when it is %s', async (_name, value) => {
    await expect(batchHookGiving(value).facts()).rejects.toThrow();
  });

  it.each([
    ['nothing', undefined],
    ['without a status', { headers: {}, body: new Uint8Array() }],
    ['without headers', { status: 200, body: new Uint8Array() }],
    ['without a body', { status: 200, headers: {} }],
  ])('is refused as an answer when it is %s', async (_name, value) => {
    await expect(batchHookGiving(value).answer()).rejects.toThrow();
  });
});
