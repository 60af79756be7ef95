import { inspect } from 'node:util';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { startEmulator } from './index.ts';

const emulator = await startEmulator({ keys: ['pts_old'] });
beforeEach(() => emulator.reset());
afterAll(() => emulator.stop());

async function ask(key = 'pts_old', path = '/v1/guard_chat_completions'): Promise<Response> {
  return fetch(emulator.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: '{"guard_input":{"messages":[{"role":"user","content":"Hello"}]}}',
  });
}

const statusFor = async (key?: string) => (await ask(key)).status;

const control = (method: string, path: string, body?: string) =>
  fetch(new URL(path, emulator.url), { method, ...(body === undefined ? {} : { body }) });

describe('keys', () => {
  it('are added and revoked while it runs, from code', async () => {
    emulator.setKeys(['pts_old', 'pts_new']);
    expect([await statusFor('pts_old'), await statusFor('pts_new')]).toEqual([200, 200]);
    emulator.setKeys(['pts_new']);
    expect([await statusFor('pts_old'), await statusFor('pts_new')]).toEqual([401, 200]);
  });

  it('are replaced over HTTP, and none is left of an empty list', async () => {
    expect((await control('PUT', '/keys', '["pts_new"]')).status).toBe(204);
    expect([await statusFor('pts_old'), await statusFor('pts_new')]).toEqual([401, 200]);
    expect((await control('PUT', '/keys', '[]')).status).toBe(204);
    expect(await statusFor('pts_new')).toBe(401);
  });

  it('cannot be read', async () => {
    const response = await control('GET', '/keys');
    expect(response.status).toBe(404);
    expect(await response.text()).not.toContain('pts_old');
  });

  it('are those of the start after a reset', async () => {
    emulator.setKeys([]);
    emulator.reset();
    expect(await statusFor('pts_old')).toBe(200);
  });

  it('are in no recorded call that is printed: only whether they were known', async () => {
    await ask('pts_old');
    await ask('pts_stranger');
    expect(emulator.calls.map(({ key, keyKnown }) => ({ key, keyKnown }))).toEqual([
      { key: 'pts_old', keyKnown: true },
      { key: 'pts_stranger', keyKnown: false },
    ]);
    expect(inspect(emulator.calls, { depth: null }) + JSON.stringify(emulator.calls)).not.toContain('pts_');
  });
});

describe('the rate limit', () => {
  it.each([
    ['gateway', { errors: [{ code: 429 }] }],
    ['pangea', { status: 'TooManyRequests' }],
  ])('is set and lifted over HTTP: %s', async (form, body) => {
    const limit = JSON.stringify({ perSecond: 0.01, burst: 2, form });
    expect((await control('PUT', '/rate-limit', limit)).status).toBe(204);
    expect([await statusFor(), await statusFor()]).toEqual([200, 200]);
    const refused = await ask();
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(90);
    expect(await refused.json()).toMatchObject(body);
    expect((await control('DELETE', '/rate-limit')).status).toBe(204);
    expect(await statusFor()).toBe(200);
  });

  it('is set from code, counts each key by itself and strangers not at all', async () => {
    emulator.setKeys(['pts_old', 'pts_new']);
    emulator.limitRate({ perSecond: 0.01, burst: 1 });
    const statuses: number[] = [];
    for (const key of ['pts_old', 'pts_old', 'pts_new', 'pts_stranger', 'pts_stranger'])
      statuses.push(await statusFor(key));
    expect(statuses).toEqual([200, 429, 200, 401, 401]);
  });

  it('counts guard, unredact and polls together', async () => {
    emulator.limitRate({ perSecond: 0.01, burst: 2 });
    await ask();
    expect((await ask('pts_old', '/v1/unredact')).status).toBe(400);
    const polled = await fetch(`${emulator.url}/request/prq_x`, {
      headers: { authorization: 'Bearer pts_old' },
    });
    expect(polled.status).toBe(429);
  });

  it('can be there from the start, and is again after a reset', async () => {
    const limited = await startEmulator({ rateLimit: { perSecond: 0.01, burst: 1 } });
    const poll = async () =>
      (await fetch(`${limited.url}/request/x`, { headers: { authorization: 'Bearer pts_demo' } })).status;
    try {
      expect([await poll(), await poll()]).toEqual([404, 429]);
      limited.limitRate(undefined);
      expect(await poll()).toBe(404);
      limited.reset();
      expect([await poll(), await poll()]).toEqual([404, 429]);
    } finally {
      await limited.stop();
    }
  });

  it('is refused from the start when it is none', async () => {
    await expect(startEmulator({ rateLimit: { perSecond: 0, burst: 1 } })).rejects.toThrow('perSecond');
  });
});

it.each([
  ['/keys', 'no JSON'],
  ['/keys', '"pts_secret"'],
  ['/keys', '["pts_secret",""]'],
  ['/keys', '["pts_secret",7]'],
  ['/keys', '{"pts_secret":true}'],
  ['/rate-limit', '{}'],
  ['/rate-limit', '{"perSecond":0,"burst":1}'],
  ['/rate-limit', '{"perSecond":1,"burst":1,"form":"html"}'],
  ['/rate-limit', 'null'],
])('PUT %s refuses %s, says why without the value, and changes nothing', async (path, body) => {
  const response = await control('PUT', path, body);
  expect(response.status).toBe(400);
  const answer = await response.text();
  expect(JSON.parse(answer)).toEqual({ error: expect.stringMatching(/./) });
  expect(answer).not.toContain('pts_secret');
  expect([await statusFor(), await statusFor()]).toEqual([200, 200]);
});
